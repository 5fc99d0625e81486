"""Versions that wrote a model are compared with the installed ones, and named in failures."""

import warnings

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sersk import (
    DiscriminantClassifier,
    ModelVersionWarning,
    SpeechEmotionClassifier,
    load_model,
    save_model,
)
from sersk._utils import versions

HERE = versions.find_versions()
X, Y = np.random.default_rng(0).normal(size=(40, 3)), np.tile(["anger", "sad"], 20)


@pytest.fixture(params=[".sersk", ".joblib"])
def save(tmp_path, monkeypatch, request):
    """Return a function that saves a model as other versions would have."""

    def write(model, **written):
        found = HERE | {name.replace("_", "-"): number for name, number in written.items()}
        monkeypatch.setattr("sersk.persistence.card.find_versions", lambda: found)
        suffix = ".joblib" if isinstance(model, Gone) else request.param
        return save_model(model, tmp_path / f"модель{suffix}")

    return write


def load_quietly(path):
    """Load a model; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_model(path, allow_pickle=True)


def next_patch(name):
    major, minor, *_ = HERE[name].split(".")
    return f"{major}.{minor}.999"


@pytest.fixture(scope="module")
def network():
    X = np.random.default_rng(0).normal(size=(8, 4, 4))
    classifier = SpeechEmotionClassifier(
        model__filters=(2,), model__pool_size=1, model__dense_units=(), random_state=0
    )
    return classifier.initialize(X, np.tile(["anger", "sad"], 4))


def test_another_sersk_is_named(save):
    path = save(DiscriminantClassifier().fit(X, Y), sersk="0.0.1")
    with pytest.warns(ModelVersionWarning, match=r"written by sersk 0\.0\.1 \(here ") as caught:
        load_model(path, allow_pickle=True)
    assert len(caught) == 1
    assert "модель." in str(caught[0].message)


def test_a_warning_of_versions_shows_the_right_line(save):
    path = save(DiscriminantClassifier().fit(X, Y), sersk="0.0.1")
    with pytest.warns(ModelVersionWarning) as caught:
        load_model(path, allow_pickle=True)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("name", ["keras", "tensorflow", "scikeras"])
def test_what_a_network_depends_on_is_named(save, network, name):
    path = save(network, **{name: "0.1.7"})
    with pytest.warns(ModelVersionWarning, match=rf"{name} 0\.1\.7 \(here {HERE[name]}\)"):
        load_model(path, allow_pickle=True)
    load_quietly(save(network, **{name: next_patch(name)}))


def test_a_network_is_one_as_the_last_step_of_a_pipeline(save, network):
    path = save(make_pipeline("passthrough", network), keras="0.1.7")
    with pytest.warns(ModelVersionWarning, match=r"keras 0\.1\.7"):
        load_model(path, allow_pickle=True)


def test_what_a_network_depends_on_does_not_matter_to_other_models(save):
    model = DiscriminantClassifier().fit(X, Y)
    load_quietly(save(model, keras="0.1.7", tensorflow="0.1.7", scikeras="0.1.7", scipy="1.5.0"))
    load_quietly(save(model, scikit_learn=next_patch("scikit-learn"), python="3.9.1"))
    with pytest.warns(ModelVersionWarning, match=r"scikit-learn 0\.24\.2"):
        load_model(save(model, scikit_learn="0.24.2"), allow_pickle=True)


@pytest.mark.parametrize("name", ["numpy", "scipy"])
def test_another_major_version_of_what_computes_is_named(save, name):
    model = DiscriminantClassifier().fit(X, Y)
    with pytest.warns(ModelVersionWarning, match=rf"{name} 0\.9\.1 \(here {HERE[name]}\)"):
        load_model(save(model, **{name: "0.9.1"}), allow_pickle=True)
    load_quietly(save(model, **{name: f"{HERE[name].split('.')[0]}.0.0"}))


def test_scikit_learn_warns_of_itself_and_is_not_repeated(save, monkeypatch):
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    for others, expected in (({}, set()), ({"sersk": "0.0.1"}, {"ModelVersionWarning"})):
        with monkeypatch.context() as patch:
            patch.setattr("sklearn.base.__version__", "0.24.2")  # the version in its pickles
            path = save(model, scikit_learn="0.24.2", **others)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            load_model(path, allow_pickle=True)
        names = {one.category.__name__ for one in caught}
        assert names == {"InconsistentVersionWarning"} | expected
        told = [str(one.message) for one in caught if one.category is ModelVersionWarning]
        assert all("sersk 0.0.1" in text and "scikit-learn" not in text for text in told)


def test_a_file_without_a_card_is_loaded_silently(tmp_path):
    joblib.dump(DiscriminantClassifier().fit(X, Y), tmp_path / "a")
    load_quietly(tmp_path / "a")


class Gone:
    """Takes the place of what another version had, and this one has not."""

    def predict(self, X):
        """Predict nothing."""

    def __copy__(self):
        return self

    def __reduce__(self):
        return _find_what_is_gone, ()


def _find_what_is_gone():
    raise AttributeError("module 'keras' has no attribute 'Gone'")


def test_a_file_that_can_t_be_loaded_names_its_versions(save):
    path = save(Gone(), sersk="0.0.1", keras="2.15.0")
    with pytest.raises(ValueError, match="no attribute 'Gone'") as info:
        load_model(path, allow_pickle=True)
    assert f"sersk 0.0.1 (here {HERE['sersk']})" in str(info.value)
    assert "keras 2.15.0 (here " in str(info.value)
    assert f"python {HERE['python']}" in str(info.value)


def test_a_parameter_that_was_not_there_is_found_while_loading(save):
    model = DiscriminantClassifier().fit(X, Y)
    del model.clip_value
    path = save(model, sersk="0.0.1")
    if path.suffix == ".sersk":  # it gets its default, and the warning that versions differ
        with pytest.warns(ModelVersionWarning, match=r"sersk 0\.0\.1"):
            assert load_model(path).clip_value == 5.0
        return
    with pytest.raises(ValueError, match=r"clip_value.* written by .*sersk 0\.0\.1"):
        load_model(path, allow_pickle=True)


@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_joblib_reads_a_file_with_versions_behind_it(tmp_path, mmap_mode):
    model = DiscriminantClassifier().fit(X, Y)
    path = save_model(model, tmp_path / "a.joblib")
    read = joblib.load(path, mmap_mode=mmap_mode)
    np.testing.assert_array_equal(read.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("behind", [b"", b"\nsersk-versions", b"\nsersk-versions [3]", b"\nsersk-"])
def test_a_changed_end_gives_no_versions(tmp_path, behind):
    (tmp_path / "a").write_bytes(b"text" + behind)
    assert versions.read_versions(tmp_path / "a") == {}
    with pytest.raises(ValueError, match=r"write models\.$"):
        load_model(tmp_path / "a", allow_pickle=True)


def test_a_card_of_another_form_is_no_error(save):
    model = DiscriminantClassifier().fit(X, Y)
    for card in (3, {"versions": 3}, {"versions": {"sersk": 3, 3: "a"}}):
        model.sersk_card_ = card
        joblib.dump(model, path := save(model).with_suffix(".joblib"))
        load_quietly(path)
