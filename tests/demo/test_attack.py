"""The page under attack: foreign sites, lying and slow requests, paths that lead elsewhere."""

import http.server
import importlib.util
import logging
import re
import shutil
import socket
import threading
import time
from contextlib import suppress
from html import unescape
from pathlib import Path

import pytest

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
needs_browser = pytest.mark.skipif(
    not (shutil.which("chromium") or shutil.which("chromium-browser"))
    or importlib.util.find_spec("playwright") is None,
    reason="needs Chromium and Playwright",
)


def files_below(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def address_of(server):
    return server.url.removeprefix("http://").rstrip("/")


def connect(server):
    return socket.create_connection(("127.0.0.1", int(address_of(server).split(":")[1])), 30)


def read_all(connection):
    pieces = []
    with suppress(ConnectionError):
        while piece := connection.recv(2**16):
            pieces.append(piece)
    return b"".join(pieces).decode("utf-8", "replace")


def ask(server, *head, body=b"", host=None):
    """Send lines as the head of a request; return status, head and body of the reply."""
    host = [f"Host: {address_of(server)}"] if host is None else host
    lines = [head[0], *host, "Connection: close", *head[1:], "", ""]
    with connect(server) as connection:
        with suppress(ConnectionError):  # refused before it was sent
            connection.sendall("\r\n".join(lines).encode("latin-1") + body)
        reply = read_all(connection)
    top, _, rest = reply.partition("\r\n\r\n")
    return int(top.split()[1]), top.lower(), rest


def ask_get(server, path, *lines, **options):
    return ask(server, f"GET {path} HTTP/1.1", *lines, **options)


def ask_answer(server, content, *lines, **options):
    length = f"Content-Length: {len(content)}"
    return ask(server, "POST /answer HTTP/1.1", length, *lines, body=content, **options)


def alert(html):
    return unescape(re.search(r'role="alert">(.*?)</p>', html, re.DOTALL)[1])


def wait_until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


FOREIGN = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example",
    "evil@127.0.0.1:{port}",
    "127.0.0.1:{port}@evil.example",
    "127.0.0.1:{port}, evil.example",
    "10.0.0.1:{port}",
    "2130706433:{port}",  # 127.0.0.1 as one number: browsers write it as four
    "[::2]:{port}",
    "127.0.0.1:{port}/",
    "",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_host_is_refused(server, recordings, name):
    """The browser of a visitor of evil.example, whose name suddenly has the address 127.0.0.1."""
    from sersk.demo import refusals

    host = [f"Host: {name.format(port=address_of(server).split(':')[1])}"]
    status, _, body = ask_get(server, "/", host=host)
    assert (status, body) == (421, refusals.WRONG_NAME)
    sound = recordings["short"].read_bytes()
    status, _, body = ask_answer(server, sound, host=host)
    assert (status, body) == (421, refusals.WRONG_NAME)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (["Host: 127.0.0.1", "Host: evil.example"], 400),
        (["Host: evil.example", "Host: 127.0.0.1"], 400),
        ([], 400),
        (["Host: 127.0.0.1", "X-Forwarded-Host: evil.example"], 421),
        (["Host: 127.0.0.1", "X-Forwarded-Host: 127.0.0.1, evil.example"], 421),
    ],
)
def test_several_names_or_none_are_refused(server, host, status):
    assert ask_get(server, "/", host=host)[0] == status


def test_a_request_of_http_1_0_without_a_name_is_refused(server):
    assert ask(server, "GET / HTTP/1.0", host=[])[0] == 421


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "[::1]"])
@pytest.mark.parametrize("port", ["", ":{port}", ":80"])  # another port if it is forwarded
def test_its_own_names_are_served(server, recordings, name, port):
    own = name + port.format(port=address_of(server).split(":")[1])
    status, _, body = ask_get(server, "/", host=[f"Host: {own}"])
    assert status == 200
    assert "light.joblib" in body
    content = recordings["short"].read_bytes()
    assert ask_answer(server, content, f"Origin: http://{own}", host=[f"Host: {own}"])[0] == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://evil.example",
        "http://localhost:3000",  # another page on this machine
        "http://{host}.evil.example",
        "http://127.0.0.1",  # the same name, another port
        "null",  # a sandboxed frame, or a file
        "file://",
        "chrome-extension://abc",
        "",
    ],
)
def test_a_page_of_another_site_is_refused(server, recordings, origin):
    from sersk.demo import refusals

    line = f"Origin: {origin.format(host=address_of(server))}"
    content = recordings["short"].read_bytes()
    status, head, body = ask_answer(server, content, line)
    assert (status, body) == (403, refusals.OTHER_SITE)
    assert "access-control-allow-origin" not in head
    assert ask_get(server, "/", line)[0] == 403
    preflight = "Access-Control-Request-Method: POST"
    status, head, _ = ask(server, "OPTIONS /answer HTTP/1.1", line, preflight)
    assert status == 403
    assert "access-control-allow-origin" not in head


def test_a_page_without_an_origin_and_programs_are_answered(server, recordings):
    content = recordings["short"].read_bytes()
    assert ask_answer(server, content)[0] == 200
    assert ask_answer(server, content, f"Origin: http://{address_of(server)}")[0] == 200


@pytest.mark.parametrize(
    ("host", "allowed", "own", "foreign"),
    [
        ("0.0.0.0", (), ["192.168.1.5:80", "[fe80::1]:80", "{machine}", "{machine}.local"],
         ["evil.example", "192.168.1.5.evil.example", "2130706433"]),
        ("::", (), ["192.168.1.5", "[::1]"], ["evil.example"]),
        ("192.168.1.5", (), ["192.168.1.5:80", "localhost"], ["192.168.1.6", "{machine}x"]),
        ("Voice.Lan", (), ["voice.lan", "VOICE.lan.:80"], ["lan", "evil.voice.lan"]),
        ("127.0.0.1", ("Voice.example",), ["voice.example", "127.0.0.1"], ["evil.example"]),
    ],
)  # fmt: skip
def test_own_names_follow_the_address_that_it_listens_on(host, allowed, own, foreign):
    from starlette.datastructures import Headers

    from sersk.demo._names import OwnNames, read_names

    names = OwnNames(None, host, read_names(allowed))
    machine = socket.gethostname()
    for name in own:
        assert names._is_for_us(Headers({"host": name.format(machine=machine)}))
    for name in foreign:
        assert not names._is_for_us(Headers({"host": name.format(machine=machine)}))


@pytest.mark.parametrize("name", ["https://voice.example", "voice.example/page", "*", ""])
def test_an_allowed_host_that_is_no_name_is_refused(model, name):
    from sersk.demo import serve

    with pytest.raises(ValueError, match="the name of a machine is needed"):
        serve(model, allowed_hosts=[name])


def test_a_web_server_in_front_of_it(model, recordings):
    """It passes its own name or the page's, and the browser's Origin has the public name."""
    from sersk.demo import serve

    content = recordings["short"].read_bytes()
    server = serve(model, allowed_hosts="Voice.example:443")
    try:
        origin = "Origin: https://voice.example"
        assert ask_answer(server, content, origin)[0] == 200
        assert ask_answer(server, content, origin, host=["Host: voice.example"])[0] == 200
        forwarded = ["X-Forwarded-Host: voice.example", "X-Forwarded-Proto: https"]
        status, _, body = ask_get(server, "/", *forwarded)
        assert status == 200
        assert "https://voice.example" in body
        for name in ("evil.example", "evil.voice.example", "voice.example.evil.example"):
            assert ask_answer(server, content, f"Origin: https://{name}")[0] == 403
            assert ask_get(server, "/", host=[f"Host: {name}"])[0] == 421
    finally:
        server.close()


PATHS = [
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file={recording}",
    "/file={recording}",
    "/gradio_api/file/{recording}",
    "/gradio_api/proxy=http://127.0.0.1:1/",
    "/static/../../../../../../../../etc/passwd",
    "/static/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/assets/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/assets//etc/passwd",
    "/assets/..\\..\\..\\..\\..\\etc\\passwd",
    "/svelte/%2fetc%2fpasswd",
    "//etc/passwd",
    "/answer",
    "/config",
    "/gradio_api/info",
    "/gradio_api/queue/data",
    "/gradio_api/heartbeat/abc",
    "/monitoring/summary",
    "/openapi.json",
    "/docs",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PROPFIND"])
def test_it_serves_no_file_but_its_own(server, path, method):
    """Not even a recording that is being answered, to those who know its path."""
    recording = server.uploads / "other" / "recording"
    recording.parent.mkdir()
    recording.write_bytes(b"root: the voice of another visitor")
    try:
        status, _, body = ask(server, f"{method} {path.format(recording=recording)} HTTP/1.1")
    finally:
        shutil.rmtree(recording.parent)
    assert status in (403, 404)
    assert "root:" not in body


def test_what_is_sent_never_becomes_a_header_or_an_address(server, recordings):
    for path in ("/x%0d%0aX-Evil:%201", "/static/%0d%0aX-Evil:1/", "/?x=%0d%0aX-Evil:1"):
        assert "x-evil" not in ask_get(server, path)[1]
    content = recordings["short"].read_bytes()
    status, head, _ = ask(
        server, "POST /answer?sound=%0d%0aX-Evil:1 HTTP/1.1", f"Content-Length: {len(content)}",
        "X-Name: a\tb", body=content,
    )  # fmt: skip
    assert status == 200
    assert "x-evil" not in head
    assert ask_get(server, "/", "X-Bad: a\rX-Evil: 1")[0] == 400
    status, _, body = ask_get(server, "/", "X-Gradio-Server: http://evil.example")
    assert status == 200
    assert "evil.example" not in body


def test_a_body_without_a_length_is_limited_while_it_is_read(server):
    """In chunks; never is more on disk than may be."""
    from sersk.demo import Limits, refusals

    most = Limits().n_bytes
    sizes = []
    with connect(server) as connection:
        connection.sendall(
            f"POST /answer HTTP/1.1\r\nHost: {address_of(server)}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        for _ in range(30):
            connection.sendall(b"100000\r\n" + bytes(2**20) + b"\r\n")
            sizes += [path.stat().st_size for path in files_below(server.uploads)]
        connection.sendall(b"0\r\n\r\n")
        reply = read_all(connection)
    assert reply.startswith("HTTP/1.1 413 ")
    assert alert(reply) == refusals.too_large(most)
    assert 10 * 2**20 < max(sizes) <= most
    assert files_below(server.uploads) == []


def test_a_length_that_lies_is_not_relied_on(server, recordings):
    content = recordings["short"].read_bytes()
    # Too short: the rest is no part of the recording, and no second request.
    status, _, body = ask(
        server, "POST /answer HTTP/1.1", "Content-Length: 100", body=content + b"GET / HTTP/1.1"
    )
    assert status == 422
    assert body.count("role=") == 1
    # Too long, and the sender leaves.
    with connect(server) as connection:
        connection.sendall(
            f"POST /answer HTTP/1.1\r\nHost: {address_of(server)}\r\n"
            "Content-Length: 10000000000\r\n\r\n".encode()
            + content
        )
        wait_until(lambda: files_below(server.uploads))
    wait_until(lambda: not files_below(server.uploads))
    for lines in (
        ["Content-Length: -1"],
        ["Content-Length: 1x"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Transfer-Encoding: gzip, chunked"],
    ):
        assert ask(server, "POST /answer HTTP/1.1", *lines, body=content)[0] in (400, 501)
    assert ask_answer(server, content)[0] == 200
    assert files_below(server.uploads) == []


def test_a_sender_who_leaves_is_no_error_in_the_log(server, recordings):
    told = []
    handler = logging.Handler()
    handler.emit = told.append
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(handler)
    try:
        with connect(server) as connection:
            connection.sendall(
                f"POST /answer HTTP/1.1\r\nHost: {address_of(server)}\r\n"
                "Content-Length: 1000\r\n\r\nsound".encode()
            )
            wait_until(lambda: files_below(server.uploads))
        wait_until(lambda: not files_below(server.uploads))
        assert ask_get(server, "/")[0] == 200
    finally:
        logger.removeHandler(handler)
    assert [record.getMessage() for record in told] == []


@pytest.mark.parametrize("slow", ["pauses", "drips"])
def test_a_slow_upload_is_refused(server, monkeypatch, slow):
    from sersk.demo import _receiving, refusals

    # s; the time to begin is over first if it drips, the time between two pieces if it pauses
    monkeypatch.setattr(_receiving, "_PAUSE", 0.3 if slow == "pauses" else 30)
    monkeypatch.setattr(_receiving, "_BEGIN", 0.6 if slow == "drips" else 30)
    begin = time.monotonic()
    with connect(server) as connection:
        connection.sendall(
            f"POST /answer HTTP/1.1\r\nHost: {address_of(server)}\r\n"
            "Content-Length: 1000\r\n\r\nsound".encode()
        )
        done = threading.Event()

        def drip():
            while slow == "drips" and not done.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        reply = read_all(connection)
        done.set()
        thread.join()
    assert time.monotonic() - begin < 10
    assert reply.startswith("HTTP/1.1 408 ")
    assert alert(reply) == refusals.SLOW_UPLOAD
    assert files_below(server.uploads) == []


@pytest.mark.parametrize("before", ["", "GET /robots.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"])
def test_a_slow_head_is_cut(server, monkeypatch, before):
    """Also that of a later request on the same connection."""
    from sersk.demo import _listening

    monkeypatch.setattr(_listening, "_HEAD_TIME", 0.5)
    begin = time.monotonic()
    with connect(server) as connection:
        connection.sendall(before.encode() + b"POST /answer HTTP/1.1\r\nHo")
        reply = read_all(connection)
    assert time.monotonic() - begin < 10
    assert reply.count("HTTP/1.1") == bool(before)


def test_a_connection_in_use_is_not_cut(server, recordings, monkeypatch):
    from sersk.demo import _listening

    monkeypatch.setattr(_listening, "_HEAD_TIME", 0.3)
    content = recordings["short"].read_bytes()
    with connect(server) as connection:
        for last in (False, True):
            connection.sendall(
                f"POST /answer HTTP/1.1\r\nHost: {address_of(server)}\r\n"
                f"Connection: {'close' if last else 'keep-alive'}\r\n"
                f"Content-Length: {len(content)}\r\n\r\n".encode()
            )
            time.sleep(0.6)  # longer than a head may take
            connection.sendall(content)
            if not last:
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert "HTTP/1.1 200" in read_all(connection)


def test_an_endless_head_is_refused(server):
    assert ask_get(server, "/", f"X-Long: {'x' * 200_000}")[0] == 400


def test_too_many_connections_are_refused_and_the_page_recovers(server):
    from sersk.demo import _listening

    connections = [connect(server) for _ in range(_listening._CONNECTIONS)]
    try:
        wait_until(lambda: ask_get(server, "/")[0] == 503)
    finally:
        for connection in connections:
            connection.close()
    wait_until(lambda: ask_get(server, "/")[0] == 200)


@pytest.fixture
def evil(server):
    """A page of another site, whose script sends a recording to the page and then tells so."""
    html = f"""<script>
      fetch("{server.url}answer", {{method: "POST", body: "sound", mode: "no-cors"}})
        .then(() => {{ document.title = "sent"; }}, () => {{ document.title = "failed"; }});
    </script>"""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *arguments):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    yield f"http://evil.example:{site.server_port}/"
    site.shutdown()
    thread.join()
    site.server_close()


@needs_browser
def test_in_a_browser_another_site_reaches_nothing(server, chromium, evil, monkeypatch):
    """Neither by a request to the page, nor with the page's address under its own name."""
    from sersk.demo import _door, refusals

    asked = []
    monkeypatch.setattr(
        _door, "respond", lambda *arguments, **options: asked.append(1) or (200, "")
    )
    page = chromium.new_page()
    replies = []
    page.on("response", lambda reply: replies.append((reply.url, reply.status)))
    page.goto(evil)
    page.wait_for_function("document.title !== ''", polling=50)
    assert (f"{server.url}answer", 403) in replies or page.title() == "failed"
    rebound = server.url.replace("127.0.0.1", "evil.example")
    assert page.goto(rebound).status == 421
    assert page.inner_text("body") == refusals.WRONG_NAME
    page.close()
    assert asked == []


@pytest.fixture(scope="module")
def pages(chromium, server):
    """Two visitors; loaded once, because Gradio takes seconds to load the page."""
    pages = [chromium.new_page(), chromium.new_page()]
    for page in pages:
        page.goto(server.url)
    for page in pages:
        page.wait_for_selector("#recording input[type=file]", state="attached")
    yield pages
    for page in pages:
        page.close()


def choose(page, file):
    page.evaluate("document.querySelector('#answer').replaceChildren()")
    page.set_input_files("#recording input[type=file]", file)


@needs_browser
def test_in_a_browser_recordings_of_one_name_at_once_keep_apart(
    server, pages, recordings, tmp_path
):
    for page, name in zip(pages, ("long", "silent"), strict=True):
        (tmp_path / name).mkdir()
        shutil.copy(recordings[name], tmp_path / name / "voice.wav")
        choose(page, tmp_path / name / "voice.wav")
    for page, name in zip(pages, ("long", "silent"), strict=True):
        page.wait_for_selector("#answer [data-label], #answer [role=alert]")
        assert page.inner_text("#recording .name") == "voice.wav"
        shown = page.inner_text("#answer")
        html = ask_answer(server, recordings[name].read_bytes())[2]
        page.evaluate("html => { document.querySelector('#answer').innerHTML = html; }", html)
        assert page.inner_text("#answer") == shown
    assert files_below(server.uploads) == []


@needs_browser
@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (503, "Service Unavailable", "BUSY"),
        (429, "<h1>slow down</h1>", "BUSY"),
        (502, "<h1>nginx</h1>", "NO_REPLY"),
        (200, "", "NO_REPLY"),
    ],
)
def test_in_a_browser_a_reply_that_is_not_the_page_s_gives_a_sentence(
    pages, recordings, status, body, sentence
):
    from sersk.demo import refusals

    page = pages[0]
    page.route("**/answer", lambda route: route.fulfill(status=status, body=body))
    choose(page, recordings["short"])
    page.wait_for_selector("#answer [role=alert]")
    page.unroute("**/answer")
    assert page.inner_text("#answer [role=alert]") == getattr(refusals, sentence)
    assert page.get_attribute("#answer", "aria-busy") == "false"


@needs_browser
def test_in_a_browser_too_many_recordings_give_a_sentence(pages, recordings, monkeypatch):
    from sersk.demo import _door, refusals

    monkeypatch.setattr(_door, "MOST_AT_A_TIME", 0)
    choose(pages[0], recordings["short"])
    pages[0].wait_for_selector("#answer [role=alert]")
    assert pages[0].inner_text("#answer [role=alert]") == refusals.BUSY


@needs_browser
def test_in_a_browser_thirty_visitors_at_once_are_answered(server, pages, recordings):
    content = list(recordings["short"].read_bytes())
    statuses = pages[0].evaluate(
        """async (content) => {
          const body = new Uint8Array(content);
          const ask = () => fetch("answer", { method: "POST", body });
          const replies = await Promise.all(Array.from({ length: 30 }, ask));
          const texts = await Promise.all(replies.map((reply) => reply.text()));
          return [replies.map((reply) => reply.status), new Set(texts).size];
        }""",
        content,
    )
    assert statuses == [[200] * 30, 1]
