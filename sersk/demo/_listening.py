"""A web server in a thread: its socket, its limits of connections and of time."""

from __future__ import annotations

import errno
import socket
import threading
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sersk.demo._names import EVERYWHERE

_FIRST_PORT, _N_PORTS = 7860, 100
_CONNECTIONS = (
    256  # at a time; each needs a file descriptor, of which a process has about a thousand
)
_HEAD_TIME = 10.0  # s within which a connection must send the head of its next request
_LAST_TIME = 3  # s for replies to end when the server is closed


class _Hurried(H11Protocol):
    """Closes a connection that sends no complete head of a request in time.

    uvicorn limits the time between two requests only until the first byte of the second, and that
    of the first request not at all.
    """

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect_request()

    def _expect_request(self) -> None:
        self.loop.call_later(_HEAD_TIME, self._close_if_silent, self.cycle)

    def _close_if_silent(self, last: Any) -> None:
        if self.cycle is last and not self.transport.is_closing():
            self.transport.close()


def open_socket(host: str, port: int | None) -> socket.socket:
    """Listen on an address.

    Parameters
    ----------
    host : str
        The address.
    port : int or None
        The port; None takes the first free one from 7860 on.

    Returns
    -------
    listening : socket.socket
        The socket.

    Raises
    ------
    OSError
        If the address is none of this machine, or the port is taken.
    """
    last = _FIRST_PORT + _N_PORTS - 1
    for number in range(_FIRST_PORT, last + 1) if port is None else (port,):
        try:
            found = socket.getaddrinfo(
                host.strip("[]") or None, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            family, _, _, _, address = min(found, key=lambda info: info[0] != socket.AF_INET)
            return socket.create_server(address, family=family, backlog=_CONNECTIONS)
        except OSError as error:
            if port is None and error.errno == errno.EADDRINUSE:
                continue
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"can't be used: {error}"
            raise OSError(
                error.errno,
                f"serve: port {number} of {host!r} {reason}. Choose another port or host",
            ) from error
    raise OSError(
        errno.EADDRINUSE, f"serve: all ports from {_FIRST_PORT} to {last} are taken. Choose a port"
    )


class Listener:
    """Serves an application in a thread until `close`.

    Parameters
    ----------
    app : ASGI application
        The application.
    listening : socket.socket
        The socket.
    """

    def __init__(self, app: Any, listening: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            http=_Hurried,
            ws="none",
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=_LAST_TIME,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="sersk demo --web", daemon=True
        )
        self._socket = listening
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
            if not self._thread.is_alive():
                listening.close()
                raise OSError("serve: the web server could not start; its log has the reason.")

    def close(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join(2 * _LAST_TIME)
        self._socket.close()


def tell_url(host: str, listening: socket.socket) -> str:
    """Return the address of a page for a browser on this machine.

    Parameters
    ----------
    host : str
        The address that the server listens on.
    listening : socket.socket
        Its socket.

    Returns
    -------
    url : str
        The address.
    """
    name = host.strip("[]")
    name = "localhost" if name in EVERYWHERE else f"[{name}]" if ":" in name else name
    return f"http://{name}:{listening.getsockname()[1]}/"
