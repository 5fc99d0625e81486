"""The page in a real browser: predictions, messages for hostile files, deleted uploads."""

import gc
import importlib.util
import os
import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
import warnings
from pathlib import Path

import pytest
import soundfile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
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
    CHROMIUM is None or importlib.util.find_spec("playwright") is None,
    reason="needs Chromium and Playwright",
)
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def files_below(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def server(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Gradio's, on import
        from sersk.demo import serve

        server = serve(model, "light.joblib")
    yield server
    server.close()
    assert not server.uploads.exists()
    del server
    # Closes Gradio's event loops and sockets; this module ignores their warnings.
    gc.collect()


@pytest.fixture(scope="module")
def chromium(speech, tmp_path_factory):
    from playwright.sync_api import sync_playwright

    voice = tmp_path_factory.mktemp("microphone") / "voice.wav"
    soundfile.write(voice, speech.data[0], 8000)
    microphone = (
        *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
        f"--use-file-for-fake-audio-capture={voice}",
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *microphone])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, server):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.addresses = []
    page.on("request", lambda request: page.addresses.append(request.url))
    page.goto(server.url)
    page.wait_for_selector("#recording input[type=file]", state="attached")
    yield page
    context.close()


def send(page, file):
    page.set_input_files("#recording input[type=file]", file)


def wait_until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@needs_browser
def test_a_recording_is_predicted_and_not_kept(page, server, model, recordings, tmp_path):
    assert "light.joblib" in page.inner_text("#model")
    assert "none measured" in page.inner_text("#model")
    send(page, recordings["long"])
    page.wait_for_selector("#answer [data-label]")
    expected = set(map(str, model.classes_))
    assert page.get_attribute("#answer [data-label]", "data-label") in expected
    shares = page.locator("#answer .number").all_inner_texts()
    assert sum(float(share.rstrip("%")) for share in shares) == pytest.approx(100, abs=0.3)
    for figure in page.locator("#answer img").all():  # mel spectrogram and timeline
        assert figure.evaluate("image => image.complete && image.naturalWidth > 500")
    assert page.locator("#answer img").count() == 2
    page.wait_for_function(
        "document.querySelector('#answer audio').duration > 5", polling=100
    )  # it can be played, although the file was deleted
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    wait_until(lambda: files_below(server.uploads) == [])
    # a folder whose files CI may keep
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert (tmp_path / "page.png").stat().st_size > 10_000


@needs_browser
def test_nothing_is_loaded_from_elsewhere(page, server, recordings):
    send(page, recordings["short"])
    page.wait_for_selector("#answer [data-label]")
    own = (server.url, "data:", "blob:", "ws://127.0.0.1")
    assert [address for address in page.addresses if not address.startswith(own)] == []
    assert len(page.addresses) > 5


@needs_browser
def test_hostile_files_get_messages_and_the_server_survives(page, server, recordings, tmp_path):
    for name, words in [("text", "not audio"), ("empty", "empty"), ("too long", "longer than")]:
        send(page, recordings[name])
        page.wait_for_selector(f"#answer [role=alert]:has-text('{words}')")
    huge = tmp_path / "huge.wav"
    huge.write_bytes(recordings["short"].read_bytes())
    os.truncate(huge, 200 * 2**20)
    send(page, huge)
    page.wait_for_selector("text=exceed the maximum allowed size")
    send(page, recordings["short"])
    page.wait_for_selector("#answer [data-label]")
    wait_until(lambda: files_below(server.uploads) == [])


@needs_browser
def test_a_name_that_is_html_is_shown_as_text(page, recordings, tmp_path):
    fired = []
    page.on("dialog", lambda dialog: (fired.append(dialog.message), dialog.dismiss()))
    name = tmp_path / "<img src=x onerror=alert(1)>.wav"
    shutil.copy(recordings["short"], name)
    send(page, name)
    page.wait_for_selector("#answer [data-label]")
    assert fired == []
    assert page.locator("#answer img[src=x]").count() == 0


@needs_browser
def test_a_voice_is_recorded(page, server):
    page.click("#recording button[aria-label='Record audio']")
    page.click("#recording button:text-is('Record'):visible")
    page.wait_for_timeout(2500)
    page.click("#recording button:text-is('Stop'):visible")
    page.wait_for_selector("#answer [data-label], #answer [role=alert]")
    assert page.get_attribute("#answer [data-label]", "data-label") in ("anger", "sad")
    wait_until(lambda: files_below(server.uploads) == [])


def post(server, content):
    boundary = "xyz"
    body = (
        f"--{boundary}\r\nContent-Disposition: form-data; name=files; filename=a.wav\r\n"
        "Content-Type: audio/wav\r\n\r\n"
    ).encode() + content
    body += f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    address = f"{server.url}gradio_api/upload"
    return urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=60)


def test_a_huge_upload_past_the_page_is_refused_and_not_kept(server):
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        post(server, bytes(21 * 2**20))
    assert files_below(server.uploads) == []
    with urllib.request.urlopen(server.url, timeout=10) as response:
        assert response.status == 200


def test_uploads_without_a_prediction_are_deleted_later(tmp_path):
    from sersk.demo import _uploads

    old, new = tmp_path / "a" / "old.wav", tmp_path / "b" / "new.wav"
    for file in (old, new):
        file.parent.mkdir()
        file.touch()
    os.utime(old, (0, 0))
    ended = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_uploads, "KEPT", 0.2)
        os.utime(new, (time.time() + 100,) * 2)
        thread = threading.Thread(target=_uploads.sweep, args=(tmp_path, ended))
        thread.start()
        wait_until(lambda: not old.exists())
        ended.set()
        thread.join()
    assert not old.parent.exists()
    assert new.exists()


def test_pages_name_no_other_machine_and_forbid_them(server):
    with urllib.request.urlopen(server.url, timeout=10) as response:
        policy = response.headers["content-security-policy"]
        text = response.read().decode()
    assert "default-src 'self'" in policy
    assert "cdnjs" not in text
    assert "fonts.googleapis" not in text


def test_it_listens_on_the_loopback_address_alone(server):
    port = int(server.url.rstrip("/").rpartition(":")[2])
    others = {
        info[4][0]
        for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        if not info[4][0].startswith("127.")
    }
    for address in others:
        with pytest.raises(OSError):  # noqa: PT011
            socket.create_connection((address, port), timeout=2).close()
    socket.create_connection(("127.0.0.1", port), timeout=2).close()


def test_a_port_that_is_taken_is_an_error(server, model):
    from sersk.demo import serve

    port = int(server.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(OSError, match=str(port)):
        serve(model, port=port)
