"""The public names of `sersk.audio` are loaded lazily."""

import subprocess
import sys

import pytest

import sersk.audio


def test_every_name_exists_and_is_public():
    assert sersk.audio.__all__ == sorted(sersk.audio._HOME)
    for name in sersk.audio.__all__:
        assert getattr(sersk.audio, name).__module__ == f"sersk.audio.{sersk.audio._HOME[name]}"
        assert name in dir(sersk.audio)
    with pytest.raises(AttributeError, match=r"'sersk\.audio' has no attribute 'AudioLoder'"):
        sersk.audio.AudioLoder  # noqa: B018


def test_import_loads_nothing():
    heavy = "sklearn", "scipy", "joblib", "soundfile", "soxr", "numba", "librosa", "tensorflow"
    code = f"import sys, sersk.audio; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
