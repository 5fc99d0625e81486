"""Pictures of sound: the one STFT and the features made from it.

A new feature is one new file and one line in `FEATURES`.
"""

from sersk.features.chroma import ChromaTransformer
from sersk.features.functionals import FunctionalsTransformer
from sersk.features.incremental import RunningFeatures, is_incremental
from sersk.features.mel import MelSpectrogramTransformer
from sersk.features.mfcc import MFCCTransformer
from sersk.features.normalization import FeatureNormalizer, SpeakerNormalizer
from sersk.features.pitch import PitchTransformer
from sersk.features.spectral import SpectralTransformer
from sersk.features.stacking import FeatureStack

# the name that make_ser_pipeline(features=...) takes -> the transformer's class
FEATURES = {
    "mel": MelSpectrogramTransformer,
    "mfcc": MFCCTransformer,
    "chroma": ChromaTransformer,
    "pitch": PitchTransformer,
    "functionals": FunctionalsTransformer,
}

__all__ = [
    "FEATURES",
    "ChromaTransformer",
    "FeatureNormalizer",
    "FeatureStack",
    "FunctionalsTransformer",
    "MFCCTransformer",
    "MelSpectrogramTransformer",
    "PitchTransformer",
    "RunningFeatures",
    "SpeakerNormalizer",
    "SpectralTransformer",
    "is_incremental",
]
