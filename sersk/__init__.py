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
    "ConfusionDisplay": "sersk.plotting",
    "DiscriminantClassifier": "sersk.classifiers.discriminant",
    "EmotionStream": "sersk.inference.streaming",
    "EvaluationReport": "sersk.evaluation",
    "FeatureNormalizer": "sersk.features.normalization",
    "FeatureStack": "sersk.features.stacking",
    "FeaturesDisplay": "sersk.plotting",
    "FrontEnd": "sersk.frontend",
    "FunctionalsTransformer": "sersk.features.functionals",
    "HighPassFilter": "sersk.audio.denoising",
    "MFCCTransformer": "sersk.features.mfcc",
    "MelSpectrogramTransformer": "sersk.features.mel",
    "PeakNormalizer": "sersk.audio.levels",
    "PitchTransformer": "sersk.features.pitch",
    "RMSNormalizer": "sersk.audio.levels",
    "ReliabilityDisplay": "sersk.plotting",
    "SpeakerNormalizer": "sersk.features.normalization",
    "SpeakersDisplay": "sersk.plotting",
    "SpectralSubtraction": "sersk.audio.denoising",
    "SpeechDetector": "sersk.audio.activity",
    "SpeechEmotionClassifier": "sersk.classifiers.neural",
    "StatelessTransformer": "sersk.base",
    "StreamResult": "sersk.inference.streaming",
    "Timeline": "sersk.inference",
    "TimelineDisplay": "sersk.plotting.timeline",
    "TrainingDisplay": "sersk.plotting",
    "ViewsDisplay": "sersk.plotting",
    "WaveformDisplay": "sersk.plotting",
    "as_views": "sersk.base",
    "check_leaks": "sersk.evaluation",
    "combine": "sersk.datasets",
    "cross_corpus": "sersk.evaluation",
    "describe_model": "sersk.persistence",
    "evaluate_speaker_independent": "sersk.evaluation",
    "expected_calibration_error": "sersk.metrics",
    "fetch_crema_d": "sersk.datasets",
    "fetch_emodb": "sersk.datasets",
    "fetch_ravdess": "sersk.datasets",
    "fetch_tess": "sersk.datasets",
    "has_views": "sersk.base",
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
    "plot_calibration": "sersk.plotting",
    "plot_confusion": "sersk.plotting",
    "plot_features": "sersk.plotting",
    "plot_learning_curve": "sersk.plotting",
    "plot_mel": "sersk.plotting",
    "plot_speakers": "sersk.plotting",
    "plot_training": "sersk.plotting",
    "plot_views": "sersk.plotting",
    "plot_waveform": "sersk.plotting",
    "predict_timeline": "sersk.inference",
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
