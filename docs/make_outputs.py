"""Run the Python blocks of pages, and write what each prints into the block below it.

`python docs/make_outputs.py` for all pages, `python docs/make_outputs.py README.md docs/index.md`
for some. An output that still agrees is left as it is; `...` in it stands for any text. The README
needs the recordings that the tests use (`SERSK_DATA`) and is left out where there are none.

The tests run the same blocks and compare.
"""

import argparse
import io
import os
import re
import sys
from contextlib import chdir, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
# A Python block, and the block of its output where there is one.
EXAMPLE = re.compile(
    r"^```python\n(?P<code>.*?)^```$(?:\n\n```output\n(?P<output>.*?)^```$)?",
    flags=re.DOTALL | re.MULTILINE,
)
# Numbers with a decimal point may differ by as much, absolutely or relatively: processors round
# differently, and of 16 clips one may then get another label. All other text, whole numbers too, is
# compared exactly.
TOLERANCE = 0.07
_DECIMAL = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?")
_BRACKETS = re.compile(r"(\[)\s+|\s+(\])")  # NumPy aligns numbers with spaces
_PARTS = re.compile(rf"(?P<any>\.\.\.)|(?P<decimal>{_DECIMAL.pattern})|(?P<space>\s+)")
ACTORS = (1, 3, 4, 5, 7, 8, 9, 10)  # of the README's outputs


def run_examples(text, name):
    """Run the Python blocks of a page in one namespace.

    Parameters
    ----------
    text : str
        Markdown.
    name : str
        Name of the page, for tracebacks.

    Returns
    -------
    printed : list of str
        What each block printed.
    names : dict
        The namespace after the last block.
    """
    names = {"__name__": Path(name).stem}
    printed = []
    for number, match in enumerate(EXAMPLE.finditer(text), start=1):
        with redirect_stdout(io.StringIO()) as stream:
            exec(compile(match["code"], f"{name}, example {number}", "exec"), names)
        printed.append("".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines()))
    return printed, names


def find_differences(text, name, printed):
    """Return a message for each block that printed something else than the page shows.

    Parameters
    ----------
    text : str
        Markdown.
    name : str
        Name of the page.
    printed : list of str
        What each block printed.
    """
    return [
        f"{name}, example {number}, shows\n{match['output'] or '(nothing)'}\nand prints\n{output}"
        for number, (match, output) in enumerate(
            zip(EXAMPLE.finditer(text), printed, strict=True), start=1
        )
        if not agrees(match["output"] or "", output)
    ]


def write_outputs(text, printed):
    """Return the page with the outputs that differ replaced.

    Parameters
    ----------
    text : str
        Markdown.
    printed : list of str
        What each block printed.
    """
    outputs = iter(printed)

    def replace(match):
        output = next(outputs)
        if agrees(match["output"] or "", output):
            return match[0]
        code = f"```python\n{match['code']}```"
        return f"{code}\n\n```output\n{output}```" if output else code

    return EXAMPLE.sub(replace, text)


def agrees(shown, printed):
    """Tell whether a printed text is the one that a page shows.

    Parameters
    ----------
    shown : str
        With ``...`` for any text.
    printed : str
        What was printed.
    """
    shown, printed = (_BRACKETS.sub(r"\1\2", text).strip() for text in (shown, printed))
    pattern, decimals, end = "", [], 0
    for part in _PARTS.finditer(shown):
        pattern += re.escape(part.string[end : part.start()])
        if part["decimal"]:
            decimals.append(float(part["decimal"]))
        pattern += {"any": ".*?", "decimal": f"({_DECIMAL.pattern})", "space": r"\s+"}[
            part.lastgroup
        ]
        end = part.end()
    match = re.fullmatch(pattern + re.escape(shown[end:]), printed, re.DOTALL)
    return match is not None and all(
        abs(float(value) - expected) <= TOLERANCE * max(1, abs(expected))
        for value, expected in zip(match.groups(), decimals, strict=True)
    )


def link_recordings(ravdess, folder):
    """Make a folder ``ravdess`` with links to two clips of each emotion by each of eight actors.

    Parameters
    ----------
    ravdess : pathlib.Path
        The folder of all clips.
    folder : pathlib.Path
        Where to make the new folder.
    """
    for actor in ACTORS:
        # normal intensity, both statements, first repetition
        clips = sorted((ravdess / f"Actor_{actor:02d}").glob("03-01-*-01-*-01-*.*"))
        if not clips:
            raise FileNotFoundError(f"{ravdess} has no clips of actor {actor}.")
        home = folder / "ravdess" / f"Actor_{actor:02d}"
        home.mkdir(parents=True)
        for clip in clips:
            (home / clip.name).symlink_to(clip)


def main():
    """Run the pages and write their outputs."""
    import sklearn

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE")
    pages = parser.parse_args().pages or [
        ROOT / "README.md",
        *(p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts),
    ]
    data = Path(os.environ.get("SERSK_DATA", ROOT.parent / "shared" / "data"))
    for page in map(Path.resolve, pages):
        text = page.read_text(encoding="utf-8")
        if not EXAMPLE.search(text):
            continue
        with TemporaryDirectory() as folder, chdir(folder), sklearn.config_context():
            if page == ROOT / "README.md":
                if not (data / "ravdess").is_dir():
                    print(f"{page}: left out, there are no recordings in {data}", file=sys.stderr)
                    continue
                link_recordings(data / "ravdess", Path(folder))
            printed, _ = run_examples(text, page.name)
        changed = write_outputs(text, printed)
        print(f"{page}: {'unchanged' if changed == text else 'written'}")
        page.write_text(changed, encoding="utf-8")


if __name__ == "__main__":
    main()
