"""ASGI middleware that serves the page under its own names and to its own scripts alone.

A browser runs the scripts of every site that its user visits, and can reach this machine. A script
has two ways to a page on it. DNS rebinding: the site's own name suddenly has the address 127.0.0.1,
so that the browser takes the page for a part of the site; the ``Host`` is foreign. A cross-site
request to the page's address: the ``Origin`` is foreign.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from sersk.demo import refusals

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?")
EVERYWHERE = ("0.0.0.0", "::", "")  # listens on every address of the machine


def read_names(names: Collection[str]) -> frozenset[str]:
    """Return names in lower case, without ports.

    Parameters
    ----------
    names : collection of str
        Names of machines, such as "voice.example.org".

    Returns
    -------
    names : frozenset of str
        The names.

    Raises
    ------
    ValueError
        If one is no name.
    """
    read = set()
    for given in [names] if isinstance(names, str) else names:
        name = _name(given)
        if name is None:
            raise ValueError(
                f"serve: allowed_hosts has {given!r}; the name of a machine is needed, such as "
                "'voice.example.org', without http:// and without a path."
            )
        read.add(name)
    return frozenset(read)


class OwnNames:
    """Refuses requests for another name (421) and from pages of another site (403).

    Parameters
    ----------
    app : ASGI application
        The application.
    host : str
        The address that the server listens on. The loopback names are always the page's own. If
        the server listens on every address, all numeric addresses are its own, since no site has
        a numeric name, and so is the name of the machine.
    allowed : frozenset of str
        Further names, such as that of a web server in front of the page, as `read_names` returns
        them.
    """

    def __init__(self, app: Any, host: str, allowed: frozenset[str] = frozenset()) -> None:
        self.app = app
        self._allowed = allowed
        self._everywhere = host.strip("[]") in EVERYWHERE
        self._own = {"localhost", "127.0.0.1", "::1", host.strip("[]").lower(), *self._allowed}
        if self._everywhere:
            machine = socket.gethostname().lower()
            self._own |= {machine, f"{machine}.local"}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = None
        if not self._is_for_us(headers):
            refusal = PlainTextResponse(refusals.WRONG_NAME, 421, {"connection": "close"})
        elif not self._is_from_us(headers):
            refusal = PlainTextResponse(refusals.OTHER_SITE, 403, {"connection": "close"})
        else:
            # Gradio would take this header for the address of the page.
            kept = [pair for pair in scope["headers"] if pair[0] != b"x-gradio-server"]
            scope = {**scope, "headers": kept}
        await (refusal or self.app)(scope, receive, send)

    def _is_for_us(self, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        # Gradio writes the forwarded name into the page, as the address of its scripts.
        forwarded = [
            name for line in headers.getlist("x-forwarded-host") for name in line.split(",")
        ]
        return len(hosts) == 1 and all(self._is_own(name) for name in (*hosts, *forwarded))

    def _is_own(self, authority: str) -> bool:
        name = _name(authority)
        if name is None:
            return False
        return name in self._own or (self._everywhere and _is_numeric(name))

    def _is_from_us(self, headers: Headers) -> bool:
        """Tell whether a request is from the page itself, or from no page at all (curl)."""
        for origin in headers.getlist("origin"):
            scheme, separator, authority = origin.lower().partition("://")
            if scheme not in ("http", "https") or not separator:
                return False
            same = authority == headers["host"].strip().lower()
            if not same and _name(authority) not in self._allowed:
                return False
        return True


def _name(authority: str) -> str | None:
    """Return the name in "name:port" or "[::1]:port", or None if it is neither."""
    match = _AUTHORITY.fullmatch(authority.strip().lower())
    return match[1].strip("[]").rstrip(".") if match else None


def _is_numeric(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
