"""CorpusDiscriminant: discriminants of corpora with different emotions, averaged."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline

from sersk import (
    CorpusDiscriminant,
    DiscriminantClassifier,
    FeatureNormalizer,
    adapt,
    as_views,
    load_model,
    save_model,
)

EMOTIONS = np.array(["anger", "fear", "sad"])
FIXED = {"shrinkage": 0.6, "temperature": 2.0, "clip_value": None}


def draw(corpus, emotions, seed=0, n_clips=12, n_features=8):
    """Return vectors, labels and speakers of a corpus, each emotion by both speakers."""
    rng = np.random.default_rng(seed)
    y = np.repeat(emotions, n_clips)
    means = 4 * np.eye(len(EMOTIONS), n_features)[np.searchsorted(EMOTIONS, y)]
    X = means + rng.normal(size=(len(y), n_features)) + rng.normal(size=n_features)
    return X, y, np.tile([f"{corpus}-1", f"{corpus}-2"], len(y) // 2)


def join(*corpora):
    return tuple(np.concatenate(parts) for parts in zip(*corpora, strict=True))


ACTED, STAGED = draw("acted", EMOTIONS), draw("staged", EMOTIONS, 1)
TALKS = draw("talks", ["anger", "sad"], 2)


def standardize(X, other):
    return (other - X.mean(axis=0)) / X.std(axis=0)


def reference(X, y, common):
    """Return decisions of scikit-learn's discriminant for clips that are standardised."""
    lda = LinearDiscriminantAnalysis(
        solver="lsqr", shrinkage=0.6, priors=np.full(len({*y}), 1 / len({*y}))
    ).fit(standardize(X, X), y)
    # equal up to a number for each clip
    decisions = common @ lda.coef_.T + lda.intercept_
    if decisions.shape[1] == 1:  # of the second class less the first
        decisions = np.concatenate([-decisions, decisions], axis=1) / 2
    return decisions - decisions.mean(axis=1, keepdims=True)


def test_corpora_with_the_same_emotions_have_one_discriminant():
    X, y, speakers = join(ACTED, STAGED)
    one = DiscriminantClassifier().fit(X, y, groups=speakers)
    same = CorpusDiscriminant().fit(X, y, groups=speakers)
    assert same.corpora_ == [["acted", "staged"]]
    for name in ("coef_", "intercept_", "mean_", "scale_", "temperature_", "shrinkage_scores_"):
        assert_array_equal(getattr(same, name), getattr(one, name))
    without = CorpusDiscriminant().fit(X, y)
    assert_array_equal(without.coef_, DiscriminantClassifier().fit(X, y).coef_)


@pytest.mark.parametrize("n_with_all", [1, 2])
def test_decisions_are_means_over_the_corpora_that_know_the_emotion(n_with_all):
    complete = join(ACTED, STAGED) if n_with_all == 2 else ACTED
    X, y, speakers = join(complete, TALKS)
    model = CorpusDiscriminant(**FIXED).fit(X, y, groups=speakers)
    assert model.corpora_ == [["acted", "staged"][:n_with_all], ["talks"]]
    new = np.random.default_rng(3).normal(size=(20, 8))
    shares = np.array([n_with_all, 1]) / (n_with_all + 1)
    parts = [complete[0], TALKS[0]]
    mean = shares @ [part.mean(axis=0) for part in parts]
    spread = np.sqrt(shares @ [part.var(axis=0) for part in parts])
    common = (new - mean) / spread
    all_three = reference(*complete[:2], common) / 2  # by the temperature
    two = reference(*TALKS[:2], common) / 2
    expected = all_three.copy()
    expected[:, [0, 2]] = shares[0] * all_three[:, [0, 2]] + shares[1] * two
    found = model.decision_function(new)
    assert_allclose(found, expected, atol=1e-8)
    assert_array_equal(model.predict(new), EMOTIONS[expected.argmax(axis=1)])
    odds = np.exp(found)
    assert_allclose(model.predict_proba(new), odds / odds.sum(axis=1, keepdims=True))


def test_a_corpus_says_nothing_about_an_emotion_that_it_lacks():
    X, y, speakers = join(ACTED, TALKS)
    model = CorpusDiscriminant(**FIXED).fit(X, y, groups=speakers)
    X[len(ACTED[0]) :] = 5 * draw("talks", ["anger", "sad"], 9)[0] + 30
    other = CorpusDiscriminant(**FIXED).fit(X, y, groups=speakers)
    assert_allclose(other.coef_[1], model.coef_[1], rtol=1e-9)
    assert not np.allclose(other.coef_[0], model.coef_[0])


def test_views_and_weights_are_those_of_the_clips():
    X, y, speakers = join(ACTED, TALKS)
    model = CorpusDiscriminant(**FIXED).fit(X, y, groups=speakers)
    twice = as_views(np.repeat(X[:, np.newaxis], 2, axis=1))
    assert_allclose(
        CorpusDiscriminant(**FIXED).fit(twice, y, groups=speakers).coef_, model.coef_, rtol=1e-6
    )
    n = len(ACTED[0])
    weight = np.r_[np.ones(n), np.zeros(len(TALKS[0]))]
    without = CorpusDiscriminant(**FIXED).fit(X, y, weight, groups=speakers)
    assert without.corpora_ == [["acted"]]
    assert_array_equal(without.coef_, DiscriminantClassifier(**FIXED).fit(*ACTED[:2]).coef_)


def test_a_pipeline_of_it_is_adapted_and_kept(tmp_path):
    X, y, speakers = join(ACTED, draw("talks", ["anger", "sad"], 2))
    model = make_pipeline(FeatureNormalizer(), CorpusDiscriminant())
    model.fit(X, y, featurenormalizer__groups=speakers, corpusdiscriminant__groups=speakers)
    assert model[-1].corpora_ == [["acted"], ["talks"]]
    elsewhere, truth, _ = draw("elsewhere", EMOTIONS, 5)
    elsewhere = 3 * elsewhere + 40
    adapted = adapt(model, elsewhere[::2])
    assert isinstance(adapted[-1], CorpusDiscriminant)
    rest = slice(1, None, 2)
    assert adapted.score(elsewhere[rest], truth[rest]) > 0.8
    assert adapted.score(elsewhere[rest], truth[rest]) > model.score(elsewhere[rest], truth[rest])
    labelled = adapt(model, elsewhere[::2], truth[::2])
    assert labelled.score(elsewhere[rest], truth[rest]) > 0.8
    file = save_model(adapted, tmp_path / "adapted.sersk")
    again = load_model(file)
    assert_array_equal(again.predict_proba(elsewhere), adapted.predict_proba(elsewhere))


def test_a_corpus_of_one_emotion_is_refused():
    X, y, speakers = join(ACTED, draw("shouts", ["anger"], 2))
    with pytest.raises(ValueError, match="corpus 'shouts' has clips of one emotion only, 'anger'"):
        CorpusDiscriminant().fit(X, y, groups=speakers)
