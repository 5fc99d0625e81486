"""Wilson intervals of shares and of the UAR: against scipy, and by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from sersk.metrics import uar_interval, wilson_interval


@given(n=st.integers(1, 200), data=st.data(), level=st.floats(0.5, 0.999))
def test_wilson_is_scipys(n, data, level):
    right = data.draw(st.integers(0, n))
    expected = stats.binomtest(right, n).proportion_ci(level, method="wilson")
    low, high = wilson_interval([right], [n], level)
    assert_allclose([low[0], high[0]], [expected.low, expected.high], atol=1e-12)
    # with one class the UAR is a share
    y_pred = ["a"] * right + ["b"] * (n - right)
    interval = uar_interval(["a"] * n, y_pred, confidence_level=level)
    assert_allclose(interval, expected, atol=1e-9)


@settings(deadline=None)  # the first call imports
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=8))
def test_interval_contains_the_uar(counts):
    true = np.concatenate([np.full(n, i) for i, (_, n) in enumerate(counts)])
    predicted = np.concatenate(
        [np.where(np.arange(n) < right, i, -1) for i, (right, n) in enumerate(counts)]
    )
    uar = np.mean([min(right, n) / n for right, n in counts])
    low, high = uar_interval(true, predicted)
    assert 0 <= low <= uar + 1e-12
    assert uar - 1e-12 <= high <= 1


@pytest.mark.parametrize("recalls", [(0.5, 0.5, 0.5), (0.95, 0.9, 0.3), (0.98, 0.98, 0.98)])
def test_interval_covers_the_true_value_at_its_stated_rate(recalls):
    rng = np.random.default_rng(0)
    n, n_trials, held = 8, 400, 0
    true = np.repeat(range(3), n)
    for _ in range(n_trials):
        predicted = np.where(rng.random(3 * n) < np.repeat(recalls, n), true, -1)
        low, high = uar_interval(true, predicted)
        held += low <= np.mean(recalls) <= high
    assert held / n_trials >= 0.9  # nominally 0.95; Wilson's interval covers less near 0 and 1


def test_more_seeds_do_not_narrow_the_interval():
    true, predicted = ["a", "a", "b", "b"], ["a", "b", "b", "b"]
    once = uar_interval(true, predicted)
    clips = np.tile(range(4), 5)
    assert uar_interval(true * 5, predicted * 5, clips=clips) == pytest.approx(once)
    low, high = uar_interval(true * 5, predicted * 5)
    assert once[0] < low < high < once[1]
    with pytest.raises(ValueError, match="0 labels"):
        uar_interval([], [])
