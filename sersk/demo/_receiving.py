"""The body of a request as a file, within limits of size and of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import ClientDisconnect, Request

from sersk.demo import refusals

# A browser reads the refusal of a large file only if the whole file is taken from it. The rest is
# thrown away as it comes; of a file larger than this many times the limit, the connection is cut.
_TAKEN = 4
_PAUSE = 10.0  # longest time between two pieces (s)
_BEGIN = 10.0  # time after which a sender must have been as fast as _SLOWEST on average (s)
_SLOWEST = 32 * 1024  # bytes a second


class Refused(Exception):
    """Raised if a body is refused.

    Parameters
    ----------
    status : int
        Status of HTTP.
    sentence : str
        The reason, for the visitor.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


async def receive(request: Request, path: Path, most: int) -> None:
    """Write the body of a request to a file.

    Parameters
    ----------
    request : Request
        The request. Its header about the length is not relied on.
    path : pathlib.Path
        The file.
    most : int
        Largest number of bytes. No more are written.

    Raises
    ------
    Refused
        If there are more bytes, if they come too slowly, if the disk is full, or if the sender is
        gone.
    """
    n_bytes = 0
    try:
        with path.open("wb") as file:
            async for piece in _pieces(request, most):
                n_bytes += len(piece)
                if n_bytes <= most:
                    file.write(piece)
    except OSError as error:
        await drain(request, most)
        raise Refused(507, refusals.NO_ROOM) from error
    if n_bytes > most:
        raise Refused(413, refusals.too_large(most))


async def drain(request: Request, most: int) -> None:
    """Throw the body of a request away, so that a browser reads the reply.

    Parameters
    ----------
    request : Request
        The request.
    most : int
        Largest number of bytes that would be a recording.
    """
    async for _ in _pieces(request, most):
        pass


async def _pieces(request: Request, most: int) -> AsyncIterator[bytes]:
    """Yield the body in pieces, of a large one the beginning."""
    now = asyncio.get_running_loop().time
    stream = request.stream()
    begin = now()
    n_bytes = 0
    while n_bytes <= _TAKEN * most:
        end = min(now() + _PAUSE, begin + _BEGIN + n_bytes / _SLOWEST)
        try:
            async with asyncio.timeout_at(end):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise Refused(408, refusals.SLOW_UPLOAD) from error
        except ClientDisconnect as error:
            raise Refused(400, refusals.UNREACHABLE) from error
        n_bytes += len(piece)
        yield piece
