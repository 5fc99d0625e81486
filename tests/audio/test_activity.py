"""SpeechDetector on real recordings and noise: speech is kept, other sound is rejected."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sersk import AudioLoader, SpeechDetector, make_emotional_speech
from sersk.audio.speech_tracking import SpeechTracker

RATE = 22_050


@pytest.fixture(scope="module")
def clips(ravdess_path):
    """40 clips of RAVDESS without padding, of all actors and emotions."""
    paths = sorted(ravdess_path.glob("Actor_*/*"))[::24]
    rows = AudioLoader(duration=6.0).fit_transform(paths)
    return [row[: np.flatnonzero(row)[-1] + 1] for row in rows]


def noise(kind, n_samples, seed=0):
    """Noise of mean power 1."""
    rng = np.random.default_rng(seed)
    if kind == "hum":  # mains hum, with its harmonics
        time = np.arange(n_samples) / RATE
        sound = sum(np.sin(2 * np.pi * 50 * k * time + k) / k for k in range(1, 8))
    else:
        spectrum = np.fft.rfft(rng.normal(size=n_samples))
        slope = {"white": 0.0, "pink": 0.5}[kind]
        spectrum /= np.maximum(np.arange(len(spectrum)), 1) ** slope
        sound = np.fft.irfft(spectrum, n_samples)
    return sound / np.sqrt(np.mean(np.square(sound)))


def share_inside(times, stretches):
    return np.mean(
        np.any((times[:, None] >= stretches[:, 0]) & (times[:, None] <= stretches[:, 1]), axis=1)
    )


def loud_moments(clip, below_peak):
    """Middles of frames of 20 ms whose power is at most `below_peak` dB below the loudest frame.

    Power is that of the differences between samples: a clip of Actor_09 begins with a rumble.
    """
    clip = np.diff(clip)
    frames = clip[: len(clip) // 441 * 441].reshape(-1, 441)
    level = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-14)
    return (np.flatnonzero(level > level.max() - below_peak) + 0.5) * 441 / RATE


@pytest.mark.recordings
def test_speech_in_real_clips_is_kept_and_silence_around_it_is_not(clips):
    detector = SpeechDetector()
    covered, early, late = [], [], []
    for clip in clips:
        loud = loud_moments(clip, below_peak=25)
        found = detector.find_speech(clip, RATE)
        assert detector.has_speech(clip, RATE)
        covered.append(share_inside(loud, found))
        # clips of RAVDESS begin and end with silence of half a second at least
        assert not detector.has_speech(clip[: RATE // 2], RATE)
        early.append(found[0, 0] < loud[0] - 0.4)
        late.append(found[-1, 1] > loud[-1] + 0.6)
    assert np.mean(covered) > 0.98
    assert np.min(covered) > 0.8
    assert sum(early) <= 1  # a clip of Actor_07 begins with a hum, 31 dB below
    assert sum(late) == 0


@pytest.mark.recordings
def test_speech_of_talk_shows_is_kept(urdu_path):
    paths = sorted(urdu_path.glob("*/*.*"))[::10]
    rows = AudioLoader(duration=6.0).fit_transform(paths)
    detector = SpeechDetector()
    assert all(detector.has_speech(row[: np.flatnonzero(row)[-1] + 1], RATE) for row in rows)


@pytest.mark.recordings
@pytest.mark.parametrize("snr_db", [30, 20, 10, 5])
@pytest.mark.parametrize("kind", ["white", "pink", "hum"])
def test_noise_is_not_speech_and_speech_in_noise_is(clips, kind, snr_db):
    detector = SpeechDetector()
    for i, clip in enumerate(clips[::4]):
        gain = np.sqrt(np.mean(np.square(clip))) * 10 ** (-snr_db / 20)
        alone = gain * noise(kind, 4 * RATE, seed=i)
        assert not detector.has_speech(alone, RATE)
        assert detector.has_speech(clip + gain * noise(kind, len(clip), seed=i), RATE)
        # noise that begins after speech, in the same recording
        found = detector.find_speech(np.concatenate([clip, np.zeros(RATE // 2), alone]), RATE)
        assert found[-1, 1] < len(clip) / RATE + 0.5


@pytest.mark.recordings
def test_silence_between_clips_is_a_gap_between_stretches(clips):
    rng = np.random.default_rng(0)
    for silence in (np.zeros(2 * RATE), rng.normal(scale=1e-4, size=2 * RATE)):
        sound = np.concatenate([clips[0], silence, clips[1], silence, clips[2]])
        found = SpeechDetector().find_speech(sound, RATE)
        begin = len(clips[0]) / RATE
        for start in (begin, begin + 2 + len(clips[1]) / RATE):
            inside = (found[:, 0] < start + 2) & (found[:, 1] > start)
            assert not inside.any()
        gaps = found[1:, 0] - found[:-1, 1]
        assert np.count_nonzero(gaps > 2) == 2


@pytest.fixture(scope="module")
def babble():
    clips = make_emotional_speech(1, 1, duration=1.0, random_state=0).data
    return np.concatenate([clips[0], np.zeros(RATE, np.float32), clips[1]])


def test_silence_short_sounds_and_empty_input_are_not_speech():
    detector = SpeechDetector()
    for sound in (np.zeros(RATE), np.ones(100), np.empty(0), np.full(RATE, 0.5)):
        assert not detector.has_speech(sound, RATE)
        assert detector.find_speech(sound, RATE).shape == (0, 2)


def test_more_speech_can_be_required(babble):
    assert SpeechDetector(min_speech=0.1).has_speech(babble, RATE)
    assert not SpeechDetector(min_speech=3.5).has_speech(babble, RATE)


def test_level_is_relative_to_the_recording_down_to_a_limit(babble):
    detector = SpeechDetector()
    assert detector.has_speech(0.01 * babble, RATE)
    assert not detector.has_speech(1e-5 * babble, RATE)
    assert SpeechDetector(min_level=-140.0).has_speech(1e-5 * babble, RATE)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_any_sample_rate(rate):
    speech = make_emotional_speech(1, 1, duration=2.0, sample_rate=rate, random_state=0).data[0]
    white = 0.01 * np.random.default_rng(0).normal(size=2 * rate)
    assert SpeechDetector().has_speech(speech, rate)
    assert not SpeechDetector().has_speech(white, rate)


@given(st.lists(st.integers(0, 20_000), max_size=12))
@settings(max_examples=25, deadline=None)
def test_detected_speech_does_not_depend_on_the_blocks(babble, cuts):
    tracker = SpeechTracker(SpeechDetector(), RATE)
    for part in np.split(babble, np.cumsum(cuts)[np.cumsum(cuts) < len(babble)]):
        tracker.push(part)
    speech, voiced = tracker.look_at(0, len(babble))
    whole = SpeechTracker(SpeechDetector(), RATE)
    whole.push(babble)
    assert (speech, voiced.tolist()) == (True, whole.look_at(0, len(babble))[1].tolist())


def test_nothing_after_the_end_is_used(babble):
    detector = SpeechDetector()
    tracker = SpeechTracker(detector, RATE)
    tracker.push(babble)
    for end in range(RATE // 2, len(babble), RATE // 4):
        begin = max(0, end - RATE)
        past = SpeechTracker(detector, RATE)
        past.push(babble[:end])
        speech, voiced = tracker.look_at(begin, end)
        expected, moments = past.look_at(begin, end)
        assert speech == expected
        np.testing.assert_array_equal(voiced, moments)


def test_wrong_parameters_are_refused():
    with pytest.raises(ValueError, match="'periodicity' parameter of SpeechDetector"):
        SpeechDetector(periodicity=2).has_speech(np.zeros(10), RATE)
