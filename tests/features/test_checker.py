"""All features keep the contract, and the checker finds violations of it."""

import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer

from sersk import (
    ChromaTransformer,
    FeatureStack,
    FunctionalsTransformer,
    MelSpectrogramTransformer,
    MFCCTransformer,
    PitchTransformer,
    SpectralTransformer,
    StatelessTransformer,
    WhisperEncoder,
)
from sersk.features import find_features
from sersk.testing import check_feature

OURS = {
    "mel": MelSpectrogramTransformer(),
    "mel with level": MelSpectrogramTransformer(ref=1.0, top_db=None, normalization=None),
    "mfcc": MFCCTransformer(delta=2),
    "mfcc not normalised": MFCCTransformer(normalization=None, fmax=None),
    "chroma": ChromaTransformer(),
    "chroma power": ChromaTransformer(normalization=None, n_fft=1024, hop_length=300),
    "pitch": PitchTransformer(),
    "functionals": FunctionalsTransformer(),
    "stack": FeatureStack([("mel", MelSpectrogramTransformer()), ("pitch", PitchTransformer())]),
    "spectral stack": FeatureStack(
        [("mel", MelSpectrogramTransformer()), ("mfcc", MFCCTransformer(n_fft=1024))]
    ),
}


@pytest.mark.parametrize("name", OURS)
def test_our_features_pass(name):
    check_feature(OURS[name])


def test_every_feature_is_checked():
    ours = {kind for kind in find_features().values() if kind.__module__.startswith("sersk.")}
    checked = {type(feature) for feature in OURS.values()} - {FeatureStack}
    assert ours == checked | {WhisperEncoder}  # this one in whisper/test_encoder.py


class Bands(SpectralTransformer):
    """A spectral feature that passes; classes below break one rule each."""

    def __init__(self, n_fft=512, hop_length=256):
        self.n_fft = n_fft
        self.hop_length = hop_length

    def frames(self, power):
        return np.stack([power[:, :20].sum(axis=1), power[:, 20:].sum(axis=1)])

    def finish(self, frames):
        return np.log10(frames + 1e-9)

    def get_feature_names_out(self, input_features=None):
        return np.array(["low", "high"], dtype=object)


class Level(StatelessTransformer):
    """A vector feature that passes."""

    output_kind = "vector"

    def transform_waveforms(self, X):
        return np.abs(X).max(axis=-1, keepdims=True)

    def get_feature_names_out(self, input_features=None):
        return np.array(["level"], dtype=object)


def test_user_features_pass():
    check_feature(Bands())
    check_feature(Level())


class ChangesItsParameters(Bands):
    def __init__(self, n_fft=512, hop_length=256):
        super().__init__(n_fft + 2, hop_length)


class HasNoOutputKind(Level):
    output_kind = None


class NeedsFit(Level):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = True
        return tags


class Double(Level):
    def transform_waveforms(self, X):
        return super().transform_waveforms(X).astype(float)


class DeclaresVectors(Bands):
    output_kind = "vector"


class NotFinite(Level):
    def transform_waveforms(self, X):
        return X[..., :1] * np.float32(np.inf)


class TooFewNames(Bands):
    def get_feature_names_out(self, input_features=None):
        return np.array(["low"], dtype=object)


class SameNames(Bands):
    def get_feature_names_out(self, input_features=None):
        return np.array(["low", "low"], dtype=object)


class LogOfSilence(Bands):
    def finish(self, frames):
        return np.log10(frames)


class ChangesItsInput(Level):
    def transform_waveforms(self, X):
        X[:] = 0
        return super().transform_waveforms(X)


class Learns(Level):
    def fit_waveforms(self, X):
        self.scale_ = 1 + np.nanmax(np.abs(X))

    def transform_waveforms(self, X):
        return super().transform_waveforms(X) / getattr(self, "scale_", np.float32(2))


class Counts(Level):
    def transform_waveforms(self, X):
        self.calls_ = getattr(self, "calls_", 0) + 1
        return super().transform_waveforms(X) * np.float32(self.calls_)


class DependsOnOtherClips(Level):
    def transform_waveforms(self, X):
        level = super().transform_waveforms(X)
        return level - np.nanmean(level)


class OrderMatters(Level):
    def transform_waveforms(self, X):
        level = super().transform_waveforms(X)
        return level * np.arange(1, 1 + len(X), dtype=np.float32).reshape(-1, *[1] * (X.ndim - 1))


class HidesNaN(Level):
    def transform_waveforms(self, X):
        return np.nanmax(np.nan_to_num(X), axis=-1, keepdims=True)


class RaisesOnNaN(Level):
    def transform_waveforms(self, X):
        if np.isnan(X).any():
            raise ValueError("no NaN, please")
        return super().transform_waveforms(X)


class SpreadsNaN(Level):
    def transform_waveforms(self, X):
        level = super().transform_waveforms(X)
        return np.full_like(level, np.nan) if np.isnan(level).any() else level


class TakesClipsOnly(Level):
    def transform_waveforms(self, X):
        _n_clips, _n_samples = X.shape
        return super().transform_waveforms(X)


class MixesViews(Level):
    def transform_waveforms(self, X):
        level = super().transform_waveforms(X)
        return level - level.mean(axis=1, keepdims=True) if X.ndim == 3 else level


class LosesTheMark(Level):
    def transform(self, X):
        return np.asarray(super().transform(X))


class Transposed(Bands):
    def frames(self, power):
        return super().frames(power).T


class DependsOnTheBlock(Bands):
    def frames(self, power):
        frames = super().frames(power)
        return frames / (1e-9 + frames.max())


class KeepsState(Bands):
    def finish(self, frames):
        if frames.shape[1] > 10 and frames.mean() > 1:
            self.hop_length, self.scale = self.hop_length, getattr(self, "scale", 0) + 1
        return super().finish(frames) * (1 + getattr(self, "scale", 0))


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (ChangesItsParameters(), "stores it unchanged"),
        (HasNoOutputKind(), "output_kind is None; expected: output_kind = 'frames'"),
        (NeedsFit(), "requires_fit is True"),
        (Double(), "gives float64; expected: an array of float32"),
        (DeclaresVectors(), r"gives shape \(5, 2, 87\).*'vector' stands for the shape"),
        (NotFinite(), "NaN or infinity for clips of ordinary sound"),
        (TooFewNames(), "1 different names for 2 rows; expected: one name for each row"),
        (SameNames(), "1 different names for 2 rows"),
        (LogOfSilence(), "a silent clip gives a warning: divide by zero.*add a small constant"),
        (ChangesItsInput(), "changes the waveforms that it is given"),
        (Learns(), "after fit on other clips"),
        (Counts(), "or the second time"),
        (DependsOnOtherClips(), "depend on the other clips of the batch"),
        (OrderMatters(), "equal to the bit in any batch and order"),
        (HidesNaN(), "features that are not NaN; expected: all features of that clip are NaN"),
        (RaisesOnNaN(), "raises ValueError: no NaN, please; expected: its features are NaN"),
        (SpreadsNaN(), "changes the features of other clips"),
        (TakesClipsOnly(), r"views of shape \(5, 2, 22050\) raise ValueError.*the last axis"),
        (MixesViews(), "not those of the same waveform as a clip"),
        (LosesTheMark(), "loses the mark of views.*as_views"),
        (Transposed(), r"frames\(\) gives shape \(87, 2\) for 87 frames; shape \(n_rows, 87\)"),
        (DependsOnTheBlock(), "other values for blocks.*belongs into finish"),
        (KeepsState(), "or the second time|features of overlapping windows"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_violations_of_the_contract_are_named(feature, message):
    error = ValueError if isinstance(feature, Transposed) else AssertionError
    with pytest.raises(error, match=message) as raised:
        check_feature(feature)
    assert str(raised.value).startswith(f"{type(feature).__name__}: ")


def test_a_transformer_of_another_kind_is_refused():
    with pytest.raises(AssertionError, match="output_kind is None"):
        check_feature(FunctionTransformer(np.abs))
