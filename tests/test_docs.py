"""The guide: its examples run, in order, page by page; its links lead somewhere."""

import re
import warnings
from pathlib import Path

import pytest
import sklearn

ROOT = Path(__file__).parents[1]
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
PAGES = [
    *(ROOT / "docs").rglob("*.md"),
    *ROOT.glob("*.md"),
    *(ROOT / "benchmarks").glob("*.md"),
]


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.stem)
def test_examples_of_the_guide_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    assert blocks
    names: dict = {"__name__": page.stem}
    with sklearn.config_context(), warnings.catch_warnings():
        # scikit-learn's own word on the splitter that a page shows as a mistake
        warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
        for number, block in enumerate(blocks, start=1):
            exec(compile(block, f"{page.name}, example {number}", "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_map_lists_every_page():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {
        page.relative_to(ROOT / "docs").as_posix()
        for page in (ROOT / "docs").rglob("*.md")
        if page.name != "index.md" and not {"_build", "api"} & set(page.parts)
    }
    assert pages == set(re.findall(r"\]\(((?!\.\.|https?:)[^)#]+\.md)", index))
