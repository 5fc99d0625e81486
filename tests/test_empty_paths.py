"""An empty path is a variable without a value: refused, and never taken for the current folder."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

import sersk
from sersk.testing import make_whisper_folder

X = np.random.default_rng(0).uniform(-0.5, 0.5, (4, 4000)).astype(np.float32)
Y = ["anger", "sad", "anger", "sad"]
MODEL = DummyClassifier().fit([[0]], ["sad"])


def fit(**options):
    options = {"sample_rate": 8000, "duration": 0.5, "augmentation": False} | options
    return sersk.make_ser_pipeline(preset="functionals", **options).fit(X, Y)


@pytest.fixture
def nothing_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "use",
    [
        lambda: sersk.save_model(MODEL, ""),
        lambda: sersk.save_model(MODEL, "."),
        lambda: sersk.load_model(""),
        lambda: fit(storage=""),
        lambda: fit(memory=""),
        lambda: sersk.load_audio_folder(""),
        lambda: sersk.load_ravdess(""),
        lambda: sersk.fetch_ravdess(""),
        lambda: sersk.load_table(""),
        lambda: sersk.datasets.find_audio_files(""),
        lambda: make_whisper_folder(""),
    ],
)
def test_an_empty_path_is_refused(use, nothing_written):
    with pytest.raises(
        (ValueError, IsADirectoryError), match=r"'' is no path; pass one|is a folder; (pass|name)"
    ):
        use()


def test_an_empty_folder_of_a_checkpoint_is_refused(nothing_written):
    pytest.importorskip("keras")
    from sersk.classifiers.checkpoints import Checkpoint

    with pytest.raises(ValueError, match="SpeechEmotionClassifier: checkpoint: '' is no path"):
        Checkpoint("", {})
