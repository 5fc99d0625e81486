"""Texts that are paths elsewhere, or no paths."""

import os

import pytest

from sersk.audio import UnusableClipError, read_sound


@pytest.mark.skipif(os.sep == "\\", reason="there \\ separates folders")
def test_why_a_path_of_windows_does_not_exist_here(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(UnusableClipError, match=r"does not exist; here folders are separated by /"):
        read_sound("calls\\a.wav")


@pytest.mark.parametrize("address", ["https://example.org/a.wav", "s3://bucket/a.wav"])
def test_an_address_is_no_file(address):
    with pytest.raises(UnusableClipError, match=r"does not exist; .* download it first"):
        read_sound(address)
