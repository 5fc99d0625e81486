"""The one door for recordings: ``POST /answer``, whose body is the file and whose reply is HTML."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse

from sersk.demo import refusals
from sersk.demo.answering import Limits
from sersk.demo.rendering import render_problem
from sersk.demo.responding import respond

_WAITING = 16  # recordings that may wait for their turn
# A browser reads the refusal of a large file only if the whole file is taken from it. The rest is
# thrown away as it comes; of a file larger than this many times the limit, the connection is cut.
_TAKEN = 4


class Door:
    """Answers recordings, one at a time; a recording is on disk only while it is answered.

    Parameters
    ----------
    model : Pipeline
        The model.
    limits : Limits
        The limits of a recording.
    uploads : pathlib.Path
        The folder for recordings that are being answered.
    """

    def __init__(self, model: Any, limits: Limits, uploads: Path) -> None:
        self._model, self._limits, self._uploads = model, limits, uploads
        self._turn = asyncio.Semaphore(1)  # each answer keeps all processors busy
        self._n_waiting = 0

    async def take(self, request: Request) -> HTMLResponse:
        """Answer the body of a request."""
        with tempfile.TemporaryDirectory(dir=self._uploads) as folder:
            path = Path(folder) / "recording"
            if not await self._receive(request, path):
                return _refuse(413, refusals.too_large(self._limits.n_bytes))
            if self._n_waiting > _WAITING:  # the one that is being answered counts too
                return _refuse(503, refusals.BUSY)
            sound = request.query_params.get("sound") == "1"
            self._n_waiting += 1
            try:
                async with self._turn:
                    status, html = await asyncio.to_thread(
                        respond, self._model, path, self._limits, sound=sound
                    )
                    return HTMLResponse(html, status)
            finally:
                self._n_waiting -= 1

    async def _receive(self, request: Request, path: Path) -> bool:
        """Write the body to a file; return False if it is larger than may be."""
        most = self._limits.n_bytes
        n_bytes = 0
        with path.open("wb") as file:
            async for piece in request.stream():
                n_bytes += len(piece)
                if n_bytes > _TAKEN * most:
                    break
                if n_bytes <= most:
                    file.write(piece)
        return n_bytes <= most


def _refuse(status: int, sentence: str) -> HTMLResponse:
    return HTMLResponse(render_problem(sentence), status, {"connection": "close"})


class OneDoor:
    """ASGI middleware that closes every other door for uploads: Gradio has several.

    Parameters
    ----------
    app : ASGI application
        The application whose doors are closed.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        reads = scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS")
        # Not any path that ends so: Gradio has gradio_api/call/{name}, which reads the whole body.
        if reads or scope["path"].removeprefix(scope.get("root_path", "")) == "/answer":
            await self.app(scope, receive, send)
        else:
            await PlainTextResponse("Not found", 404)(scope, receive, send)
