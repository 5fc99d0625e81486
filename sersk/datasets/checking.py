"""The checker of corpora, `check_corpus`: run it on a corpus that you add."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sersk.datasets.corpus import Corpus
from sersk.datasets.parts import COLUMNS, VOCABULARY, Clip, Remote
from sersk.datasets.registry import find_corpora, find_fault_of_name

_TEXTS = ("title", "form", "language", "licence", "source", "citation", "description")
_FOREIGN = ("notes.wav", "0.wav", "a/b.wav")  # names of no corpus


def check_corpus(corpus: Corpus, names: Iterable[str] = ()) -> None:
    """Check the declaration of a corpus, and report all faults at once.

    Parameters
    ----------
    corpus : Corpus
        The corpus. It need not be registered.
    names : iterable of str, default=()
        True names of files of the corpus, in addition to its `examples`; best are all of them.

    Raises
    ------
    TypeError
        If `corpus` is not a `Corpus`.
    ValueError
        If the declaration has faults. The message has a line for each.

    See Also
    --------
    register_corpus : Register a corpus.

    Notes
    -----
    The checks are:

    - Texts are not empty, and numbers are positive.
    - Each name is parsed to a `Clip` with a speaker, a label in `labels`, its own identity and the
      same facts as the others, with any suffix and any folders above.
    - Other names are refused, and no other known corpus has files with these names.
    - Labels map to `VOCABULARY`, and downloads have an address.
    - A folder of empty files with these names can be loaded.

    No audio is read, and nothing is downloaded.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from sersk.datasets import check_corpus, get_corpus
    >>> check_corpus(get_corpus("emodb"))
    >>> check_corpus(replace(get_corpus("emodb"), licence=""), ["wav/04a01Wa.wav"])
    Traceback (most recent call last):
        ...
    ValueError: check_corpus: 2 things are wrong with the corpus 'emodb':
      licence is ''; it is a text that is not empty.
      parse returns None for 'wav/04a01Wa.wav', a name of the corpus.
    """
    if not isinstance(corpus, Corpus):
        raise TypeError(f"check_corpus: corpus is a {type(corpus).__name__}; pass a Corpus.")
    names = list(dict.fromkeys(names))
    given = {Path(name).name for name in names}  # the folders may differ from the examples
    every = [*(name for name in corpus.examples if Path(name).name not in given), *names]
    clips: dict[str, Clip] = {}
    faults = [
        *_check_facts(corpus),
        *_check_labels(corpus),
        *_check_downloads(corpus),
        *_check_names(corpus, every, clips),
        *_check_clips(corpus, clips),
        *_check_other_names(corpus, clips),
    ]
    if not faults:
        faults += _check_loading(corpus, clips)
    if faults:
        lines = "".join(f"\n  {fault}" for fault in faults)
        raise ValueError(
            f"check_corpus: {len(faults)} things are wrong with the corpus {corpus.name!r}:{lines}"
        )


def _check_facts(corpus: Corpus) -> Iterator[str]:
    if fault := find_fault_of_name(corpus.name):
        yield fault
    for field in _TEXTS:
        value = getattr(corpus, field)
        if not isinstance(value, str) or not value.strip():
            yield f"{field} is {value!r}; it is a text that is not empty."
    for field in ("n_clips", "n_speakers"):
        value = getattr(corpus, field)
        if not isinstance(value, int) or value < 1:
            yield f"{field} is {value!r}; it is a whole number of at least 1."
    if not re.match(r"https?://", str(corpus.source)):
        yield f"source is {corpus.source!r}; it is an address that begins with http."


def _check_labels(corpus: Corpus) -> Iterator[str]:
    if not corpus.labels:
        yield "labels is empty; it maps the corpus's own labels to the standard vocabulary."
    for label, emotion in corpus.labels.items():
        if emotion not in VOCABULARY:
            yield (
                f"labels maps {label!r} to {emotion!r}, which is none of the standard vocabulary: "
                f"{', '.join(VOCABULARY)}."
            )


def _check_downloads(corpus: Corpus) -> Iterator[str]:
    if corpus.archive is not None and corpus.list_files is not None:
        yield "archive and list_files are both given; a corpus is published in one of the two ways."
    remote = corpus.archive
    if remote is None:
        return
    if not isinstance(remote, Remote):
        yield f"archive is a {type(remote).__name__}; it is a Remote."
        return
    if not re.match(r"https?://", remote.url):
        yield f"archive.url is {remote.url!r}; it is an address that begins with http."
    if remote.checksum is not None and not re.fullmatch(r"\w+:[0-9a-f]{32,}", remote.checksum):
        yield f"archive.checksum is {remote.checksum!r}; it is like 'md5:...' in hexadecimal."


def _check_names(corpus: Corpus, names: list[str], clips: dict[str, Clip]) -> Iterator[str]:
    """Parse every name, put its clip into `clips`, and yield what is wrong."""
    if not names:
        yield "there are no names to check; give examples, or pass names."
    for name in names:
        clip = corpus.parse(Path(name))
        if clip is None:
            yield f"parse returns None for {name!r}, a name of the corpus."
            continue
        if not isinstance(clip, Clip):
            yield f"parse returns a {type(clip).__name__} for {name!r}; it returns a Clip or None."
            continue
        clips[name] = clip
        for other in (Path(name).with_suffix(".flac"), Path("above", name)):
            if corpus.parse(other) != clip:
                yield (
                    f"parse returns another clip for {other.as_posix()!r} than for {name!r}; the "
                    "clip must not depend on the suffix or on the folders above."
                )


def _check_clips(corpus: Corpus, clips: dict[str, Clip]) -> Iterator[str]:
    identities: dict[str, str] = {}
    facts: list[str] | None = None
    for name, clip in clips.items():
        if clip.label not in corpus.labels:
            yield f"parse gives {name!r} the label {clip.label!r}, which is not in labels."
        if not isinstance(clip.speaker, str) or not clip.speaker:
            yield (
                f"parse gives {name!r} the speaker {clip.speaker!r}; without speakers, no "
                "speaker-independent evaluation is possible."
            )
        first = identities.setdefault(clip.identity, name)
        if first != name:
            yield f"parse gives {first!r} and {name!r} the same identity {clip.identity!r}."
        facts = list(clip.facts) if facts is None else facts
        if list(clip.facts) != facts:
            yield f"parse gives {name!r} the facts {list(clip.facts)}, other clips {facts}."
    for fact in facts or ():
        if fact in COLUMNS:
            yield f"parse gives a fact {fact!r}, which is a column of every corpus; rename it."
    yield from _check_choices(corpus, facts)


def _check_choices(corpus: Corpus, facts: list[str] | None) -> Iterator[str]:
    for choice in corpus.choices:
        if facts is not None and choice.fact not in facts:
            yield f"choices has {choice.fact!r}, which is no fact of the clips: {facts}."
        if choice.default not in choice.allowed:
            yield f"choices has the default {choice.default!r}, which is none of {choice.allowed}."


def _check_other_names(corpus: Corpus, clips: dict[str, Clip]) -> Iterator[str]:
    for name in _FOREIGN:
        if corpus.parse(Path(name)) is not None:
            yield f"parse accepts {name!r}; it should return None for names of other files."
    for other in find_corpora().values():
        same = [name for name in clips if other.parse(Path(name)) is not None]
        if same and other.name != corpus.name:
            yield (
                f"{same[0]!r} is also a name of {other.title}: a folder of one of the two corpora "
                "could not be recognised."
            )


def _check_loading(corpus: Corpus, clips: dict[str, Clip]) -> Iterator[str]:
    """Load a folder of empty files with the names."""
    everything: dict[str, Any] = {choice.fact: choice.everything for choice in corpus.choices}
    with TemporaryDirectory() as folder:
        for name in clips:
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        try:
            bunch = corpus.load(folder, labels="original", **everything)
        except (OSError, ValueError, TypeError) as error:
            yield f"a folder of empty files with the names can't be loaded: {error}"
            return
    found = {
        Path(path).relative_to(folder).as_posix(): (label, group)
        for path, label, group in zip(bunch.data, bunch.target, bunch.groups, strict=True)
    }
    for name, clip in clips.items():
        expected = (clip.label, f"{corpus.name}-{clip.speaker}")
        if found.get(Path(name).as_posix()) != expected:
            yield f"load gives {name!r} {found.get(name)}, not {expected}, as parse says."
