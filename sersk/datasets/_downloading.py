"""Download one file from a publisher: resume after a broken connection, and verify the checksum.

The files of a corpus and their folder are in `_fetching`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sersk._utils.files import naming
from sersk._utils.progress import track
from sersk.datasets.parts import Remote

_CHUNK = 64  # KiB; the part of a chunk that arrived before a connection broke is lost
_TIMEOUT = 60  # s without a byte
_ATTEMPTS = 5


def get_text(caller: str, url: str, page: str) -> str:
    """Return a small text, such as a list of files."""
    with _get(caller, url, page) as response:
        return response.content.decode("utf-8")


def list_dataverse(caller: str, server: str, doi: str, page: str) -> list[Remote]:
    """Return the audio files of a dataset in a Dataverse repository.

    See https://guides.dataverse.org/en/latest/api/native-api.html.
    """
    answer = get_text(caller, f"{server}/api/datasets/:persistentId/?persistentId=doi:{doi}", page)
    try:
        files = [
            entry["dataFile"] for entry in json.loads(answer)["data"]["latestVersion"]["files"]
        ]
        return [
            Remote(
                file["filename"],
                f"{server}/api/access/datafile/{file['id']}",
                _checksum(file.get("checksum")),
            )
            for file in files
            if file["filename"].lower().endswith(".wav")
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise OSError(f"{caller}: {server} does not answer with a list of files.") from error


def _checksum(given: dict[str, str] | None) -> str | None:
    if not given:
        return None
    return f"{given['type'].lower().replace('-', '')}:{given['value']}"


def download(caller: str, remote: Remote, file: Path, page: str, verbose: int | bool) -> None:
    """Download a file or the rest of it; it gets its name after it is verified.

    `caller` is the name in error messages, `page` the address where the corpus is described.
    """
    import pooch

    # Its messages on stderr would break the progress display.
    pooch.get_logger().setLevel("WARNING")
    part = file.with_name(f"{file.name}.part")

    def downloader(url: str, output: str, _: Any) -> None:
        _resume(caller, url, part, page, verbose)
        os.replace(part, output)

    try:
        pooch.retrieve(remote.url, remote.checksum, file.name, file.parent, downloader=downloader)
    except ValueError as error:  # pooch found another checksum, and has removed the file
        raise ValueError(
            f"{caller}: {remote.url} gave a file that is not the published one: its checksum is "
            f"not {remote.checksum}. It was deleted. Try again; if the error persists, see {page}."
        ) from error


def _resume(caller: str, url: str, part: Path, page: str, verbose: int | bool) -> None:
    """Download the rest of `part`; reconnect if the connection breaks."""
    import requests

    for attempt in range(_ATTEMPTS):
        try:
            _continue(caller, url, part, page, verbose)
            return
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            if attempt == _ATTEMPTS - 1:
                raise _no_answer(caller, url, page, error) from error


def _continue(caller: str, url: str, part: Path, page: str, verbose: int | bool) -> None:
    # The server's name for this version of the file, so that no other version is appended to it.
    tag = part.with_name(f"{part.name}.version")
    done = part.stat().st_size if part.exists() and tag.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if done:
        headers |= {"Range": f"bytes={done}-", "If-Range": tag.read_text(encoding="utf-8")}
    with _get(caller, url, page, headers, also=(416,)) as response:
        if response.status_code == 416:  # nothing is left to send, or the file has become shorter
            done = 0 if response.headers.get("Content-Range") != f"bytes */{done}" else done
            if not done:
                part.unlink()
                _continue(caller, url, part, page, verbose)
            return
        if response.status_code != 206:  # the whole file, from the beginning
            done = 0
        version = response.headers.get("ETag") or response.headers.get("Last-Modified")
        if version and not version.startswith("W/"):
            tag.write_text(version, encoding="utf-8")
        else:
            tag.unlink(missing_ok=True)
        size = int(response.headers.get("Content-Length", 0))
        chunks = track(
            response.iter_content(_CHUNK * 1024),
            -(-size // 1024),
            f"Downloading {part.stem}",
            verbose,
            size=_CHUNK,
            unit="KiB",
        )
        with part.open("ab" if done else "wb") as file:
            for chunk in chunks:
                with naming(part):  # not around the connection, whose errors name no file
                    file.write(chunk)
                    file.flush()
    tag.unlink(missing_ok=True)


@contextmanager
def _get(
    caller: str,
    url: str,
    page: str,
    headers: dict[str, str] | None = None,
    also: Iterable[int] = (),
) -> Iterator[Any]:
    import requests

    try:
        response = requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT)
    except (requests.ConnectionError, requests.Timeout) as error:
        if headers is not None:  # a download, which `_resume` tries again
            raise
        raise _no_answer(caller, url, page, error) from error
    with response:
        if not response.ok and response.status_code not in also:
            raise OSError(
                f"{caller}: {url} answers {response.status_code} {response.reason}. The corpus may "
                f"have moved, see {page}; an address of your own can be passed as url."
            )
        yield response


def _no_answer(caller: str, url: str, page: str, error: Exception) -> OSError:
    return OSError(
        f"{caller}: no connection to {url}, or it broke repeatedly ({error}). The part that was "
        "downloaded is kept, and the next call resumes there. Without a network, get the "
        f"corpus from {page} by other means and load its folder with "
        f"{caller.replace('fetch', 'load')}."
    )
