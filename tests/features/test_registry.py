"""A new feature is one file of the package, or one decorated class outside of it."""

import sys

import numpy as np
import pytest

import sersk.features
from sersk import SpectralTransformer, make_emotional_speech, make_ser_pipeline
from sersk.features import find_features, register_feature
from sersk.features import registry as registry_module
from sersk.testing import check_feature

FILE = """
import numpy as np

from sersk.features.registry import register_feature
from sersk.features.spectral import SpectralTransformer


@register_feature("log")
class LogSpectrogramTransformer(SpectralTransformer):
    def __init__(self, sample_rate=22050, *, n_fft=256, hop_length=512):
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length

    def frames(self, power):
        return 10 * np.log10(power.T + 1e-10)

    def get_feature_names_out(self, input_features=None):
        return np.array([f"bin{i}" for i in range(self.n_used_bins)], dtype=object)
"""


def is_ours(kind):
    return kind.__module__.startswith("sersk.features.")


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    # without the features that documentation and docstrings register
    known = {name: kind for name, kind in find_features().items() if is_ours(kind)}
    monkeypatch.setattr(registry_module, "_registered", known)
    yield known
    sys.modules.pop("sersk.features.log", None)
    vars(sersk.features).pop("log", None)


def test_features_of_the_package_are_found():
    assert list(find_features()) == ["chroma", "functionals", "mel", "mfcc", "pitch", "whisper"]


def test_a_new_feature_is_one_file(tmp_path, monkeypatch):
    (tmp_path / "log.py").write_text(FILE)
    monkeypatch.setattr(sersk.features, "__path__", [*sersk.features.__path__, str(tmp_path)])
    pipeline = make_ser_pipeline(
        features="log", sample_rate=16_000, duration=1.0, augmentation=False
    )
    assert pipeline["frontend"]["features"].sample_rate == 16_000
    clips = make_emotional_speech(1, 1, emotions=("sad",), sample_rate=16_000).data
    assert pipeline["frontend"].fit_transform(clips).shape == (len(clips), 129, 32)
    check_feature(find_features()["log"]())
    with pytest.raises(ValueError, match=r"'logs' is none of .*'log', .*, nor a transformer"):
        make_ser_pipeline(features="logs")
    with pytest.raises(ValueError, match=r"classifier='discriminant'.*LogSpectrogramTransformer"):
        make_ser_pipeline("discriminant", features="log")


def test_a_feature_outside_of_the_package(registered):
    @register_feature("ones")
    class Ones(SpectralTransformer):
        def __init__(self, n_fft=512, hop_length=256):
            self.n_fft = n_fft
            self.hop_length = hop_length

        def frames(self, power):
            return np.ones((1, len(power)), np.float32)

    assert find_features()["ones"] is Ones
    assert isinstance(make_ser_pipeline(features="ones")["frontend"].steps[-1][1], Ones)


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="'mel' is the name of MelSpectrogramTransformer already"):

        @register_feature("mel")
        class Melody(SpectralTransformer):
            pass

    for _ in range(2):  # as a cell of a notebook that is run again

        @register_feature("again")
        class Again(SpectralTransformer):
            pass

    assert find_features()["again"] is Again
