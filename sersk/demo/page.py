"""The page: a recording in, an answer out, nothing kept and nothing loaded from elsewhere.

Gradio is imported here alone, by `serve`; it comes with the extra ``web``.
"""

import importlib.util
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sersk.demo.answering import Limits, NoAnswerError, answer
from sersk.demo.rendering import STYLE, render_answer, render_model, render_problem
from sersk.inference.windows import WindowModel

_AT_A_TIME = 1  # requests that are worked on; each keeps all processors busy
_WAITING = 16  # requests that may wait for their turn
_FORGOTTEN = 120.0  # s after which a file that was sent, and never asked about, is deleted


@dataclass
class Server:
    """A page that is being served, until `close`.

    Attributes
    ----------
    url : str
        Where.
    uploads : pathlib.Path
        The folder where a file lies from when it was sent until it is answered.

    See Also
    --------
    serve : Starts one.

    Examples
    --------
    >>> from sersk.demo.page import Server
    >>> Server.__name__
    'Server'
    """

    url: str
    uploads: Path
    _close: Callable[[], None] = field(repr=False)

    def close(self) -> None:
        """Stop serving, and delete what is left of uploads."""
        self._close()

    def wait(self) -> None:
        """Serve until Ctrl-C."""
        try:
            threading.Event().wait()
        finally:
            self.close()


def check_gradio() -> None:
    """Raise where Gradio is not installed.

    Raises
    ------
    ImportError
        Saying how to install it.
    """
    if importlib.util.find_spec("gradio") is None:
        raise ImportError("the web page needs Gradio: pip install 'sersk[web]'.")


def serve(
    model: Any,
    name: str = "model",
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    limits: Limits | None = None,
) -> Server:
    """Serve a page that answers with a model; return at once.

    Parameters
    ----------
    model : Pipeline
        A fitted pipeline as `sersk.make_ser_pipeline` makes it.
    name : str, default="model"
        What the page calls it.
    host : str, default="127.0.0.1"
        Address to listen on. By default nobody but this machine is heard; "0.0.0.0" lets in
        everybody who can reach it.
    port : int or None, default=None
        Port; None takes a free one from 7860 on.
    limits : Limits or None, default=None
        Size, length and time of a request; None takes the defaults.

    Returns
    -------
    server : Server
        The address, and `close`.

    Raises
    ------
    ImportError
        If Gradio is not installed.
    OSError
        If the port is taken.
    TypeError
        If the model takes no files.
    ValueError
        If the model normalises by speaker.

    See Also
    --------
    answer : One answer, without a page.

    Examples
    --------
    >>> from sersk import load_model
    >>> from sersk.demo import serve
    >>> serve(load_model("model.joblib")).wait()  # doctest: +SKIP
    """
    check_gradio()
    limits = limits or Limits()
    _warm_up(model)
    uploads = Path(tempfile.mkdtemp(prefix="sersk-web-"))
    # Before the import: Gradio reads them then.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import gradio

    page = _build(gradio, model, name, limits, uploads)
    ended = threading.Event()
    try:
        _, url, _ = page.launch(
            server_name=host,
            server_port=port,
            share=False,
            inbrowser=False,
            quiet=True,
            prevent_thread_lock=True,
            max_threads=8,
            max_file_size=limits.n_bytes,
            show_error=True,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            mcp_server=False,
            ssr_mode=False,
            pwa=False,
            theme=_theme(gradio),
            css=STYLE,
            app_kwargs={"middleware": _middleware()},
        )
    except BaseException:
        shutil.rmtree(uploads, ignore_errors=True)
        raise
    threading.Thread(target=_sweep, args=(uploads, ended), daemon=True).start()

    def close() -> None:
        ended.set()
        page.close(verbose=False)
        shutil.rmtree(uploads, ignore_errors=True)

    return Server(url, uploads, close)


def _warm_up(model: Any) -> None:
    """Predict something, so that the first who asks need not wait for TensorFlow."""
    asked = WindowModel(model, "sersk demo")
    noise = np.random.default_rng(0).normal(scale=0.01, size=asked.n_clip)
    asked.predict_proba([noise.astype(np.float32)])


def respond(model: Any, path: str | None, limits: Limits, uploads: Path) -> str:
    """Answer a file that was sent, and delete it.

    Parameters
    ----------
    model : Pipeline
        Who answers.
    path : str or None
        The file; None where there is none.
    limits : Limits
        What is taken on.
    uploads : pathlib.Path
        The folder below which files may be deleted.

    Returns
    -------
    html : str
        The answer, or why there is none.
    """
    if path is None:
        return ""
    try:
        return render_answer(answer(model, path, limits), Path(path).name)
    except NoAnswerError as reason:
        return render_problem(str(reason))
    except Exception as error:  # the page lives, whatever one file does
        return render_problem(f"This recording could not be answered ({type(error).__name__}).")
    finally:
        _forget(Path(path), uploads)


def _forget(path: Path, uploads: Path) -> None:
    """Delete a file that was sent, with the folders that were made for it."""
    uploads, path = uploads.resolve(), path.resolve()
    if uploads not in path.parents:
        return
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder == uploads or any(folder.iterdir()):
            break
        folder.rmdir()


def _sweep(uploads: Path, ended: threading.Event) -> None:
    """Delete what was sent and never asked about."""
    while not ended.wait(_FORGOTTEN / 4):
        with suppress(OSError):  # deleted meanwhile; the next time finds the rest
            for path in [*uploads.rglob("*")]:
                if path.is_file() and path.stat().st_mtime < time.time() - _FORGOTTEN:
                    _forget(path, uploads)


def _build(gradio: Any, model: Any, name: str, limits: Limits, uploads: Path) -> Any:
    with gradio.Blocks(
        title="sersk", analytics_enabled=False, delete_cache=(60, round(_FORGOTTEN))
    ) as page:
        gradio.Markdown(
            "# Emotion in a voice\nRecord or send a few seconds of one person speaking. "
            f"At most {limits.duration:g} s and {limits.n_bytes / 2**20:g} MB; nothing is kept."
        )
        with gradio.Row(equal_height=False):
            with gradio.Column(scale=2, min_width=320):
                sound = gradio.Audio(
                    label="A recording",
                    sources=["upload", "microphone"],
                    type="filepath",
                    editable=False,
                    elem_id="recording",
                )
                gradio.HTML(render_model(model, name), elem_id="model")
                gradio.Markdown(
                    "Acted emotion is not felt emotion, and nobody's feelings can be read off a "
                    "voice for certain. Please do not decide about people by this."
                )
            with gradio.Column(scale=3, min_width=320):
                result = gradio.HTML(
                    '<div class="sersk"><p class="quiet">The answer appears here.</p></div>',
                    elem_id="answer",
                )

        def run(path: str | None) -> tuple[str, None]:
            return respond(model, path, limits, uploads), None

        # The recorder is emptied, as the file that it would play is gone.
        for event in (sound.upload, sound.stop_recording):
            event(
                run,
                sound,
                [result, sound],
                api_name=False,
                concurrency_limit=_AT_A_TIME,
                concurrency_id="model",
            )
    page.queue(max_size=_WAITING, default_concurrency_limit=_AT_A_TIME)
    return page


def _theme(gradio: Any) -> Any:
    """Return a theme with the reader's own fonts: Gradio's are loaded from elsewhere."""
    fonts = ["system-ui", "sans-serif"]
    mono = ["ui-monospace", "monospace"]
    return gradio.themes.Default(font=fonts, font_mono=mono)


# What Gradio's page loads from, or prepares to load from, other machines.
_FOREIGN = re.compile(
    rb"<script[^>]*\bsrc=[\"']https?://[^>]*>\s*</script>|<link[^>]*\bhref=[\"']https?://[^>]*>"
)
_POLICY = (
    b"default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    b"style-src 'self' 'unsafe-inline'; connect-src 'self' data: blob:; frame-ancestors 'none'; "
    b"form-action 'self'; base-uri 'self'"
)


class _Offline:
    """Takes foreign addresses out of pages, and forbids browsers to load from any."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin: dict[str, Any] | None = None
        body = b""

        async def send_clean(message: Any) -> None:
            nonlocal begin, body
            if message["type"] == "http.response.start":
                headers = [
                    *message["headers"],
                    (b"content-security-policy", _POLICY),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
                message = {**message, "headers": headers}
                kind = dict(message["headers"]).get(b"content-type", b"")
                if kind.startswith(b"text/html"):
                    begin = message  # its length is known when the body is
                    return
            elif begin is not None:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                body = _FOREIGN.sub(b"", body)
                kept = [pair for pair in begin["headers"] if pair[0].lower() != b"content-length"]
                kept.append((b"content-length", str(len(body)).encode()))
                await send({**begin, "headers": kept})
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self.app(scope, receive, send_clean)


def _middleware() -> list[Any]:
    from starlette.middleware import Middleware

    return [Middleware(_Offline)]
