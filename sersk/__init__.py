"""Speech emotion recognition as ordinary scikit-learn.

Only names live here, and they are lazy: ``import sersk`` loads neither TensorFlow, nor
matplotlib, nor numba, nor scikit-learn; the first use of a name loads what it needs.
"""

from importlib import import_module
from importlib.metadata import version as _version
from typing import Any

# public name -> the module that defines it
_HOME = {
    "AudioAugmenter": "sersk.audio.augmentation",
    "AudioLoader": "sersk.audio.loading",
    "ChromaTransformer": "sersk.features.chroma",
    "ConfusionDisplay": "sersk.evaluation",
    "DiscriminantClassifier": "sersk.discriminant",
    "EmotionStream": "sersk.streaming",
    "EvaluationReport": "sersk.evaluation",
    "FeatureNormalizer": "sersk.features.normalization",
    "FeatureStack": "sersk.features.stacking",
    "FeaturesDisplay": "sersk.pictures",
    "FrontEnd": "sersk.frontend",
    "FunctionalsTransformer": "sersk.features.functionals",
    "HighPassFilter": "sersk.audio.denoising",
    "MFCCTransformer": "sersk.features.mfcc",
    "MelSpectrogramTransformer": "sersk.features.mel",
    "PeakNormalizer": "sersk.audio.levels",
    "PitchTransformer": "sersk.features.pitch",
    "RMSNormalizer": "sersk.audio.levels",
    "ReliabilityDisplay": "sersk.evaluation",
    "SpeakerNormalizer": "sersk.features.normalization",
    "SpeakersDisplay": "sersk.evaluation",
    "SpectralSubtraction": "sersk.audio.denoising",
    "SpeechDetector": "sersk.audio.activity",
    "SpeechEmotionClassifier": "sersk.classifier",
    "StatelessTransformer": "sersk._base",
    "StreamResult": "sersk.streaming",
    "Timeline": "sersk.timeline",
    "TimelineDisplay": "sersk.timeline",
    "TrainingDisplay": "sersk.pictures",
    "ViewsDisplay": "sersk.pictures",
    "WaveformDisplay": "sersk.pictures",
    "as_views": "sersk._base",
    "check_leaks": "sersk.evaluation",
    "combine": "sersk.datasets",
    "cross_corpus": "sersk.evaluation",
    "describe_model": "sersk.persistence",
    "evaluate_speaker_independent": "sersk.evaluation",
    "expected_calibration_error": "sersk.evaluation",
    "fetch_crema_d": "sersk.datasets",
    "fetch_emodb": "sersk.datasets",
    "fetch_ravdess": "sersk.datasets",
    "fetch_tess": "sersk.datasets",
    "has_views": "sersk._base",
    "load_audio_folder": "sersk.datasets",
    "load_crema_d": "sersk.datasets",
    "load_emodb": "sersk.datasets",
    "load_model": "sersk.persistence",
    "load_published_corpus": "sersk.datasets",
    "load_ravdess": "sersk.datasets",
    "load_savee": "sersk.datasets",
    "load_tess": "sersk.datasets",
    "make_emotional_speech": "sersk.datasets",
    "make_ser_pipeline": "sersk.pipeline",
    "plot_calibration": "sersk.evaluation",
    "plot_confusion": "sersk.evaluation",
    "plot_features": "sersk.pictures",
    "plot_learning_curve": "sersk.evaluation",
    "plot_mel": "sersk.pictures",
    "plot_speakers": "sersk.evaluation",
    "plot_training": "sersk.pictures",
    "plot_views": "sersk.pictures",
    "plot_waveform": "sersk.pictures",
    "predict_timeline": "sersk.timeline",
    "save_model": "sersk.persistence",
}

__all__ = sorted(_HOME)
__version__ = _version("sersk")


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value  # next time without this function
        return value
    raise AttributeError(f"module 'sersk' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
