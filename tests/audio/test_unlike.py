"""`UnlikeTrainingWarning` and `compare_with_training`: what is measured, and when it is told."""

import copy
import re
import warnings

import numpy as np
import pytest
from scipy.signal import butter, sosfilt
from sklearn.base import clone

from sersk import (
    AudioAugmenter,
    UnlikeTrainingWarning,
    adapt,
    compare_with_training,
    evaluate_model,
    evaluate_speaker_independent,
    load_model,
    make_emotional_speech,
    make_ser_pipeline,
    save_model,
)
from sersk.signal import describe_recording, pass_channel

RATE = 16_000
CORPUS = make_emotional_speech(
    6, 2, emotions=("anger", "sad"), duration=1.0, sample_rate=RATE, random_state=0
)
OTHERS = make_emotional_speech(
    3, 2, emotions=("anger", "sad"), duration=1.0, sample_rate=RATE, random_state=7
).data


def make_model(**parameters):
    defaults = {"preset": "functionals", "sample_rate": RATE, "duration": 1.0, "random_state": 0}
    pipeline = make_ser_pipeline(**(defaults | {"augmentation": False} | parameters))
    return pipeline.fit(CORPUS.data, CORPUS.target)


@pytest.fixture(scope="module")
def model():
    return make_model()


def in_noise(clip, seed=0):
    noise = np.random.default_rng(seed).normal(size=clip.shape)
    return clip + noise * np.sqrt(np.mean(clip**2) / np.mean(noise**2))  # 0 dB


def find_unlike(model, X, method="predict"):
    """Return what the warnings of a prediction say, by position; they must be one at most."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(model, method)(X)
    assert [one.category for one in caught] in ([], [UnlikeTrainingWarning])
    return {i: reason for one in caught for i, (_, reason) in one.message.failures.items()}


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100])
def test_what_is_measured_is_what_was_made(rate):
    rng = np.random.default_rng(0)
    time = np.arange(2 * rate) / rate
    steady = rng.normal(scale=0.1, size=len(time)).astype(np.float32)
    assert describe_recording(steady, rate).level == pytest.approx(-20, abs=0.5)
    assert describe_recording(steady, rate).bandwidth > 0.95 * rate / 2
    voice = np.sin(2 * np.pi * 300 * time) * np.sin(np.pi * time) ** 2  # with pauses
    noise = sosfilt(butter(10, 2000, fs=rate, output="sos"), rng.normal(size=len(time)))
    for snr in (10, 40):
        scale = np.sqrt(np.mean(voice**2) / np.mean(noise**2)) * 10 ** (-snr / 20)
        sound = 0.1 * (voice + scale * noise)
        padded = np.concatenate([np.zeros(rate), sound, np.zeros(rate)]).astype(np.float32)
        found = describe_recording(padded, rate)
        assert found.snr == pytest.approx(snr, abs=5)
        assert found.duration == pytest.approx(2.0, abs=0.01)
        # The filter falls by 60 dB an octave.
        assert 1900 < found.bandwidth <= 4000
    assert np.isnan(describe_recording(np.zeros(rate, np.float32), rate)).all()
    assert np.isnan(describe_recording(np.ones(10, np.float32), rate).snr)


def test_other_speakers_of_the_same_corpus_are_not_unlike(model):
    assert find_unlike(model, OTHERS) == {}


def test_one_warning_names_the_clips_and_what_is_unlike(model):
    X = [
        OTHERS[0],
        pass_channel(OTHERS[1], RATE, "narrowband"),
        in_noise(OTHERS[2]),
        OTHERS[3][:4000],
    ]
    for method in ("predict", "predict_proba"):
        with pytest.warns(UnlikeTrainingWarning) as caught:
            getattr(model, method)(X)
        assert len(caught) == 1
        assert caught[0].filename == __file__
        assert "3 of 4 clips are unlike" in str(caught[0].message)
        reasons = {i: reason for i, (_, reason) in caught[0].message.failures.items()}
        assert list(reasons) == [1, 2, 3]
        assert re.search(r"sound up to 4.[01] kHz, in training \d\.\d kHz and more", reasons[1])
        assert "dB above the background, in training" in reasons[2]
        assert "s of sound, in training 1.0 s and more" in reasons[3]
        assert f"clip 2 of X {reasons[2]}" in str(caught[0].message)


def test_level_counts_where_the_features_depend_on_it(model):
    soft = OTHERS * np.float32(0.003)
    assert find_unlike(model, soft) == {}  # level_db of the preset
    keeps_level = clone(model).set_params(frontend__features__level_db=None)
    keeps_level.fit(CORPUS.data, CORPUS.target)
    found = find_unlike(keeps_level, soft)
    assert list(found) == list(range(len(soft)))
    assert all("has speech at -" in reason and "dBFS" in reason for reason in found.values())


def test_views_of_the_training_count():
    views = AudioAugmenter(
        RATE, time_stretch=None, pitch_shift=None, channel="narrowband", n_views=2
    )
    model = make_model(augmentation=views)
    assert find_unlike(model, [pass_channel(clip, RATE, "narrowband") for clip in OTHERS]) == {}
    assert find_unlike(model, [in_noise(OTHERS[0])])


def test_answers_and_features_do_not_depend_on_it(model):
    X = [in_noise(OTHERS[0]), OTHERS[1]]
    without = copy.deepcopy(model)
    del without["frontend"].training_sounds_
    assert find_unlike(without, X) == {}
    with pytest.warns(UnlikeTrainingWarning):
        np.testing.assert_array_equal(model.predict_proba(X), without.predict_proba(X))
    before = copy.deepcopy(vars(model["frontend"])["training_sounds_"])
    again = clone(model).set_params(frontend__n_jobs=2, frontend__chunk_size=5)
    assert not hasattr(again["frontend"], "training_sounds_")
    again.fit(CORPUS.data, CORPUS.target)
    assert again["frontend"].training_sounds_ == before == model["frontend"].training_sounds_


def test_few_training_clips_are_no_range():
    few = clone(make_model()).fit(CORPUS.data[:19], CORPUS.target[:19])
    assert not hasattr(few["frontend"], "training_sounds_")
    assert find_unlike(few, [in_noise(OTHERS[0])]) == {}
    with pytest.raises(ValueError, match="does not know how its training clips were recorded"):
        compare_with_training(few, OTHERS)


def test_it_is_saved_and_older_files_give_no_warning(model, tmp_path):
    X = [in_noise(OTHERS[0])]
    loaded = load_model(save_model(model, tmp_path / "new.sersk"))
    assert find_unlike(loaded, X) == find_unlike(model, X) != {}
    older = copy.deepcopy(model)
    del older["frontend"].training_sounds_
    assert find_unlike(load_model(save_model(older, tmp_path / "old.sersk")), X) == {}


def test_an_adapted_model_knows_the_clips_that_it_was_adapted_on(model):
    noisy = [in_noise(clip, i) for i, clip in enumerate(OTHERS)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adapted = adapt(model, noisy[:6])
    assert len(find_unlike(model, noisy)) == len(noisy)
    assert find_unlike(adapted, noisy) == {}
    adapted.fit(CORPUS.data, CORPUS.target)  # forgets the adaptation
    assert len(find_unlike(adapted, noisy)) == len(noisy)


def test_evaluations_with_fits_do_not_warn_and_of_a_fitted_model_do(model):
    half = [in_noise(clip) if i < 12 else clip for i, clip in enumerate(CORPUS.data)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate_speaker_independent(
            clone(model), half, CORPUS.target, CORPUS.groups, cv=2, n_resamples=20, check_data=False
        )
    with pytest.warns(UnlikeTrainingWarning, match="12 of 24 clips"):
        evaluate_model(model, half, CORPUS.target, CORPUS.groups, n_resamples=20)


def test_the_table_has_what_the_warning_says(model):
    X = [OTHERS[0], in_noise(OTHERS[1])]
    table = compare_with_training(model, X)
    assert table.columns.tolist() == ["clip", "level", "snr", "bandwidth", "duration", "unlike"]
    assert table["clip"].tolist() == ["clip 0 of X", "clip 1 of X"]
    found = find_unlike(model, X)
    assert table["unlike"].tolist() == ["", found[1]]
    expected = [list(describe_recording(x.astype(np.float32), RATE)) for x in X]
    np.testing.assert_allclose(table[["level", "snr", "bandwidth", "duration"]], expected)
    with pytest.raises(TypeError, match="compare_with_training"):
        compare_with_training("model.sersk", X)
