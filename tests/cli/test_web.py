"""`sersk demo --web` from the command line; tests/demo has the tests of the page."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest


def test_without_gradio_the_error_says_how_to_install_it(sersk, monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = sersk("demo", "--web", "-o", tmp_path / "demo")
    assert result.exit_code == 1
    assert "pip install 'sersk[web]'" in result.stderr
    assert not (tmp_path / "demo").exists()  # refused before anything is trained


def test_a_model_without_web_is_a_usage_error(sersk, light_model):
    assert sersk("demo", "--model", light_model.path).exit_code == 2


@pytest.mark.skipif(
    os.name != "posix" or importlib.util.find_spec("gradio") is None, reason="needs Gradio"
)
@pytest.mark.parametrize(("ends", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_it_serves_until_interrupted(light_model, tmp_path, ends, code):
    command = [sys.executable, "-m", "sersk", "demo", "--web", "--model", str(light_model.path)]
    command += ["--allowed-host", "voice.example"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    try:
        told = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", told)
        assert address, process.stderr.read()
        request = urllib.request.Request(address[0], headers={"Host": "voice.example"})
        with urllib.request.urlopen(request, timeout=30) as response:
            assert response.status == 200
        assert len([*tmp_path.glob("sersk-web-*")]) == 1
        process.send_signal(getattr(signal, ends))
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == code
    assert "Traceback" not in stderr
    assert [*tmp_path.glob("sersk-web-*")] == []
