"""Normalisation by the clips of a corpus or of a speaker, as a step after the front end.

The normalisation of each clip by itself is a parameter of the features.
"""

from sersk.features.normalization.corpus import FeatureNormalizer
from sersk.features.normalization.speaker import SpeakerNormalizer

__all__ = ["FeatureNormalizer", "SpeakerNormalizer"]
