"""The container of a model file: a zip archive of one form, every byte of which is accounted for.

Members are stored, not compressed, one after the other, without anything between or behind them.
``manifest.json`` names the SHA-256 of each other member, and ``seal.txt`` is that of the manifest.
Headers hold nothing but names, sizes and CRC-32 of the members, so that they follow from these:
a file whose headers are any other bytes is refused. Nothing is unpacked here, and no path is made.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, BinaryIO
from zlib import crc32

MANIFEST, SEAL = "manifest.json", "seal.txt"
FORMAT = 1  # of the file: what is in it and how it is read
MOST_BYTES = (1 << 32) - (1 << 20)  # what 32 bits of a zip archive can address, and headers
_MOST_MEMBERS = 50_000
_LOCAL, _CENTRAL, _END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
_TIME, _DATE = 0, (1 << 5) | 1  # 1 January 1980: the same model gives the same bytes
_VERSION = 20


class DamagedFileError(ValueError):
    """A model file is not what was written."""


def pack(file: BinaryIO, members: Mapping[str, bytes]) -> None:
    """Write a container.

    Parameters
    ----------
    file : binary file
        Open for writing, at its beginning.
    members : mapping of str to bytes
        Contents by name, in the order of the file.

    Raises
    ------
    ValueError
        If they are larger than a container can be.
    """
    listed = {
        name: {"bytes": len(data), "sha256": sha256(data).hexdigest()}
        for name, data in members.items()
    }
    manifest = json.dumps({"format": FORMAT, "members": listed}, indent=1).encode()
    whole = {MANIFEST: manifest, **members, SEAL: sha256(manifest).hexdigest().encode()}
    if sum(map(len, whole.values())) > MOST_BYTES or len(whole) > _MOST_MEMBERS:
        raise ValueError("a .sersk file holds at most 4 GB; save it as .joblib")
    sizes = [(name, len(data), crc32(data)) for name, data in whole.items()]
    headers, end = _make_headers(sizes)
    for header, data in zip(headers, whole.values(), strict=True):
        file.write(header)
        file.write(data)
    file.write(end)


def unpack(data: memoryview) -> dict[str, memoryview]:
    """Return the members of a container, whose checksums are right.

    Parameters
    ----------
    data : memoryview
        The whole file.

    Returns
    -------
    members : dict of str to memoryview
        Contents by name, without manifest and seal. Nothing is copied.

    Raises
    ------
    DamagedFileError
        If any byte is not as it was written.
    ValueError
        If the file has a newer format.
    """
    members = dict(_walk(data))
    sizes = [(name, len(part), crc32(part)) for name, part in members.items()]
    headers, end = _make_headers(sizes)
    position = 0
    for header, part in zip(headers, members.values(), strict=True):
        if data[position : position + len(header)] != header:
            raise DamagedFileError("the header of a member is not as it was written")
        position += len(header) + len(part)
    if data[position:] != end:
        raise DamagedFileError("the end is not as it was written")
    names = list(members)
    if names[:1] != [MANIFEST] or names[-1:] != [SEAL] or len(names) < 2:
        raise DamagedFileError(f"it does not begin with {MANIFEST} and end with {SEAL}")
    manifest, seal = members.pop(MANIFEST), members.pop(SEAL)
    if seal != sha256(manifest).hexdigest().encode():
        raise DamagedFileError(f"{MANIFEST} does not agree with {SEAL}")
    _check(_read_manifest(manifest), members)
    return members


def parse_json(data: Any) -> Any:
    """Return what a member in JSON holds.

    Parameters
    ----------
    data : memoryview
        The member.

    Returns
    -------
    value : object
        Of types of JSON.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return json.loads(bytes(data).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON ({type(error).__name__}: {error})") from error


def _read_manifest(data: memoryview) -> dict[str, Any]:
    manifest = parse_json(data)
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise ValueError("its manifest states no format")
    if found > FORMAT:
        raise ValueError(
            f"it has format {found}, which is newer than this sersk, which reads formats up to "
            f"{FORMAT}. Install a newer sersk"
        )
    if not isinstance(manifest.get("members"), dict):
        raise ValueError("its manifest lists no members")
    return manifest["members"]


def _check(listed: dict[str, Any], members: dict[str, memoryview]) -> None:
    if list(listed) != list(members):
        raise DamagedFileError("its members are not those of its manifest")
    for name, data in members.items():
        expected = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
        if listed[name] != expected:
            raise DamagedFileError(f"{name!r} does not agree with its checksum")


def _walk(data: memoryview) -> Iterable[tuple[str, memoryview]]:
    """Yield names and contents by the local headers, up to the first other bytes."""
    position = 0
    seen: set[str] = set()
    while data[position : position + 4] == _LOCAL:
        header = bytes(data[position : position + 30])
        if len(header) < 30:
            raise DamagedFileError("it is cut")
        size, n_name = struct.unpack("<I", header[22:26])[0], struct.unpack("<H", header[26:28])[0]
        begin = position + 30 + n_name
        try:
            name = bytes(data[position + 30 : begin]).decode("ascii")
        except UnicodeDecodeError:
            raise DamagedFileError("the name of a member is not as it was written") from None
        if not is_plain(name) or name in seen or len(seen) >= _MOST_MEMBERS:
            raise DamagedFileError(f"it has a member {name[:80]!r}, or has it twice")
        if begin + size > len(data):
            raise DamagedFileError("it is cut")
        seen.add(name)
        yield name, data[begin : begin + size]
        position = begin + size


def is_plain(name: str) -> bool:
    """Return whether a name is one of a member: letters, digits, ``-_.``, no folder.

    Parameters
    ----------
    name : str
        The name.

    Returns
    -------
    plain : bool
        Whether it is.
    """
    rest = name.replace("-", "").replace("_", "").replace(".", "")
    return 0 < len(name) < 100 and name[0] != "." and rest.isascii() and rest.isalnum()


def _make_headers(sizes: list[tuple[str, int, int]]) -> tuple[list[bytes], bytes]:
    """Return the header before each member, and the directory with its end."""
    locals_, directory, position = [], [], 0
    for name, size, check in sizes:
        given = (_VERSION, 0, 0, _TIME, _DATE, check, size, size, len(name))
        local = _LOCAL + struct.pack("<5H3I2H", *given, 0) + name.encode("ascii")
        entry = struct.pack("<6H3I5H2I", _VERSION, *given, 0, 0, 0, 0, 0, position)
        directory.append(_CENTRAL + entry + name.encode("ascii"))
        locals_.append(local)
        position += len(local) + size
    central = b"".join(directory)
    n = min(len(sizes), 0xFFFF)
    end = _END + struct.pack("<4H2IH", 0, 0, n, n, len(central), position, 0)
    return locals_, central + end
