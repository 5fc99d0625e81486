"""With `memory=`, a search over networks computes the features of each fold once."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV, GroupKFold

from sersk import FrontEnd, make_emotional_speech, make_ser_pipeline


class FirstLabel(ClassifierMixin, BaseEstimator):
    """Stands for a network; this test counts only computations of features."""

    def __init__(self, model="cnn"):
        self.model = model

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


@pytest.mark.parametrize(("cached", "n_computed"), [(True, 3), (False, 12)])
def test_a_grid_of_four_networks_and_three_folds(tmp_path, monkeypatch, cached, n_computed):
    corpus = make_emotional_speech(3, 1, duration=0.5, random_state=0)
    pipeline = make_ser_pipeline(
        duration=0.5, random_state=0, memory=str(tmp_path / "cache") if cached else None
    ).set_params(classifier=FirstLabel())
    fits = []
    run_chunks = FrontEnd._run_chunks

    def counting(self, X, *, fitting):
        if fitting:
            fits.append(len(X))
        return run_chunks(self, X, fitting=fitting)

    monkeypatch.setattr(FrontEnd, "_run_chunks", counting)
    search = GridSearchCV(
        pipeline,
        {"classifier__model": ["cnn", "cnn_lstm", "lstm", "transformer"]},
        cv=GroupKFold(3),
        refit=False,
        error_score="raise",
    )
    search.fit(corpus.data, corpus.target, groups=corpus.groups)
    assert fits == [12] * n_computed  # 12 of 18 clips are training clips
