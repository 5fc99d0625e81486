"""The service in the guide on servers answers uploads, and loads its model once."""

import io
import re
import subprocess
import sys
import tomllib
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
        health = client.get("/health")
    assert answer.status_code == 200
    assert list(answer.json()) == list(pipeline.classes_)
    assert sum(answer.json().values()) == pytest.approx(1)
    assert health.json() == {"emotions": list(pipeline.classes_)}
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("b.wav can't be used: ")


WITHOUT_TENSORFLOW = """\
import sys
import tomllib
for package in ("tensorflow", "keras", "scikeras", "matplotlib"):
    sys.modules[package] = None
from sersk import load_model, make_emotional_speech, make_ser_pipeline, save_model
corpus = make_emotional_speech(2, 1, duration=0.5, sample_rate=8000, random_state=0)
options = {"sample_rate": 8000, "duration": 0.5, "augmentation": False}
model = make_ser_pipeline(preset="functionals", **options)
path = save_model(model.fit(corpus.data, corpus.target), sys.argv[1])
print(load_model(path).predict(corpus.data[:1])[0])
try:
    make_ser_pipeline()
except ImportError as error:
    print(error)
"""


def test_the_dependencies_that_the_page_leaves_out_are_not_needed(tmp_path):
    (listed,) = re.findall(r"^```text\n(numpy.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.M)
    needed = {re.split(r"[>=<\[;]", line)[0] for line in listed.split()}
    project = tomllib.loads((PAGE.parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.split(r"[>=<\[; ]", line)[0] for line in project["dependencies"]}
    left_out = {"tensorflow", "keras", "scikeras", "matplotlib", "numba"}  # librosa brings numba
    assert declared - left_out == needed - {"fastapi", "uvicorn", "python-multipart"}
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, str(tmp_path / "model.sersk")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    label, problem = done.stdout.splitlines()[:2]
    assert label
    assert "tensorflow" in problem or "keras" in problem
