"""No view of a test clip and no test speaker ever reaches training.

Every clip is a tone of another frequency, chosen so that it is recognised after a time stretch
(the same frequency) and after a pitch shift (a frequency that no other clip has). The input of
Keras's ``fit`` is then converted back to clip numbers: the checks test the sound that
arrives there, not the code that passes it.
"""

import types

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_validate,
)

from sersk import AudioAugmenter, make_ser_pipeline
from sersk.base import StatelessTransformer

SAMPLE_RATE, N_CLIPS, N_SPEAKERS = 8000, 24, 6
LOWEST, SPACING, SHIFT = 120.0, 2.5, 1.0  # Hz, semitones, semitones


class PeakFrequency(StatelessTransformer):
    """Gives a number a clip: its strongest frequency, in semitones above the lowest tone."""

    def transform_waveforms(self, X):
        n_fft = 1 << 16  # zero padding, for a fine grid of frequencies
        spectrum = np.abs(np.fft.rfft(X * np.hanning(X.shape[-1]), n_fft))
        hertz = np.maximum(spectrum.argmax(axis=-1), 1) * SAMPLE_RATE / n_fft
        return (12 * np.log2(hertz / LOWEST)).astype(np.float32)[..., None, None]


@pytest.fixture(scope="module")
def clips():
    seconds = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    hertz = LOWEST * 2 ** (np.arange(N_CLIPS) * SPACING / 12)
    X = 0.5 * np.sin(2 * np.pi * hertz[:, None] * seconds)
    y = np.tile(["anger", "sad"], N_CLIPS // 2)
    speakers = np.repeat(np.arange(N_SPEAKERS), N_CLIPS // N_SPEAKERS)
    return X.astype(np.float32), y, speakers


def clip_of(semitones):
    """Return the clip's number for each strongest frequency, and whether it was shifted."""
    clip = np.floor((np.asarray(semitones) + SPACING / 4) / SPACING).astype(int)
    shifted = np.asarray(semitones) - clip * SPACING > SHIFT / 2
    return clip, shifted


class FitRecord:
    """Records the training and validation clips of each fit of a network, as clip numbers."""

    def __init__(self):
        self.train, self.validation, self.views = [], [], []

    @staticmethod
    def _read(batches):
        x = np.concatenate([batches[i][0] for i in range(len(batches))]) if batches else []
        return np.ravel(x)

    def fit(self, model, x, validation_data=None, **kwargs):
        train, validation = self._read(x), self._read(validation_data)
        self.train.append(set(clip_of(train)[0].tolist()))
        self.validation.append(set(clip_of(validation)[0].tolist()))
        self.views.append((len(train), clip_of(train)[1], clip_of(validation)[1]))
        return types.SimpleNamespace(history={"loss": [0.0]})


@pytest.fixture
def fit_record(monkeypatch):
    record = FitRecord()
    monkeypatch.setattr(
        keras.Model, "fit", lambda model, x, **kwargs: record.fit(model, x, **kwargs)
    )
    return record


def network(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(x))


@pytest.fixture
def pipeline():
    return make_ser_pipeline(
        network,
        features=PeakFrequency(),
        augmentation=AudioAugmenter(time_stretch=1.2, pitch_shift=SHIFT),
        sample_rate=SAMPLE_RATE,
        duration=0.5,
        random_state=0,
        validation_split=0.25,
    )


def assert_no_leakage(train, validation, test, speakers=None):
    """Raise AssertionError if a clip or a speaker is in two of the three parts."""
    assert not train & test, "a view of a test clip was trained on"
    assert not validation & test, "early stopping used a test clip"
    assert not train & validation, "a view of a validation clip was trained on"
    if speakers is not None:
        sets = [{int(speakers[i]) for i in part} for part in (train, validation, test)]
        assert not sets[0] & sets[2], "a test speaker was trained on"
        assert not sets[1] & sets[2], "early stopping used a test speaker"
        assert not sets[0] & sets[1], "early stopping used a training speaker"


def test_tones_are_recognised(clips):
    X, _, _ = clips
    views = AudioAugmenter(SAMPLE_RATE, time_stretch=1.2, pitch_shift=SHIFT).fit_transform(X)
    number, shifted = clip_of(PeakFrequency().fit_transform(views)[..., 0, 0])
    np.testing.assert_array_equal(number, np.repeat(np.arange(N_CLIPS)[:, None], 3, axis=1))
    np.testing.assert_array_equal(shifted, np.tile([False, False, True], (N_CLIPS, 1)))


@pytest.mark.parametrize(
    "cv",
    [
        KFold(4, shuffle=True, random_state=0),
        StratifiedKFold(3, shuffle=True, random_state=1),
        ShuffleSplit(3, random_state=2),
        3,
    ],
    ids=str,
)
def test_no_test_clip_reaches_fit(cv, clips, pipeline, fit_record):
    X, y, _ = clips
    result = cross_validate(pipeline, X, y, cv=cv, return_indices=True)
    assert len(fit_record.train) == len(result["indices"]["test"])
    for train, validation, test, given in zip(
        fit_record.train,
        fit_record.validation,
        result["indices"]["test"],
        result["indices"]["train"],
        strict=True,
    ):
        assert_no_leakage(train, validation, set(test.tolist()))
        assert train | validation == set(given.tolist())
        assert validation


@pytest.mark.parametrize(
    "cv",
    [
        GroupKFold(3),
        LeaveOneGroupOut(),
        StratifiedGroupKFold(3, shuffle=True, random_state=0),
        GroupShuffleSplit(3, random_state=0),
    ],
    ids=str,
)
def test_no_test_speaker_reaches_fit(cv, clips, pipeline, fit_record):
    X, y, speakers = clips
    result = cross_validate(
        pipeline,
        X,
        y,
        cv=cv,
        groups=speakers,
        params={"classifier__groups": speakers},
        return_indices=True,
    )
    assert len(fit_record.train) == len(result["indices"]["test"])
    for train, validation, test in zip(
        fit_record.train, fit_record.validation, result["indices"]["test"], strict=True
    ):
        assert_no_leakage(train, validation, set(test.tolist()), speakers)
        assert validation


def test_speakers_by_metadata_routing(clips, pipeline, fit_record):
    import sklearn

    X, y, speakers = clips
    with sklearn.config_context(enable_metadata_routing=True):
        result = cross_validate(
            pipeline, X, y, cv=GroupKFold(3), params={"groups": speakers}, return_indices=True
        )
    for train, validation, test in zip(
        fit_record.train, fit_record.validation, result["indices"]["test"], strict=True
    ):
        assert_no_leakage(train, validation, set(test.tolist()), speakers)


def test_grid_search(clips, pipeline, fit_record):
    X, y, speakers = clips
    search = GridSearchCV(
        pipeline,
        {"frontend__augmenter__time_stretch": [0.9, 1.2], "classifier__batch_size": [4, 8]},
        cv=GroupKFold(3),
        refit=False,
    ).fit(X, y, groups=speakers, classifier__groups=speakers)
    folds = [set(test.tolist()) for _, test in GroupKFold(3).split(X, y, speakers)]
    assert search.n_splits_ == 3
    assert len(fit_record.train) == 4 * 3
    for train, validation in zip(fit_record.train, fit_record.validation, strict=True):
        # the scored fold is the one that fit did not get
        given = train | validation
        (test,) = [fold for fold in folds if not fold & given]
        assert_no_leakage(train, validation, test, speakers)


def test_every_view_of_a_training_clip_and_no_view_of_others(clips, pipeline, fit_record):
    X, y, _ = clips
    pipeline.fit(X, y)
    (n_views_trained, shifted, validation_shifted) = fit_record.views[0]
    assert n_views_trained == 3 * len(fit_record.train[0])
    assert shifted.sum() == len(fit_record.train[0])
    assert not validation_shifted.any(), "validation uses clean clips only"
    held_out = set(range(N_CLIPS)) - fit_record.train[0]
    assert set(pipeline[-1].validation_indices_.tolist()) == held_out


def test_predict_uses_clean_clips(clips, pipeline, fit_record, monkeypatch):
    X, y, _ = clips
    pipeline.fit(X, y)
    looked_at = []
    classifier = pipeline[-1]
    original = classifier.predict_proba
    monkeypatch.setattr(classifier, "predict_proba", lambda X: looked_at.append(X) or original(X))
    pipeline.predict(X)
    number, shifted = clip_of(looked_at[0][..., 0, 0])
    np.testing.assert_array_equal(number, np.arange(N_CLIPS))
    assert not shifted.any()


def published_order(pipeline, clips, seed):
    """Augment, split the copies at random, early-stop on the test set: the published order."""
    X, _, speakers = clips
    frontend = clone(pipeline.named_steps["frontend"])
    views = frontend.fit_transform(X)
    copies = views.reshape(-1, *views.shape[2:])
    owner = np.repeat(np.arange(N_CLIPS), views.shape[1])
    train, test = next(ShuffleSplit(1, test_size=0.2, random_state=seed).split(copies))
    train_clips = set(clip_of(copies[train][:, 0, 0])[0].tolist())
    test_clips = set(clip_of(copies[test][:, 0, 0])[0].tolist())
    assert train_clips == set(owner[train].tolist())  # check that the tones are recognised here too
    return train_clips, test_clips, speakers


@pytest.mark.parametrize("seed", range(5))
def test_the_published_order_fails_these_checks(seed, clips, pipeline):
    train, test, speakers = published_order(pipeline, clips, seed)
    with pytest.raises(AssertionError, match="a view of a test clip was trained on"):
        assert_no_leakage(train, set(), test)
    with pytest.raises(AssertionError, match="early stopping used a test clip"):
        assert_no_leakage(set(), test, test)
    with pytest.raises(AssertionError, match="a test speaker was trained on"):
        # even without shared copies, speakers are shared
        assert_no_leakage(train - test, set(), test, speakers)


def test_a_test_set_cannot_be_passed_for_early_stopping(clips, pipeline):
    X, y, _ = clips
    with pytest.raises(TypeError, match="validation_data"):
        pipeline.fit(X, y, classifier__validation_data=(X, y))
    with pytest.raises(TypeError, match="early stopping on a test set"):
        pipeline.set_params(classifier__fit__validation_data=(X, y)).fit(X, y)
    with pytest.raises(TypeError, match="early stopping on a test set"):
        make_ser_pipeline(fit__validation_data=(X, y))
