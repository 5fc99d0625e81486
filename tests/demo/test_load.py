"""The page under load: many recordings at once, senders who leave, failures of a model."""

import http.client
import importlib.util
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import soundfile

# Gradio's warnings, on import and while serving.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:Couldn't find ff:RuntimeWarning"),
    pytest.mark.skipif(
        importlib.util.find_spec("gradio") is None, reason="needs Gradio (the extra web)"
    ),
]
MOST = 64  # recordings at a time, as the guide states


def files_below(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def address_of(server):
    return server.url.removeprefix("http://").rstrip("/")


def post(server, content):
    connection = http.client.HTTPConnection(address_of(server), timeout=120)
    try:
        connection.request("POST", "/answer", content)
        response = connection.getresponse()
        return response.status, response.read().decode(), dict(response.getheaders())
    finally:
        connection.close()


def post_all(server, contents):
    with ThreadPoolExecutor(len(contents)) as pool:
        return [reply[:2] for reply in pool.map(lambda content: post(server, content), contents)]


def alert(html):
    return unescape(re.search(r'role="alert">(.*?)</p>', html, re.DOTALL)[1])


def wait_until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def gate(monkeypatch):
    """Answers wait until it is open; `gate.answered` has the contents of what was answered."""
    from sersk.demo import _door

    gate = threading.Event()
    gate.answered = []
    respond = _door.respond

    def wait(model, path, limits, **options):
        gate.answered.append(path.read_bytes())
        assert gate.wait(60)
        return respond(model, path, limits, **options)

    monkeypatch.setattr(_door, "respond", wait)
    yield gate
    gate.set()


def test_the_same_bytes_thirty_times_at_once_get_the_same_answer(server, recordings):
    content = recordings["short"].read_bytes()
    replies = post_all(server, [content] * 30)
    assert {status for status, _ in replies} == {200}
    assert {html for _, html in replies} == {post(server, content)[1]}
    assert files_below(server.uploads) == []


def test_different_recordings_at_once_get_their_own_answers(server, speech, tmp_path):
    contents = []
    for n, samples in enumerate(speech.data[:8]):
        soundfile.write(tmp_path / "voice.wav", samples[: len(samples) - 100 * n], 8000)
        contents.append((tmp_path / "voice.wav").read_bytes())
    contents += [b"no sound", b""]
    alone = [post(server, content)[:2] for content in contents]
    assert [status for status, _ in alone] == [200] * 8 + [422] * 2
    assert len(set(alone)) == 10
    order = np.random.default_rng(0).permutation(30) % 10
    assert post_all(server, [contents[i] for i in order]) == [alone[i] for i in order]
    assert files_below(server.uploads) == []


def test_up_to_the_limit_all_wait_and_one_more_is_refused(server, recordings, gate):
    from sersk.demo import refusals

    content = recordings["short"].read_bytes()
    with ThreadPoolExecutor(MOST) as pool:
        waiting = [pool.submit(post, server, content) for _ in range(MOST)]
        wait_until(lambda: len(files_below(server.uploads)) == MOST)
        status, html, headers = post(server, content)
        assert status == 503
        assert alert(html) == refusals.BUSY
        assert headers["retry-after"] == "60"
        # Also a refused file is taken whole, so that a browser reads the reply.
        assert post(server, bytes(15 * 2**20))[0] == 503
        assert len(gate.answered) == 1  # one at a time
        gate.set()
        assert [reply.result()[0] for reply in waiting] == [200] * MOST
    assert files_below(server.uploads) == []
    assert post(server, content)[0] == 200


def test_a_sender_who_left_while_waiting_is_not_answered(server, recordings, gate):
    content = recordings["short"].read_bytes()
    head = f"POST /answer HTTP/1.1\r\nHost: {address_of(server)}\r\nContent-Length: 4\r\n\r\n"
    host, port = address_of(server).split(":")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(post, server, content)
        wait_until(lambda: gate.answered)
        with socket.create_connection((host, int(port))) as leaving:
            leaving.sendall(head.encode() + b"gone")
            wait_until(lambda: len(files_below(server.uploads)) == 2)
        last = pool.submit(post, server, content)
        wait_until(lambda: len(files_below(server.uploads)) == 3)
        gate.set()
        assert first.result()[0] == last.result()[0] == 200
    assert gate.answered == [content, content]
    assert files_below(server.uploads) == []


@pytest.mark.parametrize("error", [MemoryError, ZeroDivisionError, SystemExit, KeyboardInterrupt])
def test_a_failure_ends_one_answer_and_not_the_page(server, recordings, monkeypatch, error):
    from sersk.demo import responding

    content = recordings["short"].read_bytes()
    answer = responding.answer

    def fail(model, path, limits):
        if path.read_bytes() == b"fatal":
            raise error("secret")
        return answer(model, path, limits)

    monkeypatch.setattr(responding, "answer", fail)
    replies = post_all(server, [b"fatal", content, b"fatal", content])
    assert [status for status, _ in replies] == [500, 200, 500, 200]
    assert alert(replies[0][1]) == f"This recording could not be answered ({error.__name__})."
    assert files_below(server.uploads) == []


def test_a_full_disk_is_told(server, recordings, monkeypatch):
    from sersk.demo import _door, refusals

    def fail(*arguments, **options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_door.tempfile, "TemporaryDirectory", fail)
        status, html, _ = post(server, recordings["short"].read_bytes())
    assert status == 507
    assert alert(html) == refusals.NO_ROOM
    assert post(server, recordings["short"].read_bytes())[0] == 200
