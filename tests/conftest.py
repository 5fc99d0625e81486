"""Fixtures: folders of real recordings, a small model, and features without sound."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

# A shell starts background processes with Ctrl-C ignored, and the tested commands would inherit
# that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_DATA = Path(os.environ.get("SERSK_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data_path() -> Path:
    """Return the folder of real recordings; skip the test if there is none."""
    if not (_DATA / "ravdess").is_dir():
        pytest.skip(f"the real recordings are not in {_DATA} (set SERSK_DATA)")
    return _DATA


@pytest.fixture(scope="session")
def ravdess_path(data_path: Path) -> Path:
    return data_path / "ravdess"


@pytest.fixture(scope="session")
def urdu_path(data_path: Path) -> Path:
    return data_path / "urdu"


@pytest.fixture(scope="session")
def listings_path(data_path: Path) -> Path:
    return data_path / "listings"


@pytest.fixture
def encode(monkeypatch):
    """Return a function that makes the bytes of a media file; skip the test without PyAV."""
    pytest.importorskip("av", reason="PyAV is not installed (the extra media)")
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    from fuzzing.media import encode

    return encode


@pytest.fixture(scope="session")
def small_model():
    """A small network for clips of 2 s at 16 kHz, fitted in seconds on synthetic speech."""
    from sersk import MelSpectrogramTransformer, make_emotional_speech, make_ser_pipeline

    corpus = make_emotional_speech(2, 2, duration=2.0, sample_rate=16_000, random_state=0)
    pipeline = make_ser_pipeline(
        features=MelSpectrogramTransformer(n_fft=1024, hop_length=256, n_mels=40),
        augmentation=False,
        sample_rate=16_000,
        duration=2.0,
        epochs=4,
        early_stopping_patience=None,
        model__filters=(8, 16),
        model__dense_units=(),
        model__dropout=0.0,
        model__momentum=0.9,
        random_state=0,
    )
    return pipeline.fit(corpus.data, corpus.target)


@pytest.fixture
def speech():
    """Return X, y, groups without sound: 8 speakers, 3 emotions, 6 clips each."""
    rng = np.random.default_rng(0)
    y = np.tile(np.repeat(["anger", "calm", "sad"], 6), 8)
    groups = np.repeat([f"S{i}" for i in range(8)], 18)
    centres = {"anger": (1.5, 0), "calm": (0, 1.5), "sad": (-1, -1)}
    X = np.array([centres[label] for label in y]) + rng.normal(size=(len(y), 2))
    return X + np.repeat(rng.normal(scale=0.5, size=(8, 2)), 18, axis=0), y, groups
