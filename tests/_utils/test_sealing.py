"""Model files whose content is not what was written are refused before they are unpickled."""

import joblib
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from sersk import load_model, save_model


@pytest.fixture
def file(tmp_path):
    model = DummyClassifier(strategy="stratified", random_state=0)
    model.weights_ = np.arange(5_000.0)
    return save_model(model.fit([[0], [0]], ["anger", "sad"]), tmp_path / "model.joblib")


def test_a_sealed_file_is_still_a_joblib_file(file):
    assert joblib.load(file).predict([[0]]) == load_model(file, allow_pickle=True).predict([[0]])
    np.testing.assert_array_equal(load_model(file, allow_pickle=True).weights_, np.arange(5_000.0))


@pytest.mark.parametrize("place", [5, 1_000, 20_000, 39_000])
def test_one_flipped_bit_anywhere_is_found_and_named(file, place):
    content = bytearray(file.read_bytes())
    assert len(content) > 40_000
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.joblib' is damaged"):
        load_model(file, allow_pickle=True)


def test_a_file_of_joblib_has_no_seal_and_loads(file):
    joblib.dump(load_model(file, allow_pickle=True), file)
    assert load_model(file, allow_pickle=True).classes_.tolist() == ["anger", "sad"]


def test_what_takes_too_much_memory_is_named(tmp_path):
    path = tmp_path / "promises.joblib"
    path.write_bytes(b"\x80\x05\x96" + (2**60).to_bytes(8, "little") + b"x.")  # a bytearray
    with pytest.raises(MemoryError, match=r"promises\.joblib"):
        load_model(path, allow_pickle=True)
