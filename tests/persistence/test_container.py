"""Every byte of a model file counts: a damaged one is refused, and so is any other zip archive."""

import io
import warnings
import zipfile

import numpy as np
import pytest

from sersk import load_model
from sersk.persistence.container import pack, unpack


def test_any_flipped_bit_of_a_container_is_found():
    file = io.BytesIO()
    pack(file, {"a.json": b"{}", "b.npy": b"123"})
    data = file.getvalue()
    assert {name: bytes(part) for name, part in unpack(memoryview(data)).items()} == {
        "a.json": b"{}",
        "b.npy": b"123",
    }
    for place in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[place] ^= 1 << bit
            with pytest.raises(ValueError, match=r"."):
                unpack(memoryview(damaged))
        with pytest.raises(ValueError, match=r"."):
            unpack(memoryview(data[:place]))


def test_a_flipped_bit_in_a_file_is_told_and_named(saved):
    data = saved.path.read_bytes()
    for place in np.linspace(0, len(data) - 1, 60).astype(int):
        damaged = bytearray(data)
        damaged[place] ^= 16
        saved.path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"a\.sersk' is (damaged|no model)"):
            load_model(saved.path)


@pytest.mark.parametrize("behind", [b"\0", b"PK\5\6" + bytes(18)])
def test_bytes_before_or_behind_are_refused(saved, behind):
    data = saved.path.read_bytes()
    for changed in (data + behind, behind + data, data + data):
        saved.path.write_bytes(changed)
        with pytest.raises(ValueError, match="is damaged"):
            load_model(saved.path)


@pytest.mark.parametrize(
    "kind", ["compressed", "comment", "twice", "folder", "path", "extra", "reordered", "encrypted"]
)
def test_another_archive_of_the_same_members_is_refused(saved, tmp_path, kind):
    with zipfile.ZipFile(saved.path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    if kind == "reordered":
        members = dict(reversed(members.items()))
    compression = zipfile.ZIP_DEFLATED if kind == "compressed" else zipfile.ZIP_STORED
    path = tmp_path / "other.sersk"
    with zipfile.ZipFile(path, "w", compression) as new:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.extra = b"\1\2\0\0" if kind == "extra" else b""
            info.compress_type = compression
            new.writestr(info, data)
        if kind == "comment":
            new.comment = b"hello"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of zipfile, about the second of one name
            if kind in ("twice", "folder", "path"):
                other = {"twice": "schema.json", "folder": "a/", "path": "../a.npy"}[kind]
                new.writestr(other, b"{}")
    if kind == "encrypted":
        data = bytearray(path.read_bytes())
        data[6] |= 1
        path.write_bytes(data)
    with pytest.raises(ValueError, match="is damaged, or no"):
        load_model(path)


def test_a_bomb_is_not_unpacked(saved, tmp_path):
    path = tmp_path / "bomb.sersk"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("manifest.json", bytes(50_000_000))
    with pytest.raises(ValueError, match="is damaged, or no"):
        load_model(path)


def test_other_zip_tools_and_skops_read_the_file(saved):
    import skops.io

    with zipfile.ZipFile(saved.path) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "manifest.json"
    assert skops.io.get_untrusted_types(file=saved.path) == []
    read = skops.io.load(saved.path)
    np.testing.assert_array_equal(read.predict_proba(saved.X), saved.model.predict_proba(saved.X))


def test_a_newer_format_says_so(saved, monkeypatch):
    monkeypatch.setattr("sersk.persistence.container.FORMAT", 2)
    file = io.BytesIO()
    pack(file, {"a.json": b"{}"})
    monkeypatch.undo()
    saved.path.write_bytes(file.getvalue())
    with pytest.raises(ValueError, match=r"format 2, which is newer .* Install a newer sersk"):
        load_model(saved.path)


def test_what_is_no_file_is_told(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder; pass a model file in it"):
        load_model(tmp_path)
    with pytest.raises(TypeError, match="path=None; pass the name of a model file"):
        load_model(None)
