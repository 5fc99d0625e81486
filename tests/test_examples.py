"""Examples have the form that the gallery needs.

They run when the documentation is built (`.ci/check`), in one process, with warnings of sersk and
scikit-learn as errors, so that a failing example fails the build. Running each here again would
load TensorFlow nine times more.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
CONF = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_example_has_a_title_and_describes_its_clips(example):
    text = example.read_text(encoding="utf-8")
    title, line, *rest = ast.get_docstring(ast.parse(text)).splitlines()
    assert line == "=" * len(title)
    assert "synthetic babble, made by a program" in " ".join(rest)
    assert "# %%\n" in text
    assert "plt.show()" in text  # its first figure is its picture in the gallery


def test_the_gallery_runs_all_examples_and_every_check_builds_it():
    pattern = re.search(r'"filename_pattern": r"(.*?)"', CONF)[1]
    assert all(re.search(pattern, str(example)) for example in EXAMPLES)
    assert not re.search(r"ignore_pattern|plot_gallery|expected_failing", CONF)
    assert "sphinx -W" in (ROOT / ".ci" / "check").read_text(encoding="utf-8")


def test_order_of_examples_is_complete():
    text = (ROOT / "docs" / "_ext" / "pages.py").read_text(encoding="utf-8")
    named = set(re.findall(r'^    "(\w+)",$', text[text.index("EXAMPLES = (") :], flags=re.M))
    assert {example.stem for example in EXAMPLES} >= named
