"""The page in a real browser: order, predictions, refusals, contrast, deleted uploads."""

import http.client
import importlib.util
import os
import re
import shutil
import socket
import urllib.error
import urllib.request
from contextlib import suppress
from html import unescape
from pathlib import Path

import numpy as np
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


def files_below(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def page(chromium, server):
    """The page on a phone; loaded once, because Gradio takes seconds to load it."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.grant_permissions(["microphone"])
    page = context.new_page()
    page.addresses = []
    page.on("request", lambda request: page.addresses.append(request.url))
    page.goto(server.url)
    page.wait_for_selector("#recording input[type=file]", state="attached")
    yield page
    context.close()


def send(page, file):
    """Choose a file and wait for what the page says of it."""
    page.evaluate("document.querySelector('#answer').replaceChildren()")
    page.set_input_files("#recording input[type=file]", file)
    page.wait_for_selector("#answer [data-label], #answer [role=alert]")


@needs_browser
def test_a_recording_is_predicted_and_not_kept(page, server, model, recordings, tmp_path):
    assert "light.joblib" in page.inner_text("#model")
    assert "none measured" in page.inner_text("#model")
    send(page, recordings["long"])
    expected = set(map(str, model.classes_))
    assert page.get_attribute("#answer [data-label]", "data-label") in expected
    shares = page.locator("#answer .number").all_inner_texts()
    assert sum(float(share.rstrip("%")) for share in shares) == pytest.approx(100, abs=0.3)
    assert "of 13.0 s" in page.inner_text("#answer .heard")
    mel = page.locator("#answer img")
    assert mel.evaluate("image => image.complete && image.naturalWidth > 100")
    timeline = page.locator("#answer svg.stack")
    assert timeline.locator("g").count() > 3  # a column for each window with speech
    assert files_below(server.uploads) == []
    # a folder whose files CI may keep
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert (tmp_path / "page.png").stat().st_size > 10_000


@needs_browser
def test_the_recorder_shows_and_plays_what_was_sent(page, server, recordings, tmp_path):
    send(page, recordings["long"])
    assert page.inner_text("#recording .name") == recordings["long"].name
    assert page.inner_text("#recording .size").startswith("13.0 s")
    player = page.locator("#recording audio")
    assert player.evaluate("audio => audio.duration") == pytest.approx(13, abs=0.1)
    # from the browser's memory: the server has deleted it
    assert player.evaluate("audio => audio.src").startswith("blob:")
    assert player.evaluate("audio => audio.play().then(() => { audio.pause(); return true; })")
    # a format that Chromium can't play
    samples, rate = soundfile.read(recordings["short"])
    soundfile.write(tmp_path / "short.aiff", samples, rate)
    send(page, tmp_path / "short.aiff")
    assert page.inner_text("#recording .name") == "short.aiff"
    page.wait_for_function("document.querySelector('#recording audio').duration > 1.9", polling=100)
    assert player.is_visible()


@needs_browser
def test_what_the_server_cannot_read_is_converted_by_the_browser(page, recordings, tmp_path):
    """A name that promises another format; Chromium decodes by content, and sends WAV."""
    file = tmp_path / "voice of a phone.m4a"
    shutil.copy(recordings["short"], file)
    with page.expect_request("**/answer") as sent:
        send(page, file)
    assert int(sent.value.all_headers()["content-length"]) == 44 + 2 * 2 * 44100  # 2 s at 44.1 kHz
    assert page.locator("#answer [data-label]").count() == 1
    assert page.inner_text("#recording .name") == file.name


@needs_browser
def test_what_the_browser_cannot_convert_is_read_by_the_server(page, server, encode, speech):
    samples = np.round(speech.data[0] * 32_767).astype(np.int16)
    files = {
        "a memo of a telephone.amr": encode(samples, 8_000, "amr", "libopencore_amrnb"),
        "old.wma": encode(samples, 8_000, "asf", "wmav2"),
    }
    for name, content in files.items():
        with page.expect_request(re.compile(r"/answer")) as sent:
            send(page, {"name": name, "mimeType": "audio/x", "buffer": content})
        assert int(sent.value.all_headers()["content-length"]) == len(content)
        assert page.locator("#answer [data-label]").count() == 1, page.inner_text("#answer")
    assert files_below(server.uploads) == []


@needs_browser
@pytest.mark.parametrize("form", ["audio/webm;codecs=opus", "audio/mp4"])
def test_the_recorder_s_own_files_are_read_by_the_server(page, encode, form):
    """As where a browser records, and cannot decode what it recorded."""
    if not page.evaluate("form => MediaRecorder.isTypeSupported(form)", form):
        pytest.skip(f"Chromium does not record {form}")
    page.evaluate(
        """form => {
            window.Recorder = window.MediaRecorder;
            window.decode = OfflineAudioContext.prototype.decodeAudioData;
            window.MediaRecorder = function (stream) {
                return new Recorder(stream, { mimeType: form });
            };
            OfflineAudioContext.prototype.decodeAudioData = () => Promise.reject(new Error());
        }""",
        form,
    )
    try:
        page.evaluate("document.querySelector('#answer').replaceChildren()")
        page.click("#recording .record")
        page.wait_for_timeout(1_500)
        with page.expect_request(re.compile(r"/answer")) as sent:
            page.click("#recording .stop")
        page.wait_for_selector("#answer [data-label], #answer [role=alert]")
    finally:
        page.evaluate(
            "() => { window.MediaRecorder = Recorder; "
            "OfflineAudioContext.prototype.decodeAudioData = decode; }"
        )
    body = sent.value.post_data_buffer
    assert body is None or body[:4] != b"RIFF"
    assert int(sent.value.all_headers()["content-length"]) < 60_000  # no WAV file
    assert page.locator("#answer [data-label]").count() == 1, page.inner_text("#answer")


@needs_browser
def test_a_phone_shows_recorder_answer_and_model_in_this_order(page, recordings):
    def boxes():
        order = ("#recording", "#answer", "#model")
        return [page.locator(name).bounding_box() for name in order]

    def assert_whole(width):
        assert page.evaluate("document.documentElement.scrollWidth") == width
        outside = "[...document.querySelectorAll('.page *')].filter(e => e.offsetParent && "
        outside += "e.getBoundingClientRect().right > innerWidth + 1).length"
        assert page.evaluate(outside) == 0

    send(page, recordings["long"])
    recorder, answered, model = boxes()
    assert recorder["y"] + recorder["height"] <= answered["y"]
    assert answered["y"] + answered["height"] <= model["y"]
    assert answered["y"] < 844  # seen without scrolling
    assert {box["width"] for box in boxes()} == {358}
    assert_whole(390)
    mel = page.locator("#answer img").bounding_box()
    assert 250 < mel["width"] < 358
    page.set_viewport_size({"width": 1200, "height": 900})
    recorder, answered, model = boxes()
    assert answered["x"] > recorder["x"] + recorder["width"]
    assert model["x"] == recorder["x"]
    assert_whole(1200)
    page.set_viewport_size({"width": 390, "height": 844})


# The contrast of each element with text of its own to the first background behind it (WCAG 2.2).
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => rgba(color).slice(0, 3).map((v) => v / 255)
    .map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (rgba(color)[3] === 255) return color;
    }
  };
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll(".page *")].filter((e) => e.offsetParent && own(e))
    .map((e) => {
      const [a, b] = [luminance(getComputedStyle(e).color), luminance(behind(e))];
      return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.textContent];
    });
}"""


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(page, recordings, scheme):
    page.emulate_media(color_scheme=scheme)
    for name in ("long", "silent"):
        send(page, recordings[name])
        page.wait_for_timeout(50)
        ratios = page.evaluate(CONTRAST)
        assert len(ratios) > 20
        assert [pair for pair in ratios if pair[0] < 4.5] == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (int(ground.split("(")[1].split(",")[0]) < 100) == (scheme == "dark")


@needs_browser
def test_it_is_used_by_keyboard_and_told_to_screen_readers(page, recordings):
    page.evaluate("document.activeElement.blur()")
    page.get_by_role("button", name="Record with the microphone").focus()
    page.keyboard.press("Tab")
    chosen = "document.activeElement === document.querySelector('#recording input[type=file]')"
    assert page.evaluate(chosen)
    outline = "getComputedStyle(document.querySelector('.choose')).outlineStyle"
    assert page.evaluate(outline) == "solid"
    assert page.get_by_label("Choose a file").count() == 1
    for name in ("Recording", "The answer", "The model"):
        assert page.get_by_role("region", name=name, exact=True).count() == 1
    send(page, recordings["short"])
    label = page.get_attribute("#answer [data-label]", "data-label")
    assert page.locator("#recording").get_by_role("status").inner_text() == f"Predicted: {label}."
    assert page.get_attribute("#answer", "aria-busy") == "false"
    assert page.locator("#answer img:not([alt])").count() == 0
    assert page.locator("h1").count() == 1


@needs_browser
def test_nothing_is_loaded_from_elsewhere(page, server, recordings):
    send(page, recordings["short"])
    own = (server.url, "data:", "blob:", "ws://127.0.0.1")
    assert [address for address in page.addresses if not address.startswith(own)] == []
    assert len(page.addresses) > 5


REFUSED = ["text", "empty", "cut", "silent", "hiss", "too long", "slow", "huge"]


@pytest.fixture
def refused(recordings, tmp_path):
    """Files that are refused, with the sentence that `answer` refuses them with."""
    from sersk.demo import NoAnswerError, answer

    recordings["huge"] = tmp_path / "huge.wav"
    recordings["huge"].write_bytes(recordings["short"].read_bytes())
    os.truncate(recordings["huge"], 21 * 2**20)

    def sentence(model, name):
        with pytest.raises(NoAnswerError) as reason:
            answer(model, recordings[name])
        return str(reason.value)

    return recordings, sentence


def alert(html):
    return unescape(re.search(r'role="alert">(.*?)</p>', html, re.DOTALL)[1])


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_over_http_is_the_sentence_of_answer(server, model, refused, name):
    files, sentence = refused
    status, html = post(server, files[name].read_bytes())
    assert status == (413 if name == "huge" else 422)
    assert alert(html) == sentence(model, name)
    assert files_below(server.uploads) == []


@needs_browser
def test_a_refusal_on_the_page_is_the_sentence_of_answer(page, server, model, refused):
    files, sentence = refused
    for name in REFUSED:
        send(page, files[name])
        assert page.inner_text("#answer [role=alert]") == sentence(model, name)
        assert page.inner_text("#recording .name") == files[name].name
    send(page, files["short"])
    assert page.locator("#answer [data-label]").count() == 1
    assert files_below(server.uploads) == []


@needs_browser
def test_a_server_that_is_gone_gives_a_sentence(page, recordings):
    page.route("**/answer", lambda route: route.abort())
    send(page, recordings["short"])
    page.unroute("**/answer")
    assert "server can't be reached" in page.inner_text("#answer [role=alert]")


@needs_browser
def test_a_name_that_is_html_is_shown_as_text(page, recordings, tmp_path):
    fired = []
    page.on("dialog", lambda dialog: (fired.append(dialog.message), dialog.dismiss()))
    name = tmp_path / "<img src=x onerror=alert(1)>.wav"
    shutil.copy(recordings["short"], name)
    send(page, name)
    assert page.inner_text("#recording .name") == name.name
    assert fired == []
    assert page.locator(".page img[src=x]").count() == 0


@needs_browser
def test_a_voice_is_recorded(page, server):
    page.evaluate("document.querySelector('#answer').replaceChildren()")
    page.get_by_role("button", name="Record with the microphone").click()
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector("#answer [data-label], #answer [role=alert]")
    assert page.get_attribute("#answer [data-label]", "data-label") in ("anger", "sad")
    assert page.inner_text("#recording .name") == "Your recording.wav"
    assert page.evaluate("document.querySelector('#recording audio').duration") > 1.5
    assert files_below(server.uploads) == []


def post(server, content, path="answer"):
    try:
        request = urllib.request.Request(f"{server.url}{path}", content)
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_uploads_are_deleted_whether_valid_or_not(server, recordings):
    for name in ("short", "long", "text", "empty"):
        status, html = post(server, recordings[name].read_bytes())
        assert (status == 200) == ("data-label" in html) == (name in ("short", "long"))
        assert list(server.uploads.glob("*/recording")) == []


def test_an_endless_upload_is_cut_and_not_kept(server):
    address = server.url.removeprefix("http://").rstrip("/")
    connection = http.client.HTTPConnection(address, timeout=60)
    pieces = iter([bytes(2**20)] * 2000)
    with suppress(ConnectionError, http.client.HTTPException):
        connection.request("POST", "/answer", pieces, encode_chunked=True)
    assert len([*pieces]) > 1500  # cut after less than 500 MB
    connection.close()
    assert files_below(server.uploads) == []
    with urllib.request.urlopen(server.url, timeout=10) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    "path",
    ["gradio_api/upload", "upload", "gradio_api/process_recording", "gradio_api/call/answer"],
)
def test_gradio_s_own_uploads_are_closed(server, path):
    boundary = "xyz"
    body = (
        f"--{boundary}\r\nContent-Disposition: form-data; name=files; filename=a.wav\r\n"
        f"Content-Type: audio/wav\r\n\r\nsound\r\n--{boundary}--\r\n"
    ).encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(urllib.request.Request(f"{server.url}{path}", body, headers))
    assert error.value.code == 404
    error.value.close()
    assert files_below(server.uploads) == []


def test_pages_name_no_other_machine_and_forbid_them(server):
    with urllib.request.urlopen(server.url, timeout=10) as response:
        policy = response.headers["content-security-policy"]
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
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


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://localhost:"),
        ("localhost", "http://localhost:"),
        ("::1", "http://[::1]:"),
    ],
)
def test_it_listens_on_the_address_that_is_asked_for(host, url):
    from sersk.demo._listening import open_socket, tell_url

    if host == "::1" and not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        listening = open_socket(host, None)
    except OSError as error:
        if host == "::1" and "taken" not in str(error):
            pytest.skip("this machine has no address of IPv6")
        raise
    with listening:
        address, port = listening.getsockname()[:2]
        assert tell_url(host, listening) == f"{url}{port}/"
        assert address == ("127.0.0.1" if host == "localhost" else host)
        socket.create_connection((address, port), timeout=5).close()


def test_an_address_of_another_machine_is_an_error():
    from sersk.demo._listening import open_socket

    with pytest.raises(OSError, match=r"port 80[0-9]+ of '192\.0\.2\.1' can't be used"):
        open_socket("192.0.2.1", 8099)


def test_a_port_that_is_taken_is_an_error(server, model):
    from sersk.demo import serve

    port = int(server.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(OSError, match=str(port)):
        serve(model, port=port)
