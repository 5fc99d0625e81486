"""The command accepts every `sersk` line of the README and the guide."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from sersk.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]


def commands(page):
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    for line in "".join(blocks).splitlines():
        words = shlex.split(line, comments=True)
        while "|" in words:
            words = words[words.index("|") + 1 :]
        if words[:1] == ["sersk"]:
            yield words[1:]


LINES = [(page.name, words) for page in PAGES for words in commands(page)]


def test_commands_are_found():
    assert len(LINES) > 15
    assert {words[0] for _, words in LINES} >= {
        *("demo", "train", "evaluate", "predict", "info", "corpora")
    }


@pytest.mark.parametrize(
    ("page", "words"), LINES, ids=[f"{page}: {' '.join(words)}" for page, words in LINES]
)
def test_the_command_accepts_the_line(page, words):
    group = get_command(app)
    if words[0].startswith("-"):
        assert words[0] in {option for one in group.params for option in one.opts}
        return
    # Parses and checks all arguments, and runs nothing.
    group.commands[words[0]].make_context(words[0], list(words[1:]))


def test_exit_codes_of_the_guide_equal_those_of_the_help():
    from sersk.cli._terminal import EXIT_CODES

    text = (ROOT / "docs" / "guide" / "command-line.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| (\d+) \|", text, flags=re.MULTILINE)
    assert table == re.findall(r"(?:: |; )(\d+) ", EXIT_CODES)
