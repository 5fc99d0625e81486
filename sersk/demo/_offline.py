"""ASGI middleware that keeps a page from loading anything from other machines."""

from __future__ import annotations

import re
from typing import Any

# Elements by which Gradio's page loads, or prepares to load, from other machines.
_FOREIGN = re.compile(
    rb"<script[^>]*\bsrc=[\"']https?://[^>]*>\s*</script>|<link[^>]*\bhref=[\"']https?://[^>]*>"
)
_POLICY = (
    b"default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    b"style-src 'self' 'unsafe-inline'; connect-src 'self' data: blob:; frame-ancestors 'none'; "
    b"form-action 'self'; base-uri 'self'"
)


class Offline:
    """Removes addresses of other machines from pages, and forbids browsers to load from any.

    Parameters
    ----------
    app : ASGI application
        The application whose pages are changed.
    """

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
                    (b"cross-origin-resource-policy", b"same-origin"),
                ]
                message = {**message, "headers": headers}
                kind = dict(message["headers"]).get(b"content-type", b"")
                if kind.startswith(b"text/html"):
                    begin = message  # sent with the body, whose length it states
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
