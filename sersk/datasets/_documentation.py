"""The functions ``load_<name>`` and ``fetch_<name>`` of a corpus, documented from its facts."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from pathlib import Path
from pprint import pformat
from textwrap import fill, indent
from typing import Any, Literal

from sersk.datasets.parts import COLUMNS, Clip

_WIDTH = 92


def as_function(corpus: Any, verb: str) -> Callable[..., Any]:
    """Return the method `verb` of a corpus as a function with a name and documentation."""
    method = getattr(type(corpus), verb)

    def function(*args: Any, **kwargs: Any) -> Any:
        return method(corpus, *args, **kwargs)

    function.__name__ = function.__qualname__ = f"{verb}_{corpus.name}"
    function.__module__ = corpus.parse.__module__  # where the corpus is declared
    function.__annotations__ = dict(method.__annotations__)
    function.__doc__ = (_document_load if verb == "load" else _document_fetch)(corpus)
    function.__signature__ = _signature(method, corpus)  # type: ignore[attr-defined]
    return function


def _signature(method: types.FunctionType, corpus: Any) -> inspect.Signature:
    """Return the signature of the method, with the corpus's choices for ``**choices``."""
    signature = inspect.signature(method)
    _, *parameters = signature.parameters.values()
    if parameters[-1].kind is inspect.Parameter.VAR_KEYWORD:
        parameters[-1:] = [
            inspect.Parameter(
                choice.fact,
                inspect.Parameter.KEYWORD_ONLY,
                default=choice.default,
                annotation=Literal[choice.allowed],
            )
            for choice in corpus.choices
        ]
    return signature.replace(parameters=parameters)


def _document_load(corpus: Any) -> str:
    emotions = corpus.emotions
    columns = ", ".join([*COLUMNS, *_facts_of_examples(corpus)])
    arguments = ["`emotions`", "`labels`", *(f"`{choice.fact}`" for choice in corpus.choices)]
    speakers = _speakers_of_examples(corpus)
    such_as = f' (such as "{speakers[0]}")' if speakers else ""
    parameters = [
        (
            "path : str or path-like",
            "Folder that the archive unpacks to; the files may lie at any depth below it.",
        ),
        (
            "emotions : list of str, default=None",
            "Emotions to keep, named as `labels` says; None keeps all.",
        ),
        (
            'labels : {"standard", "original"} or dict, default="standard"',
            f'Names of the emotions: "standard" gives {", ".join(emotions)}; "original" the '
            f"corpus's own {', '.join(corpus.labels)}; a dict maps the corpus's own to any other.",
        ),
    ]
    for choice in corpus.choices:
        values = ", ".join(f'"{value}"' for value in choice.allowed)
        parameters.append(
            (f'{choice.fact} : {{{values}}}, default="{choice.default}"', choice.description)
        )
    see_also = [("load_audio_folder", "Load any corpus with a folder for each emotion.")]
    if corpus.can_be_fetched:
        see_also.insert(0, (f"fetch_{corpus.name}", "Download the corpus first."))
    return _join(
        f"Load the file names of {corpus.title}: {corpus.n_speakers} speakers, "
        f"{len(emotions)} emotions.",
        fill(f"{corpus.n_clips:,} clips in {corpus.language}; licence: {corpus.licence}.", _WIDTH),
        _section("Parameters", _entries(parameters)),
        _section(
            "Returns",
            _entries(
                [
                    (
                        "corpus : Bunch",
                        "`data`, the paths, ndarray of str of shape (n_clips,); `target`, the "
                        f"emotions, and `groups`, the speakers{such_as}, of the same shape; "
                        f"`frame`, a DataFrame with a row for each clip: {columns}; "
                        "`target_names`; `DESCR`.",
                    )
                ]
            ),
        ),
        _section(
            "Raises",
            _entries(
                [
                    ("FileNotFoundError", "If there is no such folder."),
                    ("NotADirectoryError", "If `path` is a file."),
                    (
                        "ValueError",
                        "If the folder holds no audio, files that are not named as clips of "
                        f"{corpus.title} (all are reported), or a clip twice; if "
                        f"{', '.join(arguments[:-1])} or {arguments[-1]} has a value that no clip "
                        "has.",
                    ),
                ]
            ),
        ),
        _section("See Also", "\n".join(f"{name} : {text}" for name, text in see_also)),
        _section(
            "Notes",
            fill(
                f"Files are named {corpus.form}. They are not opened. {_one_line(corpus.notes)}",
                _WIDTH,
            ),
        ),
        _references(corpus),
        _section("Examples", _example(corpus)) if _clips_of_examples(corpus) else "",
    )


def _document_fetch(corpus: Any) -> str:
    load = f"load_{corpus.name}"
    given = "of the archive" if corpus.archive is not None else "of the server that lists the files"
    parameters = [
        (
            "data_home : str or path-like, default=None",
            "Folder for fetched corpora; None takes the environment variable "
            "``SERSK_DATA_HOME``, or ``~/sersk_data``.",
        ),
        ("emotions : list of str, default=None", f"As in `{load}`."),
        ('labels : {"standard", "original"} or dict, default="standard"', f"As in `{load}`."),
        (
            "download_if_missing : bool, default=True",
            "If False, a missing corpus is an error and not downloaded.",
        ),
        ("url : str, default=None", f"Another address {given}; None takes the publisher's."),
        ("verbose : int or bool, default=1", "Whether to show progress on stderr."),
    ]
    return _join(
        f"Fetch {corpus.title} from its publisher, and load it.",
        fill(
            f"{corpus.n_clips:,} clips of {corpus.n_speakers} speakers in {corpus.language}; "
            f"licence: {corpus.licence}.",
            _WIDTH,
        ),
        _section("Parameters", _entries(parameters)),
        _section("Returns", _entries([("corpus : Bunch", f"As `{load}` returns it.")])),
        _section(
            "Raises",
            _entries(
                [
                    (
                        "FileNotFoundError",
                        "If the corpus is missing and `download_if_missing` is False.",
                    ),
                    (
                        "OSError",
                        "If there is no network, the publisher's address has changed, or the disk "
                        "is full.",
                    ),
                    ("ValueError", "If the downloaded file is not the published one."),
                ]
            ),
        ),
        _section("See Also", f"{load} : Load the corpus from a folder that you have."),
        _section(
            "Notes",
            _join(
                fill(f"From {corpus.source}. {_one_line(corpus.fetch_notes)}", _WIDTH),
                fill(
                    "An interrupted download is resumed, in the same call and in the next. The "
                    "corpus's folder appears when it is complete. Read the licence, which is in "
                    "`DESCR`.",
                    _WIDTH,
                ),
            ),
        ),
        _references(corpus),
        _section(
            "Examples",
            f">>> from sersk.datasets import fetch_{corpus.name}\n"
            f">>> corpus = fetch_{corpus.name}()  # doctest: +SKIP",
        ),
    )


def _clips_of_examples(corpus: Any) -> dict[str, Any]:
    """Return the clips of the example names, in the order in which `load` finds the files."""
    clips = {name: corpus.parse(Path(name)) for name in corpus.examples}
    names = sorted(clips, key=lambda name: Path(name).parts)
    return {name: clips[name] for name in names if isinstance(clips[name], Clip)}


def _facts_of_examples(corpus: Any) -> list[str]:
    return list(dict.fromkeys(f for c in _clips_of_examples(corpus).values() for f in c.facts))


def _speakers_of_examples(corpus: Any) -> list[str]:
    clips = _clips_of_examples(corpus).values()
    return [f"{corpus.name}-{clip.speaker}" for clip in clips if clip.speaker is not None]


def _example(corpus: Any) -> str:
    """Return a session that loads empty files with the example names, and its output."""
    clips = _clips_of_examples(corpus)
    load = f"load_{corpus.name}"
    emotions = [corpus.labels.get(clip.label, clip.label) for clip in clips.values()]
    if len(clips) == len(_speakers_of_examples(corpus)):
        groups = ", corpus.groups.tolist()"
        shown: Any = (emotions, _speakers_of_examples(corpus))
    else:
        groups, shown = "", emotions
    in_folders = any("/" in name for name in clips)
    lines = [
        ">>> from pathlib import Path",
        ">>> from tempfile import TemporaryDirectory",
        f">>> from sersk.datasets import {load}",
        ">>> with TemporaryDirectory() as folder:  # empty files in place of the corpus",
        f"...     for name in {list(clips)}:".replace("'", '"'),
        *(["...         Path(folder, name).parent.mkdir(exist_ok=True)"] if in_folders else []),
        "...         Path(folder, name).touch()",
        f"...     corpus = {load}(folder)",
        f">>> corpus.target.tolist(){groups}",
        repr(shown),
    ]
    if facts := next(iter(clips.values())).facts:
        lines += [
            f">>> corpus.frame.iloc[0, {len(COLUMNS)}:].to_dict()",
            pformat(facts, width=_WIDTH, sort_dicts=False),
        ]
    return "\n".join(lines)


def _references(corpus: Any) -> str:
    citation = fill(_one_line(corpus.citation), _WIDTH, subsequent_indent="   ")
    return _section("References", f".. [1] {citation}") if citation else ""


def _join(*parts: str) -> str:
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def _section(title: str, text: str) -> str:
    return f"{title}\n{'-' * len(title)}\n{text}"


def _entries(entries: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name}\n{indent(fill(text, _WIDTH - 4), '    ')}" for name, text in entries)


def _one_line(text: str) -> str:
    return " ".join(text.split())
