"""Features of clips: over time (mel, MFCC, chroma, pitch) and vectors (functionals, encoders).

A new feature is one new file: a class decorated with `register_feature`.
"""

from typing import TYPE_CHECKING

import lazy_loader

from sersk.features.chroma import ChromaTransformer
from sersk.features.functionals import FunctionalsTransformer
from sersk.features.incremental import RunningFeatures, is_incremental
from sersk.features.mel import MelSpectrogramTransformer
from sersk.features.mfcc import MFCCTransformer
from sersk.features.normalization import FeatureNormalizer, SpeakerNormalizer
from sersk.features.pitch import PitchTransformer
from sersk.features.registry import find_features, register_feature
from sersk.features.spectral import SpectralTransformer
from sersk.features.stacking import FeatureStack

if TYPE_CHECKING:
    from sersk.features.pretrained import PretrainedEncoder
    from sersk.features.whisper import WhisperEncoder, download_whisper

# Encoders are 30 modules, which a model without one does not need.
__getattr__, _dir, _lazy = lazy_loader.attach(
    __name__,
    submod_attrs={
        "pretrained": ["PretrainedEncoder"],
        "whisper": ["WhisperEncoder", "download_whisper"],
    },
)

__all__ = [
    "ChromaTransformer",
    "FeatureNormalizer",
    "FeatureStack",
    "FunctionalsTransformer",
    "MFCCTransformer",
    "MelSpectrogramTransformer",
    "PitchTransformer",
    "PretrainedEncoder",
    "RunningFeatures",
    "SpeakerNormalizer",
    "SpectralTransformer",
    "WhisperEncoder",
    "download_whisper",
    "find_features",
    "is_incremental",
    "register_feature",
]
