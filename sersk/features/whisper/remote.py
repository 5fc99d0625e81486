"""Read parts of a file on a server by HTTP ranges; if it has none, the file from its beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sersk.features.whisper.safetensors import Place, header_size, parse_header

_TIMEOUT = 60  # s without a byte
_CHUNK = 1 << 16  # bytes


class Broken(OSError):
    """No connection, or it broke: another attempt may succeed."""


def read_header(url: str) -> dict[str, Place]:
    """Return where the tensors of a safetensors file are.

    Parameters
    ----------
    url : str
        Address of the file.

    Returns
    -------
    places : dict of str to Place
        Name and place of each tensor.

    Raises
    ------
    OSError
        If the server can't be reached or refuses.
    ValueError
        If the file is no safetensors file.
    """
    with open_at(url, 0, 8) as (_, stream):
        start = stream(8)
    with open_at(url, 0, header_size(start)) as (_, stream):
        return parse_header(stream(header_size(start)))


def read_tensors(url: str, places: dict[str, Place], accept: Callable[[str, bytes], None]) -> None:
    """Read some tensors, neighbours by one request.

    Parameters
    ----------
    url : str
        Address of the file.
    places : dict of str to Place
        Name and place of each tensor that is wanted.
    accept : callable
        Is given the name and the bytes of each tensor as soon as it is complete.

    Raises
    ------
    OSError
        If the server can't be reached or refuses, or the connection breaks.
    """
    left = sorted(places.items(), key=lambda item: item[1].begin)
    while left:
        n_together = _count_neighbours([place for _, place in left])
        with open_at(url, left[0][1].begin, left[n_together - 1][1].end) as (position, stream):
            if position == 0:  # no ranges: the whole file arrives, with all of the tensors
                n_together = len(left)
            for name, place in left[:n_together]:
                stream(place.begin - position, keep=False)
                accept(name, stream(place.end - place.begin))
                position = place.end
        del left[:n_together]


@contextmanager
def open_at(
    url: str, begin: int, end: int | None = None
) -> Iterator[tuple[int, Callable[..., bytes]]]:
    """Open a file at a byte.

    Parameters
    ----------
    url : str
        Address of the file.
    begin : int
        First byte that is wanted.
    end : int or None, default=None
        The one after the last; None for the end of the file.

    Yields
    ------
    position : int
        `begin`, or 0 if the server has no ranges and sends the whole file.
    read : callable
        ``read(n_bytes, keep=True)`` returns the next bytes, or skips them.

    Raises
    ------
    Broken
        If there is no connection, or it breaks.
    OSError
        If the server refuses.
    """
    import requests

    wanted = f"bytes={begin}-" + ("" if end is None else str(end - 1))
    headers = {"Accept-Encoding": "identity", "Range": wanted}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            if not response.ok:
                raise OSError(f"{url} answers {response.status_code} {response.reason}")
            yield (begin if response.status_code == 206 else 0), _reader(response)
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
    ) as error:
        raise Broken(f"no connection to {url}, or it broke ({error})") from error


def _reader(response: Any) -> Callable[..., bytes]:
    chunks = response.iter_content(_CHUNK)
    rest = bytearray()

    def read(n_bytes: int, keep: bool = True) -> bytes:
        kept = bytearray()
        while n_bytes:
            if not rest:
                chunk = next(chunks, b"")
                if not chunk:
                    raise Broken(f"{response.url} ended {n_bytes} bytes too early")
                rest.extend(chunk)
            part = rest[:n_bytes]
            n_bytes -= len(part)
            del rest[: len(part)]
            if keep:
                kept += part
        return bytes(kept)

    return read


def _count_neighbours(places: Sequence[Place]) -> int:
    """Return how many of the first places follow each other without a gap."""
    n_together = 1
    while n_together < len(places) and places[n_together].begin == places[n_together - 1].end:
        n_together += 1
    return n_together
