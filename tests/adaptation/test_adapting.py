"""`adapt` and `evaluate_model`: formulas written out, the original, refusals, files, networks."""

import warnings

import joblib
import numpy as np
import pytest
import soundfile
from scipy.special import softmax
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sersk import (
    AbstainingClassifier,
    DiscriminantClassifier,
    FeatureNormalizer,
    SpeakerNormalizer,
    VectorClassifier,
    adapt,
    cross_corpus,
    describe_model,
    evaluate_model,
    load_model,
    make_emotional_speech,
    make_ser_pipeline,
    save_model,
)
from sersk.adaptation.decisions import balance, fit_correction

LABELS = ["anger", "happy", "sad"]


def make_clips(n=120, shift=0.0, spread=1.0, seed=0, n_features=12):
    """Return vectors of three classes as another microphone gives them, and labels.

    `shift` is towards the first class, as a louder microphone makes all clips sound like anger.
    """
    rng = np.random.default_rng(seed)
    y = np.array(LABELS)[np.arange(n) % 3]
    centers = np.random.default_rng(99).normal(size=(3, n_features))
    X = rng.normal(size=(n, n_features)) + 1.5 * centers[np.arange(n) % 3]
    return (spread * X + shift * centers[0]).astype(np.float32), y


def uar(model, X, y):
    return np.mean([np.mean(model.predict(X[y == label]) == label) for label in LABELS])


@pytest.fixture(scope="module")
def trained():
    return DiscriminantClassifier().fit(*make_clips())


@pytest.mark.filterwarnings("ignore:adapt. X has 1 clip;")
@pytest.mark.parametrize("n", [1, 5, 40])
@pytest.mark.parametrize("prior", [0, 10.0, 25])
def test_statistics_are_the_weighted_means_of_both(trained, n, prior):
    X, _ = make_clips(n, shift=3.0, spread=2.0, seed=1)
    adapted = adapt(trained, X, prior=prior, balance=False)
    w = n / (n + prior)
    np.testing.assert_allclose(
        adapted.mean_, (1 - w) * trained.mean_ + w * X.astype(float).mean(axis=0), rtol=1e-9
    )
    variance = (1 - w) * trained.scale_**2 + w * X.astype(float).var(axis=0)
    expected = np.where(variance > 0, np.sqrt(variance), trained.scale_)
    np.testing.assert_allclose(adapted.scale_, expected, rtol=1e-9)
    assert np.array_equal(adapted.coef_, trained.coef_)
    assert np.array_equal(adapted.intercept_, trained.intercept_)


def test_the_original_is_unchanged():
    X, y = make_clips()
    model = make_pipeline(FeatureNormalizer(), DiscriminantClassifier()).fit(X, y)
    before = joblib.hash([vars(step) for _, step in model.steps]), model.predict_proba(X)
    elsewhere, labels = make_clips(30, shift=2.0, seed=1)
    adapted = adapt(model, elsewhere, labels)
    adapted.set_params(discriminantclassifier__n_splits=2)
    assert joblib.hash([vars(step) for _, step in model.steps]) == before[0]
    assert np.array_equal(model.predict_proba(X), before[1])
    assert not hasattr(model, "adaptation_")
    assert not np.array_equal(adapted.predict_proba(X), before[1])


def test_other_microphones_are_made_up_for():
    X, y = make_clips()
    elsewhere, truth = make_clips(300, shift=4.0, spread=1.7, seed=1)
    for model in (
        DiscriminantClassifier(),
        make_pipeline(FeatureNormalizer(), DiscriminantClassifier()),
        make_pipeline(FeatureNormalizer(), VectorClassifier(LogisticRegression())),
        VectorClassifier(LogisticRegression()),
    ):
        model.fit(X, y)
        raw = uar(model, elsewhere[50:], truth[50:])
        adapted = uar(adapt(model, elsewhere[:50]), elsewhere[50:], truth[50:])
        assert raw < 0.6
        assert adapted > 0.85


def test_balance_makes_all_labels_equally_probable():
    rng = np.random.default_rng(0)
    log_odds = rng.normal(size=(50, 4)) * 2 + [3, 0, 0, -2]
    offset = balance(log_odds)
    np.testing.assert_allclose(softmax(log_odds + offset, axis=1).mean(axis=0), 0.25, atol=1e-6)
    assert abs(offset.mean()) < 1e-12


def test_offsets_are_part_of_the_discriminant(trained):
    X, _ = make_clips(30, shift=1.0, seed=3)
    plain, balanced = (adapt(trained, X, balance=b) for b in (False, True))
    offset = 30 / 40 * balance(plain.predict_log_proba(X))
    expected = softmax(plain.predict_log_proba(X) + offset, axis=1)
    np.testing.assert_allclose(balanced.predict_proba(X), expected, rtol=1e-8)


def test_a_correction_is_the_maximum_a_posteriori():
    """Against the slope of the penalised log loss, by differences."""
    rng = np.random.default_rng(0)
    log_odds, position = rng.normal(size=(30, 3)), rng.integers(0, 3, 30)
    matrix, offset = fit_correction(log_odds, position)
    counts = np.bincount(position)

    def loss(values):
        A, b = values[:9].reshape(3, 3), values[9:]
        proba = softmax(log_odds @ A + b, axis=1)[np.arange(30), position]
        weight = 30 / 3 / counts[position]
        return (
            -np.sum(weight * np.log(proba)) + 5 * np.sum((A - np.eye(3)) ** 2) + 1.5 * np.sum(b**2)
        )

    found = np.concatenate([matrix.ravel(), offset])
    for direction in np.eye(12):
        step = 1e-3 * direction
        assert loss(found) <= min(loss(found + step), loss(found - step)) + 1e-9


def test_labels_help_where_emotions_sound_different(trained):
    """Two emotions change places: only labels can tell."""
    X, y = make_clips(300, seed=1)
    swapped = np.where(y == "sad", "happy", np.where(y == "happy", "sad", y))
    without = uar(adapt(trained, X[:60]), X[60:], swapped[60:])
    with_labels = uar(adapt(trained, X[:60], swapped[:60]), X[60:], swapped[60:])
    assert without < 0.5
    assert with_labels > without + 0.3


def test_some_labels_may_be_missing(trained):
    X, y = make_clips(30, seed=1)
    some = [label if i % 3 else None for i, label in enumerate(y)]
    record = adapt(trained, X, some).adaptation_
    assert (record["n_clips"], record["n_labelled"]) == (30, 20)
    none = adapt(trained, X, [None] * 30)
    assert np.array_equal(none.coef_, adapt(trained, X).coef_)


def test_two_classes(tmp_path):
    X, y = make_clips()
    X, y = X[y != "happy"], y[y != "happy"]
    model = DiscriminantClassifier().fit(X, y)
    adapted = adapt(model, X[:20] + 2, y[:20])
    assert np.mean(adapted.predict(X + 2) == y) > 0.9


def test_refusals(trained):
    X, y = make_clips(30, seed=1)
    with pytest.raises(ValueError, match="adapt: y has labels that the model does not know: joy"):
        adapt(trained, X, ["joy", *y[1:]])
    with pytest.raises(ValueError, match="X has 30 clips, but y has 29 labels"):
        adapt(trained, X, y[1:])
    with pytest.raises(ValueError, match="adapt: X has 0 clips"):
        adapt(trained, X[:0])
    with pytest.raises(ValueError, match="adapt: prior=-1; it is a number of clips"):
        adapt(trained, X, prior=-1)
    bad = X.copy()
    bad[4] = np.nan
    with pytest.raises(ValueError, match=r"1 clips of X can't be used \(the first is clip 4\)"):
        adapt(trained, bad)
    with pytest.raises(TypeError, match="adapt: model is of type StandardScaler"):
        adapt(StandardScaler().fit(X), X)
    with pytest.raises(ValueError, match="nothing of this model can be adapted"):
        adapt(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y), X)
    with pytest.raises(ValueError, match="decisions of a VectorClassifier can't be corrected"):
        adapt(VectorClassifier(LogisticRegression()).fit(X, y), X, y)
    by_speaker = make_pipeline(SpeakerNormalizer(), DiscriminantClassifier())
    by_speaker.fit(X, y, speakernormalizer__groups=np.arange(30) // 10)
    with pytest.raises(ValueError, match="normalises the clips of each speaker"):
        adapt(by_speaker, X)


def test_a_model_knows_what_it_was_adapted_on(trained, tmp_path):
    X, y = make_clips(40, shift=1.0, seed=1)
    adapted = adapt(adapt(trained, X[:10]), X[10:20], y[10:20])
    loaded = load_model(save_model(adapted, tmp_path / "mine.sersk"))
    facts = describe_model(loaded)["adaptation"]
    assert (facts["n_clips"], facts["n_labelled"]) == (20, 10)
    assert facts["changed"] == [
        "mean and spread of features",
        "offsets of the labels",
        "decisions, by the labels",
    ]
    assert describe_model(trained)["adaptation"] is None
    with pytest.raises(ValueError, match=r"adapted on 1 of the 11 clips of X \(clip 10 of X\)"):
        evaluate_model(loaded, X[[*range(20, 30), 3]], y[[*range(20, 30), 3]])
    report = evaluate_model(loaded, X[20:], y[20:], np.arange(20) // 5)
    assert report.notes == [
        "Adapted on 20 clips, 10 of them labelled: mean and spread of features, offsets of the "
        "labels, decisions, by the labels."
    ]
    assert report.uar == pytest.approx(uar(loaded, X[20:], y[20:]))
    assert not hasattr(clone(loaded), "adaptation_")
    loaded.fit(X, y)
    assert describe_model(loaded)["adaptation"] is None


def test_fewer_clips_than_help_are_told(trained):
    for n, words in ((1, "1 clip;"), (4, "4 clips;")):
        with pytest.warns(UserWarning, match=f"X has {words} .* 5 bring something") as caught:
            adapt(trained, make_clips(n)[0])
        assert len(caught) == 1
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adapt(trained, make_clips(5)[0])


@pytest.mark.filterwarnings("ignore:adapt. X has 3 clips;")
def test_recordings_are_known_by_their_sound(tmp_path):
    corpus = make_emotional_speech(
        3, 1, emotions=["anger", "sad"], duration=1.0, sample_rate=8000, random_state=0
    )
    pipeline = make_ser_pipeline(
        preset="functionals",
        normalization="corpus",
        sample_rate=8000,
        duration=1.0,
        augmentation=False,
    )
    model = pipeline.fit(corpus.data, corpus.target)
    files = [str(tmp_path / f"{i}.wav") for i in range(6)]
    for file, clip in zip(files, corpus.data, strict=True):
        soundfile.write(file, clip, 8000)
    adapted = adapt(model, files[:3])
    assert adapted[0] is not model[0]
    copy = tmp_path / "copy.flac"
    soundfile.write(copy, soundfile.read(files[1], dtype="int16")[0], 8000)
    with pytest.raises(ValueError, match="evaluate_model: the model was adapted on 1 of the 2"):
        evaluate_model(adapted, [str(copy), files[4]], corpus.target[[1, 4]])
    report = evaluate_model(adapted, files[3:], corpus.target[3:])
    assert "each clip counts as one" in report.notes[1]
    assert report.predictions["path"].tolist() == files[3:]


def test_cross_corpus_adapts_and_scores_the_others(trained):
    X, y = make_clips()
    elsewhere, truth = make_clips(90, shift=4.0, spread=1.7, seed=1)
    here = np.char.add("here-", (np.arange(120) // 30).astype(str))
    there = np.char.add("there-", (np.arange(90) // 30).astype(str))
    both = {"train": (X, y, here), "test": (elsewhere, truth, there), "check_data": False}
    raw = cross_corpus(DiscriminantClassifier(), **both)
    report = cross_corpus(DiscriminantClassifier(), **both, n_adapt=20, seeds=(0, 1))
    assert report.uar > raw.uar + 0.3
    for seed, rows in report.predictions.groupby("seed"):
        used = np.random.default_rng(seed).choice(90, 20, replace=False)
        assert sorted(rows["clip"]) == sorted(120 + np.setdiff1d(np.arange(90), used))
        adapted = adapt(DiscriminantClassifier().fit(X, y, groups=here), elsewhere[np.sort(used)])
        expected = adapted.predict(elsewhere[rows["clip"] - 120])
        assert rows["y_pred"].tolist() == expected.tolist()
        assert rows["y_true"].tolist() == truth[rows["clip"] - 120].tolist()
    assert "Adapted on 20 clips of test without labels" in report.notes[0]
    with pytest.raises(ValueError, match="n_adapt=90, but test has 90 clips"):
        cross_corpus(DiscriminantClassifier(), **both, n_adapt=90)


def test_a_classifier_that_abstains_is_adapted_inside(tmp_path):
    X, y = make_clips()
    elsewhere, _ = make_clips(30, shift=3.0, spread=2.0, seed=1)
    inner = DiscriminantClassifier(shrinkage=0.5)
    model = AbstainingClassifier(inner, coverage=0.6).fit(X, y)
    adapted = adapt(model, elsewhere)
    assert adapted.threshold_ == model.threshold_
    expected = adapt(model.estimator_, elsewhere).predict_proba(elsewhere)
    np.testing.assert_array_equal(adapted.predict_proba(elsewhere), expected)
    assert np.any(model.predict_proba(elsewhere) != expected)
    loaded = load_model(save_model(adapted, tmp_path / "mine.sersk"))
    np.testing.assert_array_equal(loaded.predict(elsewhere), adapted.predict(elsewhere))
    assert describe_model(loaded)["adaptation"]["n_clips"] == 30
