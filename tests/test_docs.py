"""The documentation: examples of pages run, links resolve, and a toctree lists every page."""

import importlib.util
import re
import warnings
from pathlib import Path

import pytest
import sklearn

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def load_script(path):
    """Import a module of docs/ from its file."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, DOCS / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pages = load_script("_ext/pages.py")  # writes the API pages, as docs/conf.py does
outputs = load_script("make_outputs.py")
# without files that a build of the documentation writes
WRITTEN = {"_build", "api", "auto_examples"}
OWN = sorted(
    page
    for page in DOCS.rglob("*.md")
    if not WRITTEN & set(page.parts)
    and page.relative_to(DOCS).as_posix() not in pages.COPIES.values()
)
WITH_EXAMPLES = [page for page in OWN if "\n```python\n" in page.read_text(encoding="utf-8")]
PAGES = [*OWN, *ROOT.glob("*.md"), *(ROOT / "benchmarks").glob("*.md")]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.stem)
def test_examples_of_the_pages_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Remove corpora that a page registers.
    monkeypatch.setattr("sersk.datasets.registry._registered", {})
    text = page.read_text(encoding="utf-8")
    with sklearn.config_context(), warnings.catch_warnings():
        # scikit-learn's warning about the splitter that a page shows as a mistake
        warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
        printed, _ = outputs.run_examples(text, page.name)
    assert printed
    assert outputs.find_differences(text, page.name, printed) == []


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("", "", True),
        ("", "anger\n", False),
        ("anger\n", "", False),
        ("['anger' 'sad']\n", "['anger' 'sad']\n", True),
        ("['anger' 'sad']\n", "['anger' 'anger']\n", False),
        ("(12, 44100)\n", "(12, 44101)\n", False),
        ("UAR 0.41, chance 0.125\n", "UAR 0.42, chance 0.125\n", True),
        ("UAR 0.41, chance 0.125\n", "UAR 0.49, chance 0.125\n", False),
        ("-80.0 dB\n", "-75.0 dB\n", True),
        ("-80.0 dB\n", "80.0 dB\n", False),
        ("[1.  0.5]\n", "[0.97 0.5 ]\n", True),
        ("first\n...\nlast\n", "first\nsecond\nthird\nlast\n", True),
        ("first\n...\nlast\n", "first\nsecond\n", False),
    ],
)
def test_printed_text_is_compared_with_the_page(shown, printed, expected):
    assert outputs.agrees(shown, printed) is expected


def test_outputs_that_differ_are_written():
    page = "# Page\n\n```python\nprint(1)\n```\n\n```output\n2\n```\n\n```python\nprint(3.0)\n```\n"
    right = page.replace("\n2\n", "\n1\n") + "\n```output\n3.0\n```\n"
    printed, _ = outputs.run_examples(page, "page.md")
    assert len(outputs.find_differences(page, "page.md", printed)) == 2
    assert outputs.write_outputs(page, printed) == right
    assert outputs.find_differences(right, "page.md", printed) == []
    assert outputs.write_outputs(right.replace("3.0", "3.01"), printed) == right.replace(
        "3.0", "3.01"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def toctrees(page):
    """Return the entries of a page's toctrees, as paths from docs/ without suffix."""
    text = pages._TOCTREE.sub(
        lambda match: pages._fill_toctree(
            DOCS, page.relative_to(DOCS).with_suffix("").as_posix(), match
        ),
        page.read_text(encoding="utf-8"),
    )
    blocks = re.findall(r"^```\{toctree\}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    names = [line for block in blocks for line in block.splitlines() if line.strip(": ")]
    folder = page.parent
    return [
        (DOCS / name[1:] if name.startswith("/") else folder / name).relative_to(DOCS).as_posix()
        for name in names
        if not name.startswith(":")
    ]


def test_every_page_is_reachable_from_the_index():
    reached, left = set(), ["index"]
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            page = DOCS / f"{name}.md"
            left += toctrees(page) if page.exists() else []
    assert {page.relative_to(DOCS).with_suffix("").as_posix() for page in OWN} <= reached
    written = {"api/index", "auto_examples/index"} | {
        page.removesuffix(".md") for page in pages.COPIES.values()
    }
    assert {name for name in reached if not (DOCS / f"{name}.md").exists()} <= written


def test_the_tests_of_the_security_page_exist():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", text))
    code = "".join(path.read_text("utf-8") for path in (ROOT / "tests/demo").glob("test_*.py"))
    assert len(named) > 15
    assert named <= set(re.findall(r"^def (test_\w+)", code, flags=re.MULTILINE))
    files = re.findall(r"`(tests/[\w/]+\.py)`", text)
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_no_page_is_in_two_toctrees():
    named = [name for page in OWN for name in toctrees(page)]
    assert len(named) == len(set(named))


def test_every_public_name_is_documented():
    import sersk

    texts = pages.api_pages()
    for name in sersk.__all__:
        home = [page for page, text in texts.items() if f"   ~sersk.{name}\n" in text]
        assert len(home) == 1, name  # described on the page of its room
        assert texts["index.rst"].count(f"`~sersk.{name}`") == 1, name  # linked in the list of all
    assert "index.rst" in texts


def test_a_new_public_name_is_added_automatically(monkeypatch):
    homes = pages.find_homes()
    homes["make_coffee"] = "sersk.features.coffee"
    homes["Kitchen"] = "sersk.kitchen"  # in a new room
    monkeypatch.setattr(pages, "find_homes", lambda: homes)
    texts = pages.api_pages()
    assert "   ~sersk.make_coffee\n" in texts["features.rst"]
    assert "   ~sersk.Kitchen\n" in texts["kitchen.rst"]
    assert "   kitchen\n" in texts["index.rst"]


def test_building_blocks_are_documented_beside_the_public_names():
    texts = pages.api_pages()
    assert "sersk.signal.time_stretch" in texts["signal.rst"]
    assert "sersk.classifiers.networks.cnn" in texts["classifiers.rst"]


@pytest.mark.parametrize(
    ("source", "page", "link", "expected"),
    [
        ("docs", "", "../examples", "auto_examples/index.rst"),
        (
            "docs/guide",
            "guide",
            "../../examples/own_network.py",
            "../auto_examples/own_network.rst",
        ),
        ("docs/guide", "guide", "extend.md", "extend.md"),
        ("docs/guide", "guide", "../../sersk/pipeline.py", "../../sersk/pipeline.py"),
        ("", "project", "docs/guide/extend.md", "../guide/extend.md"),
        ("", "project", "CHANGELOG.md", "changelog.md"),
        ("benchmarks", "project", "../docs/scale.md", "../scale.md"),
        ("docs", "", "https://scikit-learn.org", "https://scikit-learn.org"),
    ],
)
def test_links_are_replaced_by_links_within_the_documentation(source, page, link, expected):
    replaced = pages.replace_links(f"See [this]({link}).", Path(source), Path(page))
    assert replaced == f"See [this]({expected})."


def test_home_page_has_the_install_line_and_the_recommended_preset():
    home = (DOCS / "index.md").read_text(encoding="utf-8")
    install = re.search(r"^python -m venv .*sersk demo$", home, flags=re.MULTILINE)[0]
    assert install in (ROOT / "README.md").read_text(encoding="utf-8")
    assert 'preset="functionals"' in outputs.EXAMPLE.search(home)["code"]


def test_figures_are_small():
    figures = list((DOCS / "images").iterdir())
    assert {"pipeline.png", "views.png", "gap.png"} <= {figure.name for figure in figures}
    assert max(figure.stat().st_size for figure in figures) < 100_000
