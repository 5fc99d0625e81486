"""`sersk train --checkpoint`: the state of a training in a folder."""

import numpy as np

from sersk import load_model


def test_a_training_resumes(sersk, small, corpus_folder, tmp_path):
    folder = tmp_path / "state"

    def train(name):
        path = tmp_path / name
        command = ("train", corpus_folder, "-o", path, "--preset", "published", *small)
        answer = sersk(*command, "--checkpoint", folder, "--quiet")
        assert answer.exit_code == 0, answer.stderr
        return load_model(path)["classifier"]

    first = train("first.sersk")
    assert [path.name for path in folder.iterdir()] == ["checkpoint.npz"]
    second = train("second.sersk")
    assert first.history_ == second.history_
    weights = zip(first.model_.get_weights(), second.model_.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in weights)


def test_a_discriminant_has_no_checkpoint(sersk, corpus_folder, tmp_path):
    answer = sersk("train", corpus_folder, "--checkpoint", tmp_path / "state")
    assert answer.exit_code == 2
    assert "only networks" in answer.stderr
