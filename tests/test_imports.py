"""Importing sersk is cheap: what is heavy comes with the first use of it."""

import subprocess
import sys

import pytest

import sersk


def modules_after(code):
    """Return the names of the modules that `-X importtime` reports for the code."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True
    )
    return {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line}


def test_import_sersk_is_light():
    modules = modules_after("import sersk")
    assert "sersk" in modules
    assert not modules & {"tensorflow", "keras", "matplotlib", "numba", "librosa", "sklearn"}


def test_sound_and_corpora_need_no_tensorflow():
    code = (
        "from sersk import AudioAugmenter, AudioLoader, FrontEnd, MelSpectrogramTransformer, "
        "HighPassFilter, PeakNormalizer, RMSNormalizer, SpectralSubtraction, "
        "load_ravdess, load_audio_folder, make_emotional_speech, FeaturesDisplay, "
        "TrainingDisplay, ViewsDisplay, WaveformDisplay"
    )
    assert not modules_after(code) & {"tensorflow", "keras", "matplotlib", "numba"}


def test_the_recommended_pipeline_needs_no_tensorflow():
    code = "from sersk import make_ser_pipeline; make_ser_pipeline(preset='recommended')"
    assert not modules_after(code) & {"tensorflow", "keras", "matplotlib"}


def test_evaluating_any_classifier_needs_neither_tensorflow_nor_matplotlib():
    code = "from sersk import cross_corpus, evaluate_speaker_independent"
    assert not modules_after(code) & {"tensorflow", "keras", "matplotlib", "numba"}


def test_names():
    assert set(sersk.__all__) <= set(dir(sersk))
    for name in sersk.__all__:
        assert getattr(sersk, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'make_soup'"):
        sersk.make_soup  # noqa: B018
