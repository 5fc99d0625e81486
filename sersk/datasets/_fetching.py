"""Fetch a corpus from its publisher into its folder, completely or not at all.

One file is downloaded by `_downloading`. The folder of a corpus gets its name when it is complete;
until then the name ends in `.part`, and the next call resumes there.
"""

from __future__ import annotations

import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from joblib import Parallel, delayed

from sersk._utils.files import locked, naming
from sersk._utils.paths import as_path
from sersk._utils.progress import track
from sersk.datasets._downloading import download
from sersk.datasets.parts import Remote

_CONNECTIONS = 8  # at a time, if a corpus is published file by file


def get_data_home(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of fetched corpora.

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        The folder; None takes the environment variable ``SERSK_DATA_HOME``, or ``~/sersk_data``.

    Returns
    -------
    folder : pathlib.Path
        The folder, which need not exist.

    Raises
    ------
    ValueError
        If it is empty.

    See Also
    --------
    fetch_corpus : Puts a corpus there.

    Examples
    --------
    >>> from sersk.datasets import get_data_home
    >>> get_data_home("corpora").name
    'corpora'
    """
    if data_home is None:
        data_home = os.environ.get("SERSK_DATA_HOME", Path("~", "sersk_data"))
    return as_path(data_home, "data_home")


def fetch_archive(
    caller: str,
    corpus: str,
    remote: Remote,
    page: str,
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
    verbose: int | bool,
) -> Path:
    """Return the folder of a corpus that is published as one zip archive; fetch it if missing.

    `caller` is the name in error messages, `page` the address where the corpus is described.
    """
    folder = get_data_home(data_home) / corpus

    def fill(part: Path) -> None:
        archive = folder.parent / remote.name
        given = archive.exists()
        download(caller, remote, archive, page, verbose)
        try:
            _unpack(caller, archive, part)
        finally:
            if not given:  # an archive that a user put there is kept
                archive.unlink()

    return _fetch(caller, folder, fill, page, download_if_missing, keep_part=False)


def fetch_files(
    caller: str,
    corpus: str,
    list_files: Callable[[], Sequence[Remote]],
    page: str,
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
    verbose: int | bool,
) -> Path:
    """Return the folder of a corpus that is published file by file; fetch it if missing."""
    folder = get_data_home(data_home) / corpus

    def fill(part: Path) -> None:
        files = list_files()
        if not files:
            raise OSError(f"{caller}: the publisher's list of files is empty, see {page}.")
        parallel = Parallel(_CONNECTIONS, prefer="threads", return_as="generator")
        done = parallel(
            delayed(download)(caller, remote, part / remote.name, page, 0) for remote in files
        )
        for _ in track(done, len(files), f"Fetching {corpus}", verbose, unit="files"):
            pass

    return _fetch(caller, folder, fill, page, download_if_missing, keep_part=True)


def _fetch(
    caller: str,
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
            f"{caller}: there is no {str(folder)!r}, and download_if_missing is False."
        )
    part = folder.with_name(f"{folder.name}.part")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(f".{folder.name}.lock")):
        if folder.is_dir():  # another process has fetched it meanwhile
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
                error.errno,
                f"{caller}: {error.strerror}; nothing incomplete is used",
                error.filename,
            ) from error
        finally:
            if part.exists() and not keep_part:
                shutil.rmtree(part, ignore_errors=True)
    return folder


def _unpack(caller: str, archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as packed:
            members = packed.infolist()
            for member in members:
                target = (folder / member.filename).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise ValueError(
                        f"{caller}: {str(archive)!r} holds {member.filename!r}, a path that leads "
                        "out of its folder. Nothing was unpacked."
                    )
            needed = sum(member.file_size for member in members)
            if needed > (free := shutil.disk_usage(folder).free):
                raise OSError(
                    f"{caller}: {needed / 1e6:.0f} MB are needed in {str(folder.parent)!r}, "
                    f"{free / 1e6:.0f} MB are free."
                )
            with naming(folder):
                packed.extractall(folder)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{caller}: {str(archive)!r} is not a readable zip archive ({error}). Remove it if "
            "you put it there, and call again to download it."
        ) from error
