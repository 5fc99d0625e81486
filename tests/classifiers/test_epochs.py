"""The progress of a training: by batch, losses on request, and no effect on the result."""

import io
import re

import numpy as np
import pytest

from sersk import SpeechEmotionClassifier
from sersk._utils import display


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    return rng.normal(size=(24, 6, 6)).astype(np.float32), ["anger", "calm", "sad"] * 8


def fit(clips, verbose, **params):
    classifier = SpeechEmotionClassifier(
        model__filters=(2,),
        model__dense_units=(),
        epochs=2,
        batch_size=4,
        random_state=0,
        verbose=verbose,
        **params,
    )
    return classifier.fit(*clips)


def test_lines_name_epochs_and_losses_and_change_nothing(clips, capfd):
    silent = fit(clips, None)
    assert capfd.readouterr() == ("", "")
    shown = fit(clips, 2)
    out, err = capfd.readouterr()
    assert out == ""
    assert "Training: 2/2 epochs" in err
    losses = re.findall(r"^epoch (\d)/2  loss [\d.]+  accuracy [\d.]+  validation loss", err, re.M)
    assert losses == ["1", "2"]
    assert shown.history_ == silent.history_
    np.testing.assert_array_equal(shown.predict_proba(clips[0]), silent.predict_proba(clips[0]))
    assert "Predicting: 24/24 clips" in capfd.readouterr().err
    fit(clips, 1)
    assert "loss" not in capfd.readouterr().err


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_batches_are_shown_by_default(clips, monkeypatch):
    """Also if the training ends by an error, the display ends with it."""
    monkeypatch.setattr(display, "_PATIENCE", 0.0)
    monkeypatch.setattr(display, "_TICK", 0.001)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    fit(clips, None)
    assert re.search(r"[01]/2 epochs, batch \d/[56], ", terminal.getvalue())
    with pytest.raises(ValueError, match="the training loss became"):
        fit(clips, None, optimizer__learning_rate=1e30)
    assert display._display is None


def test_logarithms_of_probabilities(clips):
    classifier = fit(clips, 0)
    X = clips[0]
    log_proba = classifier.predict_log_proba(X)
    assert log_proba.dtype == np.float32
    np.testing.assert_allclose(np.exp(log_proba), classifier.predict_proba(X), rtol=1e-5)
    assert not np.isnan(classifier.predict_log_proba(X * 1e6)).any()  # -inf where 0, no warning
