"""A fit that fails loses no scores of the fits before it."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sersk import evaluate_speaker_independent

RNG = np.random.default_rng(0)
X, Y, SPEAKERS = RNG.normal(size=(40, 3)), np.tile(["anger", "sad"], 20), np.arange(40) // 10


class Failing(LogisticRegression):
    """Fails in one of its fits."""

    n_fits = 0
    last = 3

    def fit(self, X, y):
        Failing.n_fits += 1
        if Failing.n_fits == self.last:
            raise FloatingPointError("the loss became nan")
        return super().fit(X, y)


def test_an_error_has_a_report_of_the_fits_before_it(monkeypatch):
    monkeypatch.setattr(Failing, "n_fits", 0)
    with pytest.raises(FloatingPointError, match="became nan") as info:
        evaluate_speaker_independent(Failing(), X, Y, SPEAKERS, cv=4)
    whole = evaluate_speaker_independent(LogisticRegression(), X, Y, SPEAKERS, cv=4)
    report = info.value.report
    assert "FloatingPointError" in report.notes[0]
    assert "2 of 4 fits" in report.notes[0]
    expected = whole.predictions[whole.predictions["fold"] <= 2].reset_index(drop=True)
    assert report.predictions.equals(expected)


def test_an_error_of_the_first_fit_has_none(monkeypatch):
    monkeypatch.setattr(Failing, "n_fits", 2)
    with pytest.raises(FloatingPointError) as info:
        evaluate_speaker_independent(Failing(), X, Y, SPEAKERS, cv=4)
    assert not hasattr(info.value, "report")
