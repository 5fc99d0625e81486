"""A command that fails names the versions that wrote its model."""

import pickle

import pytest

from sersk import save_model


@pytest.mark.filterwarnings("default::sersk.ModelVersionWarning")
def test_a_command_that_fails_names_the_versions(sersk, light_model, tmp_path, monkeypatch):
    broken = pickle.loads(pickle.dumps(light_model.pipeline))
    del broken["classifier"].coef_
    with monkeypatch.context() as patch:
        patch.setattr("sersk.persistence.card.find_versions", lambda: {"sersk": "0.0.1"})
        path = save_model(broken, tmp_path / "there.sersk")
    result = sersk("predict", path, light_model.files[0])
    assert result.exit_code == 1
    assert "coef_" in result.stderr
    assert "written by" in result.stderr.splitlines()[-1]
    assert "sersk 0.0.1 (here " in result.stderr.splitlines()[-1]
    assert "should not happen" not in result.stderr
    result = sersk("predict", save_model(broken, tmp_path / "here.sersk"), light_model.files[0])
    assert "should not happen" in result.stderr
