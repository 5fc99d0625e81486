"""The one door for recordings: ``POST /answer``, whose body is the file and whose reply is HTML."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse

from sersk.demo import refusals
from sersk.demo._receiving import Refused, drain, receive
from sersk.demo.answering import Limits
from sersk.demo.rendering import render_problem
from sersk.demo.responding import respond

MOST_AT_A_TIME = 64  # recordings that are received, wait or are answered
# What Gradio's page needs: itself, its scripts, its style. Not its programming interface, which
# can read files and addresses on behalf of the visitor.
_PAGE = ("/", "/theme.css", "/favicon.ico", "/robots.txt")
_PAGE_FOLDERS = ("/assets/", "/static/", "/svelte/")


class Door:
    """Answers recordings, one at a time; a recording is on disk only while it is answered.

    Parameters
    ----------
    model : Pipeline
        The model.
    limits : Limits
        The limits of a recording.
    uploads : pathlib.Path
        The folder for recordings that are being answered. Each has a folder of its own in it.
    """

    def __init__(self, model: Any, limits: Limits, uploads: Path) -> None:
        self._model, self._limits, self._uploads = model, limits, uploads
        self._turn = asyncio.Semaphore(1)  # each answer keeps all processors busy
        self._n_inside = 0

    async def take(self, request: Request) -> HTMLResponse:
        """Answer the body of a request."""
        try:
            if self._n_inside >= MOST_AT_A_TIME:
                await drain(request, self._limits.n_bytes)
                raise Refused(503, refusals.BUSY)
            self._n_inside += 1
            try:
                return await self._answer(request)
            finally:
                self._n_inside -= 1
        except Refused as refused:
            headers = {"connection": "close"}
            if refused.status == 503:
                headers["retry-after"] = "60"
            return HTMLResponse(render_problem(refused.sentence), refused.status, headers)

    async def _answer(self, request: Request) -> HTMLResponse:
        try:
            folder = tempfile.TemporaryDirectory(dir=self._uploads, ignore_cleanup_errors=True)
        except OSError as error:
            await drain(request, self._limits.n_bytes)
            raise Refused(507, refusals.NO_ROOM) from error
        with folder:
            path = Path(folder.name) / "recording"
            await receive(request, path, self._limits.n_bytes)
            sound = request.query_params.get("sound") == "1"
            async with self._turn:
                if await request.is_disconnected():
                    raise Refused(400, refusals.UNREACHABLE)  # nobody reads it
                status, html = await asyncio.to_thread(
                    respond, self._model, path, self._limits, sound=sound
                )
        return HTMLResponse(html, status)


class OneDoor:
    """ASGI middleware that closes every other door of Gradio, for uploads and for files.

    Parameters
    ----------
    app : ASGI application
        The application whose doors are closed.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or (scope["type"] == "http" and _is_open(scope)):
            await self.app(scope, receive, send)
        else:
            await PlainTextResponse("Not found", 404)(scope, receive, send)


def _is_open(scope: Any) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if scope["method"] == "POST":
        # Not any path that ends so: Gradio has gradio_api/call/{name}, which reads the whole body.
        return bool(path == "/answer")
    if scope["method"] not in ("GET", "HEAD"):
        return False
    is_plain = ".." not in path and "\\" not in path
    return path in _PAGE or (path.startswith(_PAGE_FOLDERS) and is_plain)
