"""One rule of what is answerable, in every way in which a model is asked."""

import warnings

import numpy as np
import pytest
import soundfile

from sersk import (
    AudioLoader,
    EmotionStream,
    FrontEnd,
    MelSpectrogramTransformer,
    make_ser_pipeline,
    predict_timeline,
)
from sersk.audio import AudioFileError, UnanswerableClipWarning
from sersk.audio.answerable import find_reason
from sersk.inference import average_over_windows

RATE = 16_000


def noise(n_samples, level=0.1, seed=0):
    return (level * np.random.default_rng(seed).normal(size=n_samples)).astype(np.float32)


NOTHING = {
    "has only 0.0625 ms of sound": np.float32([0.3]),
    "has only 10 ms of sound": noise(160),
    "is constant (0.5 relative to full scale)": np.full(RATE, 0.5, np.float32),
    "stays below -90 dB": noise(RATE, 1e-9),
}
SOMETHING = {
    "a short call": noise(round(0.1 * RATE)),
    "faint": noise(RATE, 1e-3),
    "faint over a direct current": 0.5 + noise(RATE, 1e-3),
    "a long pause": np.concatenate([noise(800), np.zeros(3 * RATE, np.float32)]),
    "a tone": 0.1 * np.sin(np.arange(RATE) / 5).astype(np.float32),
}


@pytest.mark.parametrize("reason", NOTHING)
def test_nothing_to_hear_has_a_reason(reason):
    assert find_reason(NOTHING[reason], RATE).startswith(reason)


@pytest.mark.parametrize("name", SOMETHING)
def test_sound_has_none(name):
    assert find_reason(SOMETHING[name], RATE) is None


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_the_rule_does_not_depend_on_the_rate(tmp_path, rate):
    """A resampled constant is not constant at its ends."""
    loader = AudioLoader(RATE, 2.0)
    path = tmp_path / "constant.wav"
    soundfile.write(path, np.full(rate, 0.9), rate)
    with pytest.warns(UnanswerableClipWarning, match="is constant"):
        loader.transform([path])
    soundfile.write(path, 0.5 * np.sin(np.arange(rate) * 2 * np.pi * 200 / rate), rate)
    assert loader.transform([path]).std() > 0.1


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(0)
    X = [noise(RATE, level, seed) for seed, level in enumerate(rng.uniform(0.01, 0.3, 12))]
    y = np.repeat(["anger", "sad"], 6)
    return make_ser_pipeline(
        preset="functionals", sample_rate=RATE, duration=1.0, augmentation=False, shrinkage=0.5
    ).fit(X, y)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
def test_predict_warns_once_with_names_and_gives_no_nan(model, method):
    model.set_params(frontend__chunk_size=2)
    X = [noise(RATE), *NOTHING.values(), noise(RATE)]
    with pytest.warns(UnanswerableClipWarning) as caught:
        answers = getattr(model, method)(X)
    model.set_params(frontend__chunk_size=32)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    warning = caught[0].message
    assert "in 4 of 6 clips" in str(warning)
    assert set(warning.failures) == {1, 2, 3, 4}
    for (name, found), reason in zip(warning.failures.values(), NOTHING, strict=True):
        assert found.startswith(reason)
        assert name in str(warning)
    assert len(answers) == 6
    if method != "predict":
        assert not np.isnan(answers).any()


def test_files_are_named_by_their_path(model, tmp_path):
    path = tmp_path / "constant.wav"
    soundfile.write(path, np.full(RATE, 0.5), RATE)
    with pytest.warns(UnanswerableClipWarning, match=r"'.*constant.wav' is constant"):
        model.predict([path])


def test_training_clips_are_checked_too(model):
    frontend = FrontEnd(
        [
            ("loader", AudioLoader(RATE, 1.0)),
            ("features", MelSpectrogramTransformer(RATE, n_mels=4)),
        ]
    )
    with pytest.warns(UnanswerableClipWarning, match="learned from it means nothing"):
        frontend.fit_transform([noise(RATE), np.full(RATE, 0.5)])


def test_silence_that_is_allowed_is_no_surprise():
    loader = AudioLoader(RATE, 1.0, allow_silence=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not loader.transform([np.zeros(RATE)]).any()


@pytest.mark.parametrize("reason", NOTHING)
def test_windows_with_nothing_to_hear_are_not_predicted(model, reason):
    for detect in (True, False):
        timeline = predict_timeline(model, NOTHING[reason], speech_detector=detect)
        assert not timeline.speech.any()
        assert np.isnan(timeline.probabilities).all()
    stream = EmotionStream(model, speech_detector=False)
    results = stream.push(NOTHING[reason]) + stream.flush()
    assert [result.label for result in results] == [None] * len(results)
    with pytest.raises(AudioFileError, match="no window in which there is something to hear"):
        average_over_windows(model, NOTHING[reason])


def test_windows_with_sound_are_predicted_without_a_detector(model):
    sound = np.concatenate([noise(RATE), np.full(2 * RATE, 0.5, np.float32), noise(RATE)])
    timeline = predict_timeline(model, sound, hop=1.0, speech_detector=False)
    assert timeline.speech.tolist() == [True, False, False, True]
