"""Features that a pipeline keeps: damaged files, other versions, a folder that can't be written."""

import numpy as np
import pytest

from sersk import make_emotional_speech, make_ser_pipeline
from sersk._utils import caching
from sersk._utils.caching import FeatureCache


@pytest.fixture
def counted(tmp_path):
    """A function whose calls are counted, with its cache."""
    calls = []

    def double(x, *, told=None):
        calls.append(x)
        return 2 * x, {"told": told}

    return FeatureCache(tmp_path / "cache").cache(double, ignore=["told"]), calls


def test_a_result_is_computed_once(counted):
    double, calls = counted
    X = np.arange(5.0)
    first = double(X, told="me")
    again = double(X.copy(), told="you")
    np.testing.assert_array_equal(again[0], first[0])
    assert again[1] == {"told": "me"}
    assert len(calls) == 1
    double(X + 1)
    assert len(calls) == 2


@pytest.mark.parametrize("at", [0, 0.5, 0.9])
def test_a_damaged_file_is_computed_anew(counted, tmp_path, at):
    double, calls = counted
    X = np.arange(500.0)
    double(X)
    (file,) = (tmp_path / "cache").iterdir()
    content = bytearray(file.read_bytes())
    content[int(at * len(content))] ^= 1
    file.write_bytes(content)
    np.testing.assert_array_equal(double(X)[0], 2 * X)
    assert len(calls) == 2
    file.write_bytes(content[: len(content) // 2])
    np.testing.assert_array_equal(double(X)[0], 2 * X)
    assert len(calls) == 3


def test_features_of_another_version_are_computed_anew(counted, monkeypatch):
    double, calls = counted
    double(1)
    monkeypatch.setattr(caching, "find_versions", lambda: {"sersk": "0.0.0"})
    double(1)
    assert len(calls) == 2


def test_a_folder_that_can_not_be_made_costs_a_warning(tmp_path):
    (tmp_path / "file").touch()
    cached = FeatureCache(tmp_path / "file" / "cache").cache(len)
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"can't be kept in '.*cache', .*: Not a directory"):
            assert cached("ab") == 2


def test_what_can_not_be_pickled_is_not_kept(tmp_path):
    cached = FeatureCache(tmp_path).cache(lambda: lambda: 1)
    with pytest.warns(UserWarning, match="can't be kept"):
        assert cached()() == 1
    assert list(tmp_path.iterdir()) == []


def test_a_second_fit_of_a_pipeline_finds_the_features_of_the_first(tmp_path):
    corpus = make_emotional_speech(2, 1, duration=0.5, random_state=0)
    model = make_ser_pipeline(
        preset="functionals", duration=0.5, augmentation=False, memory=str(tmp_path / "cache")
    )
    for _ in range(2):
        model.fit(corpus.data, corpus.target)
        assert len(list((tmp_path / "cache").iterdir())) == 1
