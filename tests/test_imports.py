"""Importing sersk is cheap: heavy modules are imported at the first use of a name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import sersk
import sersk.datasets

ROOT = Path(__file__).parents[1]


def modules_after(code):
    """Return the names of the modules that are loaded after the code has run."""
    code += "\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("code", ["import sersk", "import sersk; dir(sersk)"])
def test_import_sersk_is_light(code):
    modules = modules_after(code)
    assert "sersk" in modules
    heavy = {"tensorflow", "keras", "matplotlib", "numba", "librosa", "sklearn", "numpy", "pandas"}
    assert not modules & heavy


def test_the_registry_of_corpora_and_the_command_line_are_light():
    modules = modules_after("import sersk.cli; from sersk.datasets import find_corpora")
    assert "sersk.datasets.ravdess" in modules
    assert not modules & {"tensorflow", "sklearn", "numpy", "pandas"}


def test_sound_and_corpora_need_no_tensorflow():
    code = (
        "from sersk import AudioAugmenter, AudioLoader, FrontEnd, MelSpectrogramTransformer, "
        "HighPassFilter, PeakNormalizer, RMSNormalizer, SpectralSubtraction, "
        "load_ravdess, load_audio_folder, make_emotional_speech, FeaturesDisplay, "
        "TrainingDisplay, ViewsDisplay, WaveformDisplay"
    )
    assert not modules_after(code) & {"tensorflow", "keras", "matplotlib", "numba"}


def test_the_functionals_preset_needs_no_tensorflow():
    code = "from sersk import make_ser_pipeline; make_ser_pipeline(preset='functionals')"
    assert not modules_after(code) & {"tensorflow", "keras", "matplotlib", "torch"}


def test_an_answer_of_a_ready_model_imports_what_it_needs_and_no_more():
    modules = modules_after(
        "import numpy as np; from sersk import load_default_model\n"
        "load_default_model().predict([np.random.default_rng(0).normal(0, 0.1, 44100)])"
    )
    assert "sersk.features.functionals" in modules
    heavy = {"tensorflow", "keras", "scikeras", "matplotlib", "numba", "librosa", "torch"}
    assert not modules & (heavy | {"skops", "typer", "av"})
    others = {"cli", "datasets", "evaluation", "plotting", "inference", "features.pretrained"}
    assert not modules & {f"sersk.{room}" for room in others}


def test_evaluating_any_classifier_needs_neither_tensorflow_nor_matplotlib():
    code = "from sersk import cross_corpus, evaluate_speaker_independent"
    assert not modules_after(code) & {"tensorflow", "keras", "matplotlib", "numba"}


@pytest.mark.parametrize("module", [sersk, sersk.datasets], ids=["sersk", "sersk.datasets"])
def test_names(module):
    assert set(module.__all__) <= set(dir(module))
    for name in module.__all__:
        assert getattr(module, name).__name__ == name if name != "VOCABULARY" else True
    with pytest.raises(AttributeError, match="no attribute 'make_soup'"):
        module.make_soup  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'load_soup'"):
        module.load_soup  # noqa: B018


USER = """\
from sersk import (
    AudioLoader,
    ConfusionDisplay,
    EvaluationReport,
    __version__,
    combine,
    fetch_tess,
    load_ravdess,
    make_ser_pipeline,
)
from sersk.datasets import Corpus, register_corpus

reveal_type(AudioLoader(sample_rate=16_000))
reveal_type(ConfusionDisplay)
reveal_type(EvaluationReport)
reveal_type(__version__)
reveal_type(combine)
reveal_type(fetch_tess)
reveal_type(load_ravdess)
reveal_type(make_ser_pipeline)
reveal_type(register_corpus)
load_ravdess(1)
load_soup("folder")
"""


@pytest.mark.slow
def test_a_type_checker_sees_the_types_of_public_names(tmp_path):
    pytest.importorskip("mypy", reason="mypy is not installed")
    (tmp_path / "user.py").write_text(USER, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "user.py"),
            *("--config-file", os.devnull, "--cache-dir", str(tmp_path / "cache")),
            *("--ignore-missing-imports", "--follow-imports", "silent"),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
    )
    revealed = re.findall(r'Revealed type is "(.*)"', done.stdout)
    assert len(revealed) == USER.count("reveal_type"), done.stdout
    loader, display, report, version, combine, fetch, load, make, register = revealed
    assert loader == "sersk.audio.loading.AudioLoader"
    assert display.startswith("def (")
    assert display.endswith("ConfusionDisplay")
    assert report.startswith("def (")
    assert report.endswith("EvaluationReport")
    assert version.endswith("str")
    assert combine.startswith("def (*corpora")
    assert fetch.startswith("def (data_home: ")
    assert load.startswith("def (path: ")
    assert make.startswith("def (")
    assert register == "def (corpus: sersk.datasets.corpus.Corpus) -> sersk.datasets.corpus.Corpus"
    assert 'user.py:22: error: Argument 1 has incompatible type "int"' in done.stdout
    assert 'Name "load_soup" is not defined' in done.stdout


def test_types_are_published():
    assert (ROOT / "sersk" / "py.typed").is_file()


def test_an_answer_of_functionals_waits_for_no_module_that_it_does_not_use(tmp_path):
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, np.random.default_rng(0).normal(scale=0.1, size=22_050), 22_050)
    code = f"from sersk import load_default_model; load_default_model().predict([{str(clip)!r}])"
    heavy = {"tensorflow", "matplotlib", "numba", "scipy.signal", "skops", "requests", "pooch"}
    assert not modules_after(code) & heavy
