"""The service in the guide on servers answers uploads, and loads its model once."""

import io
import re
import sys
import types
from pathlib import Path

import pytest
import soundfile

from sersk import make_emotional_speech, make_ser_pipeline, save_model

PAGE = Path(__file__).parents[1] / "docs" / "guide" / "serving.md"


def test_the_service_of_the_guide(tmp_path, monkeypatch):
    for package in ("fastapi", "httpx", "python_multipart"):  # the web extra brings them
        pytest.importorskip(package)
    from fastapi.testclient import TestClient

    corpus = make_emotional_speech(2, 2, duration=0.5, sample_rate=8000, random_state=0)
    pipeline = make_ser_pipeline(
        preset="functionals", sample_rate=8000, duration=0.5, augmentation=False
    )
    path = save_model(pipeline.fit(corpus.data, corpus.target), tmp_path / "model.sersk")
    monkeypatch.setenv("SERSK_MODEL", str(path))
    (code,) = re.findall(r"^```py\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    # as a module: FastAPI looks up annotations there
    monkeypatch.setitem(sys.modules, "service", service := types.ModuleType("service"))
    exec(compile(code, "service.py", "exec"), vars(service))
    sound = io.BytesIO()
    soundfile.write(sound, corpus.data[0], 8000, format="FLAC")
    with TestClient(service.app) as client:
        answer = client.post("/emotion", files={"clip": ("a.flac", sound.getvalue())})
        refused = client.post("/emotion", files={"clip": ("b.wav", b"no sound")})
    assert answer.status_code == 200
    assert list(answer.json()) == list(pipeline.classes_)
    assert sum(answer.json().values()) == pytest.approx(1)
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("b.wav can't be used: ")
