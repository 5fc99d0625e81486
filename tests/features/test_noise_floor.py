"""Functionals of speech in noise: pauses are found above the noise floor."""

import numpy as np
import pytest

from sersk import FunctionalsTransformer

SAMPLE_RATE = 22_050


def length_of_speech(clip, **parameters):
    """Return the time from the first to the last active frame (s)."""
    step = FunctionalsTransformer(SAMPLE_RATE, groups=["tempo"], **parameters)
    names = list(step.get_feature_names_out())
    return step.fit_transform(clip[np.newaxis])[0, names.index("tempo_length")]


def buzz(duration):
    time = np.arange(round(duration * SAMPLE_RATE)) / SAMPLE_RATE
    return 0.2 * (time * 150 % 1 - 0.5)


@pytest.fixture
def noisy():
    """Return a second of a buzz in three seconds of noise, 30 dB softer."""
    silence = np.zeros(SAMPLE_RATE)
    clip = np.r_[silence, buzz(1.0), silence]
    noise = np.random.default_rng(0).standard_normal(len(clip))
    return clip + noise * np.std(buzz(1.0)) * 10 ** (-30 / 20)


def test_noise_before_and_after_speech_is_no_speech(noisy):
    assert length_of_speech(noisy) == pytest.approx(3.0, abs=0.05)
    assert length_of_speech(noisy, noise_margin=6.0) == pytest.approx(1.0, abs=0.1)


def test_padding_is_no_noise_floor(noisy):
    padded = np.pad(noisy, (0, 6 * SAMPLE_RATE))
    assert length_of_speech(padded, noise_margin=6.0) == pytest.approx(1.0, abs=0.1)


def test_speech_without_pauses_is_all_speech():
    loud, soft = buzz(0.5), 0.2 * buzz(0.5)  # 14 dB
    clip = np.r_[soft, loud, soft]
    expected = length_of_speech(clip)
    assert expected == pytest.approx(1.5, abs=0.05)
    assert length_of_speech(clip, noise_margin=6.0) == pytest.approx(expected, abs=0.05)


def test_a_quiet_room_changes_nothing():
    silence = 1e-5 * np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    clip = np.r_[silence, buzz(1.0), silence]
    assert length_of_speech(clip, noise_margin=6.0) == length_of_speech(clip)


def test_invalid_margins_are_refused(noisy):
    with pytest.raises(ValueError, match="'noise_margin' parameter"):
        FunctionalsTransformer(noise_margin=0.0).fit(noisy[np.newaxis])
