"""Scaling and checking of waveforms: results and errors of to_float and check_finite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sersk.audio.clips import UnusableClipError, check_finite, to_float

INTEGERS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32]


@given(data=st.data(), dtype=st.sampled_from(INTEGERS))
def test_integers_are_divided_by_their_full_scale(data, dtype):
    samples = data.draw(arrays(dtype, st.integers(0, 20)))
    full_scale = 2.0 ** (np.iinfo(dtype).bits - 1)
    centre = full_scale if np.iinfo(dtype).min == 0 else 0.0
    expected = ((samples.astype(np.float64) - centre) / full_scale).astype(np.float32)
    scaled = to_float(samples)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled, expected)
    out = np.empty(samples.shape, np.float32)
    assert to_float(samples, out=out) is out
    np.testing.assert_array_equal(out, expected)


def test_floats_are_kept():
    samples = np.array([3.5, -7.25, 0.0], np.float32)
    assert to_float(samples) is samples
    np.testing.assert_array_equal(to_float(samples.astype(np.float64)), samples)
    assert np.isinf(to_float(np.array([1e300]))).all()


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, bool, complex])
def test_dtypes_that_are_no_sample_format_are_refused(dtype):
    with pytest.raises(ValueError, match=f"has dtype {np.dtype(dtype)}; waveforms are floats"):
        to_float(np.ones(3, dtype))


def test_the_first_sample_that_is_not_finite_is_located():
    samples = np.array([0.0, 1.0, np.nan, np.inf], np.float32)
    check_finite(samples[:2])
    with pytest.raises(UnusableClipError, match=r"the first is sample 2: NaN"):
        check_finite(samples)
    with pytest.raises(UnusableClipError, match=r"the first is sample 100: infinite"):
        check_finite(samples[3:], n_before=100)
    with pytest.raises(UnusableClipError, match=r"the first 0.500 s after its start: infinite"):
        check_finite(samples[3:], rate=200, n_before=100)
