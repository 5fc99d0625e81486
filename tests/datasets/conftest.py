"""Fixtures for corpus loaders: folders of empty files with the names of a corpus."""

import csv
import importlib.util
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(autouse=True)
def _no_registered_corpora(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start each test with only the corpora of the package."""
    monkeypatch.setattr("sersk.datasets.registry._registered", {})


@pytest.fixture
def lay_out(tmp_path: Path) -> Callable[..., Path]:
    """Make empty files with the given names in a folder; the loaders must not open them."""

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


@pytest.fixture(scope="session")
def whole_corpus(
    listing: Callable[[str], dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Lay out empty files with all the names of a corpus; a test must not add to them."""

    @cache
    def whole_corpus(corpus: str) -> Path:
        root = tmp_path_factory.mktemp(corpus)
        for folder in {Path(name).parent for name in listing(corpus)}:
            (root / folder).mkdir(parents=True, exist_ok=True)
        for name in listing(corpus):
            (root / name).touch()
        return root

    return whole_corpus


@pytest.fixture(scope="session")
def load_pages() -> Callable[[], ModuleType]:
    """Import the module that writes the API pages, as docs/conf.py does."""

    def load_pages() -> ModuleType:
        file = Path(__file__).parents[2] / "docs" / "_ext" / "pages.py"
        spec = importlib.util.spec_from_file_location("pages", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load_pages


@pytest.fixture
def without_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read only what libsndfile reads, as where neither PyAV nor ffmpeg is installed."""
    monkeypatch.setattr("sersk.audio.engines.find_engine", lambda: None)


@pytest.fixture
def with_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find files as where PyAV is installed; none is opened."""
    monkeypatch.setattr("sersk.audio.engines.find_engine", lambda: "av")
