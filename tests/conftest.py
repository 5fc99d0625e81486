"""Fixtures: where the real recordings are, and a few of their clips."""

import os
from pathlib import Path

import pytest

_DATA = Path(os.environ.get("SERSK_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data_path() -> Path:
    """The folder of real recordings; the test is skipped where it is absent."""
    if not (_DATA / "ravdess").is_dir():
        pytest.skip(f"the real recordings are not in {_DATA} (set SERSK_DATA)")
    return _DATA


@pytest.fixture(scope="session")
def ravdess_path(data_path: Path) -> Path:
    return data_path / "ravdess"


@pytest.fixture(scope="session")
def urdu_path(data_path: Path) -> Path:
    return data_path / "urdu"


@pytest.fixture(scope="session")
def listings_path(data_path: Path) -> Path:
    return data_path / "listings"
