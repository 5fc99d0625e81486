"""The server of the web page. Gradio comes with the extra ``web`` and is imported by `serve`."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sersk.demo._offline import Offline
from sersk.demo.answering import Limits
from sersk.demo.page import build_page, render_head
from sersk.inference.windows import WindowModel


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
        """Serve until Ctrl-C."""
        try:
            threading.Event().wait()
        finally:
            self.close()


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

    Returns
    -------
    server : Server
        Its address, and `close`.

    Raises
    ------
    ImportError
        If Gradio is not installed.
    OSError
        If the port is taken.
    TypeError
        If the model takes features instead of sound.
    ValueError
        If the model normalises by speaker.

    See Also
    --------
    answer : Answers one recording, without a page.

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
    # Gradio reads these variables when it is imported.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import gradio
    from starlette.middleware import Middleware
    from starlette.routing import Route

    from sersk.demo._door import Door, OneDoor

    page = build_page(gradio, model, name, limits)
    door = Route("/answer", Door(model, limits, uploads).take, methods=["POST"])
    try:
        _, url, _ = page.launch(
            server_name=host,
            server_port=port,
            share=False,
            inbrowser=False,
            quiet=True,
            prevent_thread_lock=True,
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
    except BaseException:
        shutil.rmtree(uploads, ignore_errors=True)
        raise

    def close() -> None:
        page.close(verbose=False)
        shutil.rmtree(uploads, ignore_errors=True)

    return Server(url, uploads, close)


def _warm_up(model: Any) -> None:
    """Predict noise, so that the first visitor does not wait for TensorFlow."""
    asked = WindowModel(model, "sersk demo")
    noise = np.random.default_rng(0).normal(scale=0.01, size=asked.n_clip)
    asked.predict_proba([noise.astype(np.float32)])
