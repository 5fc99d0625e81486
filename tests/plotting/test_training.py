"""Training curves show the history, and the epoch whose weights were kept."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sersk import SpeechEmotionClassifier, TrainingDisplay

HISTORY = {
    "loss": [2.0, 1.0, 0.5, 0.2],
    "val_loss": [1.9, 1.2, 1.1, 1.3],
    "accuracy": [0.2, 0.5, 0.8, 0.9],
    "val_accuracy": [0.2, 0.4, 0.5, 0.4],
}


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_curves(metric):
    display = TrainingDisplay.from_history(HISTORY, metric=metric, ax=Figure().subplots())
    assert set(display.lines_) == {metric, f"val_{metric}"}
    for name, line in display.lines_.items():
        assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
        assert_array_equal(line.get_ydata(), HISTORY[name])
    assert display.best_epoch_ == 3
    assert display.ax_.get_ylabel() == metric
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["training", "validation", "lowest validation loss: epoch 3"]


def test_without_validation():
    display = TrainingDisplay.from_history({"loss": [1.0, 0.5]}, ax=Figure().subplots())
    assert list(display.lines_) == ["loss"]
    assert display.best_epoch_ is None


def test_of_a_pipeline():
    y = np.repeat(["anger", "sad"], 12)
    X = np.random.default_rng(0).normal(size=(24, 8, 8)) + (y == "sad")[:, None, None]
    classifier = SpeechEmotionClassifier(
        epochs=3, model__filters=(4,), model__dense_units=(), random_state=0
    )
    pipeline = make_pipeline(FunctionTransformer(), classifier).fit(X, y)
    display = TrainingDisplay.from_estimator(pipeline, ax=Figure().subplots())
    assert_array_equal(display.ax_.lines[0].get_ydata(), pipeline[-1].history_["loss"])
    assert plt.get_fignums() == []


def test_errors():
    with pytest.raises(ValueError, match=r"SpeechEmotionClassifier has no history_.*fitted"):
        TrainingDisplay.from_estimator(SpeechEmotionClassifier())
    with pytest.raises(ValueError, match="metric='uar'; the history has loss, accuracy"):
        TrainingDisplay.from_history(HISTORY, metric="uar")
    with pytest.raises(ValueError, match="has nothing"):
        TrainingDisplay.from_history({})
    with pytest.raises(TypeError, match="ax is of type int"):
        TrainingDisplay.from_history(HISTORY, ax=3)
    assert plt.get_fignums() == []
