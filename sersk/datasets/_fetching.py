"""What every fetcher shares: download from a publisher, unpack, and never leave half a corpus.

Where a corpus is published, and what its names mean, is each corpus's own file. A corpus's folder
appears under its name when all of it is there; what is not finished has a name with `.part`, and
is gone on with by the next call.
"""

import json
import os
import shutil
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from sersk._utils.progress import track

_CHUNK = 64  # KiB; what a connection that breaks off in a chunk has brought of it is lost
_TIMEOUT = 60  # s without a byte
_ATTEMPTS = 5
_CONNECTIONS = 8  # at a time, where a corpus is published file by file


@dataclass(frozen=True)
class Remote:
    """A file of a publisher; `checksum` such as "md5:..." where one is published."""

    name: str
    url: str
    checksum: str | None = None


def get_data_home(data_home: str | os.PathLike[str] | None) -> Path:
    """Return the folder of fetched corpora: as given, SERSK_DATA_HOME, or ~/sersk_data."""
    if data_home is None:
        data_home = os.environ.get("SERSK_DATA_HOME", Path("~", "sersk_data"))
    return Path(data_home).expanduser()


def fetch_archive(
    who: str,
    corpus: str,
    remote: Remote,
    page: str,
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
    verbose: int | bool,
) -> Path:
    """Return the folder of a corpus that is published as one zip archive; fetch it if need be."""
    folder = get_data_home(data_home) / corpus

    def fill(part: Path) -> None:
        archive = folder.parent / remote.name
        given = archive.exists()
        _download(who, remote, archive, page, verbose)
        try:
            _unpack(who, archive, part)
        finally:
            if not given:  # an archive that somebody put there is theirs
                archive.unlink()

    return _fetch(who, folder, fill, page, download_if_missing, keep_part=False)


def fetch_files(
    who: str,
    corpus: str,
    list_files: Callable[[Path], Sequence[Remote]],
    page: str,
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
    verbose: int | bool,
) -> Path:
    """Return the folder of a corpus that is published file by file; fetch it if need be."""
    folder = get_data_home(data_home) / corpus

    def fill(part: Path) -> None:
        files = list_files(part)
        if not files:
            raise OSError(f"{who}: the publisher's list of files is empty, see {page}.")
        parallel = Parallel(_CONNECTIONS, prefer="threads", return_as="generator")
        done = parallel(
            delayed(_download)(who, remote, part / remote.name, page, 0) for remote in files
        )
        for _ in track(done, len(files), f"Fetching {corpus}", verbose, unit="files"):
            pass

    return _fetch(who, folder, fill, page, download_if_missing, keep_part=True)


def get_text(who: str, url: str, page: str) -> str:
    """Return a small text, such as a list of files."""
    with _get(who, url, page) as response:
        return response.content.decode("utf-8")


def list_dataverse(who: str, server: str, doi: str, page: str) -> list[Remote]:
    """Return the audio files of a dataset in a Dataverse repository.

    See https://guides.dataverse.org/en/latest/api/native-api.html.
    """
    answer = get_text(who, f"{server}/api/datasets/:persistentId/?persistentId=doi:{doi}", page)
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
        raise OSError(
            f"{who}: {server} answers with something else than a list of files."
        ) from error


def _checksum(given: dict[str, str] | None) -> str | None:
    if not given:
        return None
    return f"{given['type'].lower().replace('-', '')}:{given['value']}"


def _fetch(
    who: str,
    folder: Path,
    fill: Callable[[Path], None],
    page: str,
    download_if_missing: bool,
    keep_part: bool,
) -> Path:
    if folder.is_dir():
        return folder
    if not download_if_missing:
        raise FileNotFoundError(
            f"{who}: there is no {str(folder)!r}, and download_if_missing is False."
        )
    part = folder.with_name(f"{folder.name}.part")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(f".{folder.name}.lock")):
        if folder.is_dir():  # another process was quicker
            return folder
        if part.exists() and not keep_part:
            shutil.rmtree(part)
        part.mkdir(exist_ok=True)
        try:
            fill(part)
            part.rename(folder)
        except OSError as error:
            if error.errno is None or error.filename is None:
                raise
            raise OSError(
                error.errno, f"{who}: {error.strerror}; nothing incomplete is used", error.filename
            ) from error
        finally:
            if part.exists() and not keep_part:
                shutil.rmtree(part, ignore_errors=True)
    return folder


def _download(who: str, remote: Remote, file: Path, page: str, verbose: int | bool) -> None:
    """Download a file, or go on with it, check it, and only then give it its name."""
    import pooch

    pooch.get_logger().setLevel("WARNING")  # its news on stderr would break the progress display
    part = file.with_name(f"{file.name}.part")

    def downloader(url: str, output: str, _: Any) -> None:
        _resume(who, url, part, page, verbose)
        os.replace(part, output)

    try:
        pooch.retrieve(remote.url, remote.checksum, file.name, file.parent, downloader=downloader)
    except ValueError as error:  # pooch's word for another checksum; it has removed the file
        raise ValueError(
            f"{who}: {remote.url} gave a file that is not the published one: its checksum is not "
            f"{remote.checksum}. Nothing of it is kept. Try again; if it stays so, see {page}."
        ) from error


def _resume(who: str, url: str, part: Path, page: str, verbose: int | bool) -> None:
    """Fill `part`, from where it is to the end, over as many connections as it takes."""
    import requests

    for attempt in range(_ATTEMPTS):
        try:
            _go_on(who, url, part, page, verbose)
            return
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            if attempt == _ATTEMPTS - 1:
                raise _no_answer(who, url, page, error) from error


def _go_on(who: str, url: str, part: Path, page: str, verbose: int | bool) -> None:
    # What the server calls this version of the file: another version is not appended to it.
    tag = part.with_name(f"{part.name}.version")
    done = part.stat().st_size if part.exists() and tag.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if done:
        headers |= {"Range": f"bytes={done}-", "If-Range": tag.read_text(encoding="utf-8")}
    with _get(who, url, page, headers, also=(416,)) as response:
        if response.status_code == 416:  # nothing is left to send, or the file has shrunk
            done = 0 if response.headers.get("Content-Range") != f"bytes */{done}" else done
            if not done:
                part.unlink()
                _go_on(who, url, part, page, verbose)
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
                file.write(chunk)
    tag.unlink(missing_ok=True)


@contextmanager
def _get(
    who: str,
    url: str,
    page: str,
    headers: dict[str, str] | None = None,
    also: Iterable[int] = (),
) -> Iterator[Any]:
    import requests

    try:
        response = requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT)
    except (requests.ConnectionError, requests.Timeout) as error:
        if headers is not None:  # a download: tried again by its caller
            raise
        raise _no_answer(who, url, page, error) from error
    with response:
        if not response.ok and response.status_code not in also:
            raise OSError(
                f"{who}: {url} answers {response.status_code} {response.reason}. The corpus may "
                f"have moved, see {page}; an address of your own can be passed as url."
            )
        yield response


def _no_answer(who: str, url: str, page: str, error: Exception) -> OSError:
    return OSError(
        f"{who}: no connection to {url}, or it broke off again and again ({error}). What has come "
        f"is kept, and the next call goes on from there. Without a network, get the corpus from "
        f"{page} by other means and load its folder with {who.replace('fetch', 'load')}."
    )


def _unpack(who: str, archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as packed:
            members = packed.infolist()
            for member in members:
                target = (folder / member.filename).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise ValueError(
                        f"{who}: {str(archive)!r} holds {member.filename!r}, a path that leads "
                        "out of its folder. Nothing was unpacked."
                    )
            needed = sum(member.file_size for member in members)
            if needed > (free := shutil.disk_usage(folder).free):
                raise OSError(
                    f"{who}: {needed / 1e6:.0f} MB are needed in {str(folder.parent)!r}, "
                    f"{free / 1e6:.0f} MB are free."
                )
            packed.extractall(folder)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{who}: {str(archive)!r} is no sound zip archive ({error}). Remove it if you put it "
            "there, and call again to download it anew."
        ) from error


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Let one process at a time fetch a corpus; others wait."""
    with file.open("a") as handle:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield  # the lock goes with the handle, also when the process is killed
