"""Levels: exact where the peak allows it, limited at full scale otherwise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sersk import PeakNormalizer, RMSNormalizer


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), level=st.floats(-80, 0), gain_db=st.floats(-300, 60))
def test_peak_and_rms_are_exact(seed, level, gain_db):
    X = np.random.default_rng(seed).uniform(-1, 1, (1, 1000)).astype(np.float32)
    X = (X * np.float32(10 ** (gain_db / 20))).astype(np.float32)
    peak = np.abs(PeakNormalizer(peak_db=level).fit_transform(X)).max()
    np.testing.assert_allclose(20 * np.log10(peak), level, atol=1e-4)
    louder = RMSNormalizer(rms_db=level - 10).fit_transform(X).astype(np.float64)
    np.testing.assert_allclose(10 * np.log10(np.mean(louder**2)), level - 10, atol=1e-4)


def test_padding_does_not_count_for_the_mean_power():
    X = np.pad(np.sin(np.arange(1, 4001) / 20), (0, 12_000))[np.newaxis]
    out = RMSNormalizer().fit_transform(X)[0, :4000]
    np.testing.assert_allclose(20 * np.log10(np.sqrt(np.mean(out**2))), -20, atol=0.01)


def test_a_clip_whose_peak_would_exceed_full_scale_is_limited():
    X = np.full((1, 1000), 1e-3)
    X[0, 500] = -0.5
    out = RMSNormalizer(rms_db=-20).fit_transform(X)[0]
    assert out[500] == -1.0
    np.testing.assert_allclose(out, X[0] * 2, rtol=1e-6)
    assert 20 * np.log10(np.sqrt(np.mean(out**2))) < -20


def test_levels_above_full_scale_are_refused():
    for step in (PeakNormalizer(1.0), RMSNormalizer(1.0)):
        with pytest.raises(ValueError, match="must be a float in the range"):
            step.fit(np.ones((1, 10)))
