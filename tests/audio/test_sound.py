"""Properties of all steps from waveforms to waveforms: other clips, silence and padding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from sersk import (
    AudioAugmenter,
    AudioLoader,
    FrontEnd,
    HighPassFilter,
    MelSpectrogramTransformer,
    PeakNormalizer,
    RMSNormalizer,
    SpectralSubtraction,
    make_emotional_speech,
)

STEPS = [HighPassFilter(), SpectralSubtraction(), PeakNormalizer(), RMSNormalizer()]
each_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)


@pytest.fixture(scope="module")
def speech():
    clean = make_emotional_speech(n_speakers=1, n_repetitions=1, random_state=0).data
    noise = np.random.default_rng(0).normal(scale=0.3 * clean.std(), size=clean.shape)
    return (clean + noise).astype(np.float32)


@each_step
def test_clips_are_independent_to_the_bit(step, speech):
    X = speech[:4]
    out = step.fit_transform(X)
    assert out.dtype == np.float32
    assert out.flags.c_contiguous
    assert out.shape == X.shape
    assert not np.array_equal(out, X)
    for i in range(4):
        np.testing.assert_array_equal(step.transform(X[i : i + 1])[0], out[i])
    np.testing.assert_array_equal(step.transform(X[::-1]), out[::-1])
    np.testing.assert_array_equal(step.transform(X.reshape(2, 2, -1)), out.reshape(2, 2, -1))


@each_step
@pytest.mark.parametrize("position", [slice(None), 0, 1000])
def test_only_clips_with_nan_become_nan(step, position, speech):
    X = speech[:3].copy()
    X[1, position] = np.nan
    out = step.fit_transform(X)
    assert np.isnan(out[1]).all()
    np.testing.assert_array_equal(out[[0, 2]], step.transform(speech[[0, 2]]))


@each_step
def test_silence_stays_silent(step, speech):
    X = np.stack([np.zeros_like(speech[0]), speech[0]])
    out = step.fit_transform(X)
    assert not out[0].any()
    assert out[1].any()


@each_step
@settings(max_examples=10, deadline=None)
@given(before=st.integers(0, 3000), after=st.integers(0, 20_000), seed=st.integers(0, 2**32 - 1))
def test_padding_changes_nothing(step, before, after, seed):
    """Zeros around a clip stay zeros and do not change the samples between them."""
    clip = np.random.default_rng(seed).normal(scale=0.1, size=6000).astype(np.float32)
    clip[2000:3000] *= 0.01
    padded = np.pad(clip, (before, after))
    step = clone(step)  # not fitted: takes clips of any length
    out = step.transform(padded[np.newaxis])[0]
    assert not out[:before].any()
    assert not out[before + len(clip) :].any()
    np.testing.assert_array_equal(
        out[before : before + len(clip)], step.transform(clip[np.newaxis])[0]
    )


@each_step
@pytest.mark.parametrize("n_samples", [1, 2, 3, 100, 1023, 1024, 1025])
def test_short_clips(step, n_samples):
    X = np.random.default_rng(0).uniform(0.1, 1, (2, n_samples)).astype(np.float32)
    out = step.fit_transform(X)
    assert out.shape == X.shape
    assert np.isfinite(out).all()


@each_step
@pytest.mark.parametrize("level", [1e-37, 1e-20, 1e15])
def test_very_soft_and_very_loud_clips(step, level, speech):
    X = speech[:1]
    expected = step.fit_transform(X)
    out = step.transform(X * np.float32(level))
    if not isinstance(step, (PeakNormalizer, RMSNormalizer)):
        out = out / np.float32(level)
    np.testing.assert_allclose(out, expected, atol=2e-3 * np.abs(expected).max())


def test_a_front_end_equals_its_steps_one_by_one(speech):
    steps = [
        ("loader", AudioLoader(duration=3.0)),
        ("high_pass", HighPassFilter()),
        ("denoiser", SpectralSubtraction()),
        ("level", RMSNormalizer()),
        ("augmenter", AudioAugmenter(random_state=0)),
        ("features", MelSpectrogramTransformer()),
    ]
    expected = list(speech[:3])
    for _, step in steps:
        expected = step.fit_transform(expected)
    features = FrontEnd(steps, chunk_size=2).fit_transform(list(speech[:3]))
    np.testing.assert_array_equal(features, expected)
