"""The server of the web page. Gradio comes with the extra ``web`` and is imported by `serve`."""

from __future__ import annotations

import atexit
import importlib.util
import os
import signal
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sersk.demo._folder import UploadsFolder
from sersk.demo._offline import Offline
from sersk.demo.answering import Limits
from sersk.demo.page import build_page, render_head
from sersk.inference.windows import WindowModel

if TYPE_CHECKING:
    from sersk.demo._listening import Listener


@dataclass
class Server:
    """A page that is being served, until `close`.

    Attributes
    ----------
    url : str
        The address of the page.
    uploads : pathlib.Path
        The folder that holds a recording while it is answered.

    See Also
    --------
    serve : Starts a server.

    Examples
    --------
    >>> from sersk.demo.serving import Server
    >>> Server.__name__
    'Server'
    """

    url: str
    uploads: Path
    _close: Callable[[], None] = field(repr=False)

    def close(self) -> None:
        """Stop serving, and delete the folder of recordings."""
        self._close()

    def wait(self) -> None:
        """Serve until Ctrl-C or SIGTERM."""
        is_main = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGTERM, _leave) if is_main else None
        try:
            threading.Event().wait()
        finally:
            self.close()
            if is_main:
                signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)


def check_gradio() -> None:
    """Raise an error if Gradio is not installed.

    Raises
    ------
    ImportError
        If Gradio is not installed; the message says how to install it.
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
    allowed_hosts: Collection[str] = (),
) -> Server:
    """Serve a page that predicts the emotion of recordings; return at once.

    Parameters
    ----------
    model : Pipeline
        A fitted pipeline as `sersk.make_ser_pipeline` makes it.
    name : str, default="model"
        The name of the model on the page.
    host : str, default="127.0.0.1"
        Address to listen on. The default is reachable from this machine only; "0.0.0.0" is
        reachable by everybody who can reach the machine.
    port : int or None, default=None
        Port; None takes the first free one from 7860 on.
    limits : Limits or None, default=None
        Largest size, duration and working time of a recording; None takes the defaults.
    allowed_hosts : collection of str, default=()
        Further names under which browsers reach the page, such as that of a web server in front
        of it. Requests for other names and from pages of other sites are refused.

    Returns
    -------
    server : Server
        Its address, and `close`.

    Raises
    ------
    ImportError
        If Gradio is not installed.
    OSError
        If the address is none of this machine, or the port is taken.
    TypeError
        If the model takes features instead of sound.
    ValueError
        If the model normalises by speaker, or one of the allowed hosts is no name.

    See Also
    --------
    answer : Answers one recording, without a page.

    Examples
    --------
    >>> from sersk import load_model
    >>> from sersk.demo import serve
    >>> serve(load_model("model.sersk")).wait()  # doctest: +SKIP
    """
    check_gradio()
    from sersk.demo._names import read_names

    allowed = read_names(allowed_hosts)
    limits = limits or Limits()
    _warm_up(model)
    folder = UploadsFolder()
    try:
        listener, url = _listen(model, name, host, port, limits, allowed, folder.path)
    except BaseException:
        folder.remove()
        raise

    def close() -> None:
        atexit.unregister(close)
        listener.close()
        folder.remove()

    atexit.register(close)
    return Server(url, folder.path, close)


def _listen(
    model: Any,
    name: str,
    host: str,
    port: int | None,
    limits: Limits,
    allowed: frozenset[str],
    uploads: Path,
) -> tuple[Listener, str]:
    # Gradio reads these variables when it is imported.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import gradio
    from fastapi import FastAPI
    from starlette.middleware import Middleware
    from starlette.routing import Route

    from sersk.demo._door import Door, OneDoor
    from sersk.demo._listening import Listener, open_socket, tell_url
    from sersk.demo._names import OwnNames

    page = build_page(gradio, model, name, limits)
    door = Route("/answer", Door(model, limits, uploads).take, methods=["POST"])
    # Outside of Gradio, which answers some requests before any middleware of its own is asked.
    guard = Middleware(OwnNames, host=host, allowed=allowed)
    app = FastAPI(middleware=[guard], docs_url=None, redoc_url=None, openapi_url=None)
    listening = open_socket(host, port)
    url = tell_url(host, listening)
    try:
        gradio.mount_gradio_app(
            app,
            page,
            path="/",
            server_name=host,
            server_port=listening.getsockname()[1],
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            mcp_server=False,
            ssr_mode=False,
            pwa=False,
            theme=gradio.themes.Base(font=["system-ui"], font_mono=["ui-monospace"]),
            head=render_head(),
            app_kwargs={
                "middleware": [Middleware(Offline), Middleware(OneDoor)],
                "routes": [door],
            },
        )
        return Listener(app, listening), url
    except BaseException:
        listening.close()
        raise


def _warm_up(model: Any) -> None:
    """Predict noise, so that the first visitor does not wait for TensorFlow."""
    asked = WindowModel(model, "sersk demo")
    noise = np.random.default_rng(0).normal(scale=0.01, size=asked.n_clip)
    asked.predict_proba([noise.astype(np.float32)])
