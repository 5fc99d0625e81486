"""Fixtures: the command in this process, a small corpus, and a model without a network."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from typer.testing import CliRunner

from sersk import (
    AudioLoader,
    FrontEnd,
    MelSpectrogramTransformer,
    make_emotional_speech,
    save_model,
)
from sersk.cli import app

SAMPLE_RATE = 8000


@pytest.fixture(scope="session")
def sersk():
    """Return a function that runs the command: result with stdout, stderr and exit_code."""

    def run(*arguments, stdin=None):
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture(scope="session")
def small():
    """Return options for training in a second or two, and for the speakers in `corpus_folder`."""
    return (
        *("--epochs", "1", "--filters", "2,4", "--no-augmentation"),
        *("--duration", "1.0", "--sample-rate", str(SAMPLE_RATE)),
        # eagerly, because tracing a graph takes longer than an epoch of these clips
        *("--set", "classifier__run_eagerly=True"),
        *("--set", "classifier__model__dense_units=()", "--speaker", r"(synthetic-\d+)"),
    )


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory):
    """Four speakers, two emotions, two clips each: a folder an emotion, with non-ASCII names."""
    root = tmp_path_factory.mktemp("записи") / "мой голос 声"
    corpus = make_emotional_speech(
        4, 2, emotions=["anger", "sad"], duration=1.0, sample_rate=SAMPLE_RATE, random_state=0
    )
    for i, (clip, row) in enumerate(zip(corpus.data, corpus.frame.itertuples(), strict=True)):
        folder = root / row.emotion
        folder.mkdir(exist_ok=True, parents=True)
        soundfile.write(folder / f"{row.speaker} дубль_{i:02d}.wav", clip, SAMPLE_RATE)
    return root


@pytest.fixture(scope="session")
def light_model(corpus_folder, tmp_path_factory):
    """The file of a pipeline without a network."""
    files = sorted(map(str, corpus_folder.rglob("*.wav")))
    frontend = FrontEnd(
        [
            ("loader", AudioLoader(sample_rate=SAMPLE_RATE, duration=1.0)),
            ("features", MelSpectrogramTransformer(sample_rate=SAMPLE_RATE, n_mels=16, fmax=4000)),
        ]
    )
    pipeline = Pipeline(
        [
            ("frontend", frontend),
            # NumPy's function, so that another process can load the file
            ("mean", FunctionTransformer(np.mean, kw_args={"axis": 2})),
            ("classifier", LogisticRegression(max_iter=1000)),
        ]
    )
    pipeline.fit(files, [Path(file).parent.name for file in files])
    path = save_model(pipeline, tmp_path_factory.mktemp("модель") / "light model.sersk")
    return SimpleNamespace(path=path, pipeline=pipeline, files=files)
