"""The programs in the guide on exported models give the probabilities of the pipeline."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sersk import export_onnx

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
PAGE = (Path(__file__).parents[2] / "docs" / "guide" / "exports.md").read_text("utf-8")


def find_blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def folder(make_network, corpus, tmp_path_factory):
    """Return a folder with a model, a clip, and the probabilities of the pipeline."""
    folder = tmp_path_factory.mktemp("exports")
    model = make_network("transformer")
    export_onnx(model, folder / "model.onnx")
    soundfile.write(folder / "clip.wav", corpus.data[0], 16_000, subtype="PCM_16")
    expected = model.predict_proba([folder / "clip.wav"])[0]
    np.savez(folder / "expected.npz", proba=expected, classes=model.classes_)
    return folder


def read_expected(folder):
    with np.load(folder / "expected.npz") as file:
        return dict(zip(file["classes"].tolist(), file["proba"].tolist(), strict=True))


def test_python_without_sersk(folder):
    code = "import sys\nsys.modules['sersk'] = None\n" + find_blocks("py")[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    printed = dict(line.split(": ") for line in done.stdout.splitlines())
    expected = {label: f"{value:.3f}" for label, value in read_expected(folder).items()}
    assert printed == expected


def test_javascript(folder):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    known = subprocess.run([node, "-e", "require('onnxruntime-node')"], capture_output=True)
    if known.returncode:
        pytest.skip("the npm package onnxruntime-node is not found (set NODE_PATH)")
    (code,) = find_blocks("js")
    done = subprocess.run(
        [node, "-e", code, "model.onnx", "clip.wav"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = list(read_expected(folder).values())
    np.testing.assert_allclose(json.loads(done.stdout), expected, rtol=0, atol=1e-4)
