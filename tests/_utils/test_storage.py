"""Arrays on disk keep their values when their memory is released."""

import numpy as np
import pytest

from sersk._utils.storage import allocate, release


def test_released_values_are_still_there(tmp_path):
    array = allocate((1000, 100), "float32", tmp_path)
    array[:] = np.arange(100)
    release(array)
    release(array[10:20, ::2])
    np.testing.assert_array_equal(array, np.tile(np.arange(100, dtype=np.float32), (1000, 1)))


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_a_users_own_map_keeps_its_values(tmp_path, mode):
    np.save(tmp_path / "features.npy", np.arange(10_000))
    array = np.load(tmp_path / "features.npy", mmap_mode=mode)
    if mode != "r":
        array[5] = -1  # with mode "c" changes are in memory only
    release(np.asarray(array)[3:])
    assert array[5] == (5 if mode == "r" else -1)
    assert array[9_999] == 9_999


def test_memory_is_released(tmp_path):
    psutil = pytest.importorskip("psutil")
    array = allocate((64, 2**20), "float32", tmp_path)  # 256 MB
    array[:] = 1
    full = psutil.Process().memory_info().rss
    release(array)
    assert full - psutil.Process().memory_info().rss > 200 * 2**20
