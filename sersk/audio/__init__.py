"""Sound: read it, check it, change it, and find speech in it. Features are in `sersk.features`.

The names are lazy: ``import sersk.audio`` loads no other package.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sersk.audio.activity import SpeechDetector
    from sersk.audio.answerable import UnanswerableClipWarning
    from sersk.audio.augmentation import AudioAugmenter
    from sersk.audio.clips import UnusableClipError, to_float
    from sersk.audio.denoising import HighPassFilter, SpectralSubtraction
    from sersk.audio.failures import CollectsFailures
    from sersk.audio.levels import PeakNormalizer, RMSNormalizer
    from sersk.audio.loading import AudioFileError, AudioFileWarning, AudioLoader
    from sersk.audio.reading import SoundBlocks, read_sound
    from sersk.audio.truncation import ClipTruncatedWarning
    from sersk.audio.unlike import UnlikeTrainingWarning

# public name -> the module that defines it
_HOME = {
    "AudioAugmenter": "augmentation",
    "AudioFileError": "loading",
    "AudioFileWarning": "loading",
    "AudioLoader": "loading",
    "ClipTruncatedWarning": "truncation",
    "CollectsFailures": "failures",
    "HighPassFilter": "denoising",
    "PeakNormalizer": "levels",
    "RMSNormalizer": "levels",
    "SoundBlocks": "reading",
    "SpectralSubtraction": "denoising",
    "SpeechDetector": "activity",
    "UnanswerableClipWarning": "answerable",
    "UnlikeTrainingWarning": "unlike",
    "UnusableClipError": "clips",
    "read_sound": "reading",
    "to_float": "clips",
}

__all__ = [
    "AudioAugmenter",
    "AudioFileError",
    "AudioFileWarning",
    "AudioLoader",
    "ClipTruncatedWarning",
    "CollectsFailures",
    "HighPassFilter",
    "PeakNormalizer",
    "RMSNormalizer",
    "SoundBlocks",
    "SpectralSubtraction",
    "SpeechDetector",
    "UnanswerableClipWarning",
    "UnlikeTrainingWarning",
    "UnusableClipError",
    "read_sound",
    "to_float",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"sersk.audio.{_HOME[name]}"), name)
        globals()[name] = value  # found without this function from now on
        return value
    raise AttributeError(f"module 'sersk.audio' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
