"""What the tests of corpus loaders share: folders of empty files with the names of a corpus."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest


@pytest.fixture
def lay_out(tmp_path: Path) -> Callable[..., Path]:
    """Make empty files of the names given below a folder; the loaders must not open them."""

    def lay_out(names: Iterable[str], folder: str = "corpus") -> Path:
        root = tmp_path / folder
        for name in names:
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        return root

    return lay_out


@pytest.fixture(scope="session")
def listing(listings_path: Path) -> Callable[[str], dict[str, str]]:
    """Read the true file names of a corpus, each with its label as EmoBox lists it."""

    def listing(corpus: str) -> dict[str, str]:
        with open(listings_path / f"{corpus}.csv", newline="") as file:
            return {row["path"]: row["label"] for row in csv.DictReader(file)}

    return listing
