"""Fixtures: a model without a network, recordings for it, a page that serves it, and a browser."""

import gc
import shutil
import warnings

import numpy as np
import pytest
import soundfile
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from sersk import AudioLoader, FrontEnd, MelSpectrogramTransformer, make_emotional_speech

RATE = 8000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP evil.example 127.0.0.1",  # as in DNS rebinding
)


@pytest.fixture(scope="session")
def speech():
    """Synthetic clips of 2 s at 8 kHz."""
    return make_emotional_speech(
        4, 2, emotions=["anger", "sad"], duration=2.0, sample_rate=RATE, random_state=0
    )


@pytest.fixture(scope="session")
def model(speech):
    frontend = FrontEnd(
        [
            ("loader", AudioLoader(sample_rate=RATE, duration=2.0)),
            ("features", MelSpectrogramTransformer(sample_rate=RATE, n_mels=16, fmax=4000)),
        ]
    )
    pipeline = Pipeline(
        [
            ("frontend", frontend),
            ("mean", FunctionTransformer(np.mean, kw_args={"axis": 2})),
            ("classifier", LogisticRegression(max_iter=1000)),
        ]
    )
    return pipeline.fit(np.stack(speech.data), speech.target)


@pytest.fixture
def recordings(speech, tmp_path):
    """Return files by name: two valid recordings, the others hostile or unusable."""
    rng = np.random.default_rng(0)
    sounds = {
        "short": (speech.data[0], RATE),
        "long": (np.concatenate([*speech.data[:4], np.zeros(3 * RATE), speech.data[4]]), RATE),
        "silent": (np.zeros(RATE), RATE),
        "hiss": (rng.normal(scale=1e-3, size=2 * RATE), RATE),
        "click": (np.eye(1, 900)[0], RATE),
        "current": (np.full(RATE, 0.5), RATE),
        "too long": (rng.normal(scale=0.1, size=121 * RATE), RATE),
        "slow": (np.full(100, 0.1), 1),
    }
    files = {name: tmp_path / f"{name} запись.wav" for name in sounds}
    for name, (samples, rate) in sounds.items():
        soundfile.write(files[name], samples, rate)
    whole = files["short"].read_bytes()
    for name, content in {"text": b"no sound " * 99, "empty": b"", "cut": whole[:3000]}.items():
        files[name] = tmp_path / f"{name}.wav"
        files[name].write_bytes(content)
    return files


@pytest.fixture(scope="module")
def server(model):
    """A page on this machine. Modules that use it ignore Gradio's warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Gradio's, on import
        from sersk.demo import serve

        server = serve(model, "light.joblib")
    yield server
    server.close()
    assert not server.uploads.exists()
    del server
    # Closes Gradio's event loops and sockets.
    gc.collect()


@pytest.fixture(scope="module")
def chromium(speech, tmp_path_factory):
    """Chromium with a microphone that hears a synthetic voice."""
    from playwright.sync_api import sync_playwright

    voice = tmp_path_factory.mktemp("microphone") / "voice.wav"
    soundfile.write(voice, speech.data[0], RATE)
    microphone = (
        *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
        f"--use-file-for-fake-audio-capture={voice}",
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *microphone])
        yield browser
        browser.close()
