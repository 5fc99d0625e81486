"""Models by name, from a server that takes the place of the Hugging Face hub."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

reason = "PyTorch or transformers is not installed (pip install sersk[encoders])"
pytest.importorskip("torch", reason=reason)
pytest.importorskip("transformers", reason=reason)

from sersk import PretrainedEncoder  # noqa: E402

COMMIT = "0123456789" * 4
X = np.random.default_rng(0).normal(scale=0.1, size=(2, 9_000)).astype(np.float32)


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer(send=False)

    def do_GET(self):
        self.answer(send=True)

    def answer(self, send):
        server = self.server
        server.asked.append((self.command, self.path))
        folder, name = server.folder, self.path.rpartition("/")[2]
        if self.path.startswith("/api/models/me/small"):
            if "/revision/" in self.path and not self.path.endswith(("/main", COMMIT)):
                self.refuse("RevisionNotFound")
                return
            siblings = [{"rfilename": file.name} for file in sorted(folder.iterdir())]
            facts = {"id": "me/small", "modelId": "me/small", "sha": COMMIT, "siblings": siblings}
            if "/tree/" in self.path:
                facts = [
                    {"type": "file", "path": f.name, "size": f.stat().st_size, "oid": "0" * 40}
                    for f in sorted(folder.iterdir())
                ]
            content = json.dumps(facts).encode()
        elif self.path.startswith("/me/small/resolve/") and (folder / name).is_file():
            content = (folder / name).read_bytes()
        else:
            self.refuse("RepoNotFound")
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/json")
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if send:
            self.wfile.write(content)

    def refuse(self, code):
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def hub(monkeypatch, tmp_path, find_model):
    """A server that has the repository "me/small", and an empty cache."""
    from huggingface_hub import constants

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.folder, server.asked = tmp_path / "repository", []
    server.folder.mkdir()
    for file in find_model("wav2vec2 base").iterdir():
        (server.folder / file.name).write_bytes(file.read_bytes())
    (server.folder / "pytorch_model.bin").write_bytes(b"a pickle")
    (server.folder / "modeling.py").write_bytes(b"raise SystemExit")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_name_is_downloaded_once(hub, find_model, tmp_path):
    expected = PretrainedEncoder(find_model("wav2vec2 base")).fit_transform(X)
    encoder = PretrainedEncoder("me/small")
    np.testing.assert_array_equal(encoder.fit_transform(X), expected)
    sent = {path.rpartition("/")[2] for kind, path in hub.asked if "/resolve/" in path}
    assert sent == {"config.json", "preprocessor_config.json", "model.safetensors"}
    hub.asked.clear()
    np.testing.assert_array_equal(encoder.fit_transform(X), expected)
    pinned = PretrainedEncoder("me/small", revision=COMMIT)
    np.testing.assert_array_equal(pinned.fit_transform(X), expected)
    assert hub.asked == []


def test_a_download_that_was_interrupted_goes_on(hub, find_model, tmp_path):
    PretrainedEncoder("me/small").fit(X)
    (weights,) = (tmp_path / "cache").glob("models--me--small/snapshots/*/model.safetensors")
    weights.unlink()
    hub.asked.clear()
    expected = PretrainedEncoder(find_model("wav2vec2 base")).fit_transform(X)
    np.testing.assert_array_equal(PretrainedEncoder("me/small").fit_transform(X), expected)
    assert hub.asked


def test_names_that_are_wrong(hub):
    with pytest.raises(ValueError, match="'me/large' is neither a folder nor a public repository"):
        PretrainedEncoder("me/large").fit(X)
    with pytest.raises(ValueError, match="'me/--' is neither a folder nor a public repository"):
        PretrainedEncoder("me/--").fit(X)
    with pytest.raises(ValueError, match="'me/small' has no revision 'v2' on the hub"):
        PretrainedEncoder("me/small", revision="v2").fit(X)
    (hub.folder / "model.safetensors").unlink()
    hub.asked.clear()
    with pytest.raises(ValueError, match=r"'me/small' has no weights in safetensors.*refs/pr/1"):
        PretrainedEncoder("me/small").fit(X)
    assert not any("/resolve/" in path for _, path in hub.asked)


def test_without_a_network(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(OSError, match="'me/small' is not in the cache and could not be downloaded"):
        PretrainedEncoder("me/small").fit(X)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(OSError, match="Without a network, give a folder with config"):
        PretrainedEncoder("me/small").fit(X)
