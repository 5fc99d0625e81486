"""Arrays that are no clips: channels taken for clips, foreign scales, masks, pairs with a rate."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile

from sersk import (
    AudioAugmenter,
    AudioLoader,
    FrontEnd,
    HighPassFilter,
    MelSpectrogramTransformer,
    PeakNormalizer,
    SpeechDetector,
)
from sersk.audio import AudioFileError, SoundBlocks
from sersk.audio.clips import LOUDEST, UnusableClipError

RATE = 8000


@pytest.fixture(scope="module")
def speech():
    """A second of sound, at a tenth of full scale."""
    return (0.1 * np.random.default_rng(0).normal(size=RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def loader():
    return AudioLoader(sample_rate=RATE, duration=1.0)


@pytest.fixture(scope="module")
def frontend():
    steps = [
        ("loader", AudioLoader(sample_rate=RATE, duration=1.0)),
        ("features", MelSpectrogramTransformer(RATE, n_fft=256, n_mels=4, fmax=4000.0)),
    ]
    return FrontEnd(steps)


# ---------------------------------------------------------------- channels taken for clips


@pytest.mark.parametrize(("n_channels", "call"), [(1, "x[:, 0]"), (2, "x.mean(axis=1)")])
@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist, pd.DataFrame])
@pytest.mark.parametrize("n_samples", [256, 1024, 44_100])
def test_one_recording_of_several_channels_is_not_taken_for_clips(
    loader, frontend, n_channels, call, kind, n_samples
):
    x = kind(0.1 * np.ones((n_samples, n_channels)))
    for door in (loader.fit, loader.transform, frontend.transform, frontend.fit_transform):
        with pytest.raises(ValueError, match="if this is one recording") as caught:
            door(x)
        assert f"{n_samples} clips of {n_channels} sample" in str(caught.value)
        assert f"pass [{call}]" in str(caught.value)


def test_as_a_buffer_of_pyaudio_it_is_refused_by_each_step_for_waveforms():
    x = np.zeros((1024, 2), np.float32)
    for step in (MelSpectrogramTransformer(), AudioAugmenter(), HighPassFilter()):
        with pytest.raises(ValueError, match="1024 clips of 2 samples"):
            step.fit_transform(x)


def test_what_is_advised_is_accepted(loader, speech):
    stereo = np.stack([speech, speech], axis=1)
    np.testing.assert_allclose(loader.transform([stereo.mean(axis=1)])[0], speech, atol=1e-7)


def test_two_clips_are_not_refused_nor_many_short_ones(loader, speech):
    assert loader.transform(np.stack([speech, speech])).shape == (2, RATE)
    assert AudioLoader(RATE, 0.002).transform(np.tile(speech[1:17], (300, 1))).shape == (300, 16)


# ---------------------------------------------------------------- scale


def doors(loader, frontend):
    """Return each way in which an array of clips is given."""
    return (
        loader.transform,
        frontend.transform,
        frontend.fit_transform,
    )


def test_samples_that_were_not_divided_are_refused_with_the_factor(loader, frontend, speech):
    pcm = np.round(speech * 32_767).astype(np.int16)
    for dtype in (np.float32, np.float64):
        X = np.stack([speech.astype(dtype), pcm.astype(dtype)])
        for door in doors(loader, frontend):
            with pytest.raises(ValueError, match=r"clip 1 of X peaks at .*; divide by 32768"):
                door(X)
    np.testing.assert_allclose(loader.transform([pcm])[0], speech, atol=5e-5)


@pytest.mark.parametrize(
    ("peak", "advice"),
    [
        (129, "divide by 32768"),
        (32_768, "divide by 32768"),
        (2**23, "divide by 8388608"),
        (2.0**31, "divide by 2147483648"),
        (1e20, r"samples are floats in \[-1, 1\]\."),
    ],
)
def test_the_factor_is_that_of_the_smallest_integers_that_hold_the_peak(
    loader, speech, peak, advice
):
    for sign in (1, -1):
        loud = speech.copy()
        loud[77] = sign * peak
        with pytest.raises(AudioFileError, match=advice):
            loader.transform([loud])


def test_recordings_a_little_above_full_scale_are_accepted(loader, frontend, speech):
    X = speech[np.newaxis] * (LOUDEST / np.abs(speech).max())
    np.testing.assert_array_equal(loader.transform(X), X)
    for door in doors(loader, frontend):
        door(X)


def test_waveforms_can_be_scaled_by_a_step(speech):
    scaled = PeakNormalizer().fit_transform(speech[np.newaxis] * 32_768)
    assert np.abs(scaled).max() == pytest.approx(10 ** (-1 / 20), abs=0.2)


def test_blocks_and_the_detector_refuse_it_too(speech):
    with pytest.raises(UnusableClipError, match="divide by 32768"):
        list(SoundBlocks(speech * 32_768, RATE))
    with pytest.raises(ValueError, match="SpeechDetector: the waveform peaks at"):
        SpeechDetector().has_speech(speech * 32_768, RATE)


def test_the_detector_scales_integers(speech):
    pcm = np.round(speech * 32_767).astype(np.int16)
    detector = SpeechDetector(periodicity=0.0)
    np.testing.assert_array_equal(
        detector.find_speech(pcm, RATE), detector.find_speech(pcm / 32_768, RATE)
    )


# ---------------------------------------------------------------- masks and other arrays


def test_a_mask_is_refused_and_an_empty_mask_accepted(loader, frontend, speech):
    masked = np.ma.masked_greater(speech, 0.2)
    for X, what in ((masked[np.newaxis], "X"), ([speech, masked], "clip 1 of X")):
        for door in (loader.transform, frontend.transform):
            with pytest.raises(ValueError, match=rf" {what} is masked: .* entries.*filled\(0\)"):
                door(X)
    with pytest.raises(ValueError, match="X is masked"):
        MelSpectrogramTransformer().transform(masked[np.newaxis])
    with pytest.raises(ValueError, match="is masked"):
        list(SoundBlocks(masked, RATE))
    unmasked = np.ma.array(speech)
    np.testing.assert_array_equal(loader.transform([unmasked])[0], speech)
    np.testing.assert_array_equal(
        loader.transform(masked.filled(0)[np.newaxis])[0] == 0, masked.mask
    )


def test_structured_and_scalar_arrays_are_refused(loader, frontend):
    fields = np.zeros((3, 100), [("left", "f4"), ("right", "f4")])
    with pytest.raises(ValueError, match="structured array with the fields left, right"):
        loader.transform(fields)
    with pytest.raises(TypeError, match="neither a path nor a waveform"):
        loader.transform([fields[0]])
    with pytest.raises(ValueError, match=r"X has shape \(\)"):
        loader.transform(np.array(0.5))
    with pytest.raises(TypeError, match="pass a list or array of clips"):
        frontend.transform(np.array(0.5))


# ---------------------------------------------------------------- pairs, dicts, bytes


def foreign_clips(y):
    tensor = SimpleNamespace(ndim=1, __array__=lambda *a: y, shape=y.shape)
    return {
        r"a pair \(waveform, rate\)": [
            (y, 22_050),
            (y, 22_050.0),
            [y, np.int64(22_050)],
            (tensor, 22_050),
        ],
        r"a pair \(rate, waveform\)": [(22_050, y), (22_050, np.stack([y, y], 1))],
        "a dict": [{"array": y, "sampling_rate": 22_050, "path": None}],
    }


def test_a_waveform_with_its_rate_is_refused_with_what_to_pass(loader, frontend, speech):
    for what, clips in foreign_clips(speech).items():
        for clip in clips:
            for X in ([clip], [speech, clip][::-1], ["a.wav", clip][::-1]):
                for door in (loader.transform, frontend.transform):
                    with pytest.raises(TypeError, match=f"clip 0 of X is {what}") as caught:
                        door(X)
                    assert "input_sample_rate=22050" in str(caught.value)
            for door in (loader.transform, frontend.transform):
                with pytest.raises(TypeError, match=f"X is {what}"):
                    door(clip)
            with pytest.raises(TypeError, match=f"audio is {what}.*sample_rate=22050"):
                SoundBlocks(clip, RATE)


def test_pairs_as_an_object_array_are_refused_too(loader, speech):
    X = np.empty((2, 2), object)
    X[0], X[1] = (speech, RATE), (speech, RATE)
    with pytest.raises(TypeError, match="clip 0 of X is a pair"):
        loader.transform(X)


def test_two_waveforms_are_no_pair(loader, speech):
    assert loader.transform((speech, speech[:1000])).shape == (2, RATE)
    assert loader.transform([list(speech[:900]), list(speech[:500])]).shape == (2, RATE)


@pytest.mark.parametrize("clip", [b"RIFF", bytearray(b"RIFF"), [[1.0, 2.0], [3.0]], 7])
def test_what_is_no_clip_is_named(loader, speech, clip):
    with pytest.raises(TypeError, match="clip 1 of X is of type"):
        loader.transform([speech, clip])


def test_positions_are_those_in_the_whole_x(frontend, speech):
    frontend.set_params(chunk_size=2)
    with pytest.raises(ValueError, match=r"clip 5 of X has shape \(4000, 2\)"):
        frontend.transform([*[speech] * 5, speech.reshape(-1, 2)])
    frontend.set_params(chunk_size=32)


# ---------------------------------------------------------------- channels that cancel


def write_stereo(path, correlation, n_samples=4 * RATE):
    """Write two channels of one power with a correlation."""
    rng = np.random.default_rng(0)
    left, other = 0.1 * rng.normal(size=(2, n_samples))
    right = correlation * left + np.sqrt(1 - correlation**2) * other
    soundfile.write(path, np.stack([left, right], 1), RATE)


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff"])
@pytest.mark.parametrize("correlation", [-1, -0.99])
def test_channels_that_cancel_are_named_so(tmp_path, loader, suffix, correlation):
    path = tmp_path / f"stereo.{suffix}"
    write_stereo(path, correlation)
    for read in (lambda: loader.transform([path]), lambda: list(SoundBlocks(path))):
        with pytest.raises((AudioFileError, UnusableClipError), match="channels that cancel each"):
            read()


@pytest.mark.parametrize("correlation", [1, 0, -0.9])
def test_other_channels_are_averaged(tmp_path, loader, correlation):
    path = tmp_path / "stereo.wav"
    write_stereo(path, correlation)
    expected = soundfile.read(path)[0].mean(axis=1)
    np.testing.assert_allclose(loader.transform([path])[0], expected[:RATE], atol=1e-6)


def test_a_silent_channel_and_silent_files_are_told_apart(tmp_path, loader):
    rng = np.random.default_rng(0)
    one = 0.1 * rng.normal(size=RATE)
    soundfile.write(tmp_path / "one.wav", np.stack([one, 0 * one], 1), RATE)
    soundfile.write(tmp_path / "none.wav", np.zeros((RATE, 2)), RATE)
    assert loader.transform([tmp_path / "one.wav"]).std() == pytest.approx(0.05, rel=0.05)
    with pytest.raises(AudioFileError, match="digital silence"):
        loader.transform([tmp_path / "none.wav"])
