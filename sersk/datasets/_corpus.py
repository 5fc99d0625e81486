"""What every corpus loader shares: find the files, read their names, map labels, build the Bunch.

What a name means is each corpus's own file; no audio file is opened here.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from sklearn.utils import Bunch

VOCABULARY = (
    "anger",
    "boredom",
    "calm",
    "disgust",
    "fear",
    "happy",
    "neutral",
    "sad",
    "surprise",
)
"""The names that ``labels="standard"`` gives the emotions of every corpus."""

Labels: TypeAlias = Literal["standard", "original"] | Mapping[str, str]

_N_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Clip:
    """What the name of one file says.

    ``identity`` is equal for two files that hold the same recording, whatever their
    folder and format; ``facts`` become columns of the frame.
    """

    identity: str
    label: str
    speaker: str | None
    facts: dict[str, Any] = field(default_factory=dict)


Parse: TypeAlias = Callable[[Path], Clip | None]


@dataclass(frozen=True)
class Facts:
    """What there is to know of a published corpus before one has it.

    ``form`` tells a reader what its names look like, ``parse`` reads one, ``standard`` maps its
    own labels to the `VOCABULARY`; ``fetch`` is the name of the function that downloads it, None
    where its authors give it on request only.
    """

    name: str
    title: str
    n_clips: int
    n_speakers: int
    language: str
    licence: str
    source: str
    fetch: str | None
    form: str
    parse: Parse
    standard: Mapping[str, str]

    @property
    def emotions(self) -> list[str]:
        """The emotions, in the vocabulary."""
        return sorted(set(self.standard.values()))


def load_corpus(
    path: str | os.PathLike[str],
    parse: Parse,
    *,
    loader: str,
    corpus: str,
    form: str,
    standard: Mapping[str, str],
    descr: str,
    labels: Labels = "standard",
    emotions: Iterable[str] | None = None,
    select: Mapping[str, str] | None = None,
) -> "Bunch":
    """Load a corpus whose file names say everything.

    `parse` gives the `Clip` of a path, or None where the name is not of the corpus;
    `form` tells a reader what names look like; `standard` maps the corpus's own labels
    to the `VOCABULARY`; `select` keeps the clips with those facts.
    """
    root = check_folder(path, loader)
    files = find_audio_files(root, loader)
    clips = read_names(root, files, parse, loader=loader, form=form)
    for fact, wanted in (select or {}).items():
        there_is = sorted({clip.facts[fact] for clip in clips})
        pairs = [(f, c) for f, c in zip(files, clips, strict=True) if c.facts[fact] == wanted]
        if not pairs:
            raise ValueError(
                f"{loader}: no clip below {str(root)!r} has {fact}={wanted!r}; there is: "
                f"{', '.join(map(repr, there_is))}."
            )
        files, clips = [f for f, _ in pairs], [c for _, c in pairs]
    refuse_duplicates(root, files, clips, loader)
    return make_bunch(
        files,
        clips,
        loader=loader,
        corpus=corpus,
        standard=standard,
        descr=descr,
        labels=labels,
        emotions=emotions,
    )


def check_folder(path: str | os.PathLike[str], loader: str) -> Path:
    """Return `path` as a Path if it is a folder, and say what it is if not."""
    root = Path(path).expanduser()
    if not root.exists():
        raise FileNotFoundError(
            f"{loader}: the folder {str(root)!r} does not exist (looked from {str(Path.cwd())!r})."
        )
    if not root.is_dir():
        raise NotADirectoryError(
            f"{loader}: {str(root)!r} is a file; pass the folder that the corpus's archive "
            "unpacks to."
        )
    return root


def find_audio_files(root: Path, loader: str) -> list[Path]:
    """Return every audio file below `root`, at any depth, in the order of their names.

    Hidden files and folders are passed over, and with them the ``._name`` twins that
    macOS adds to archives. Links are followed, each folder is visited once.
    """
    # Here, not above: importing a corpus loader should not import what decodes audio.
    from sersk.audio.loading import AUDIO_SUFFIXES

    suffixes = {suffix.lower() for suffix in AUDIO_SUFFIXES}
    found = []
    visited = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in visited:
            subfolders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found += [
            Path(folder, name)
            for name in names
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in suffixes
        ]
    if not found:
        raise ValueError(
            f"{loader}: no audio file ({', '.join(sorted(suffixes))}) below {str(root)!r}. Pass "
            "the folder that the corpus's archive unpacks to."
        )
    return sorted(found, key=lambda file: file.relative_to(root).parts)


def read_names(
    root: Path, files: Sequence[Path], parse: Parse, *, loader: str, form: str
) -> list[Clip]:
    """Parse every name; report those that are not of the corpus, all at once."""
    clips = []
    strangers = []
    for file in files:
        clip = parse(file)
        if clip is None:
            strangers.append(file.relative_to(root).as_posix())
        else:
            clips.append(clip)
    if strangers:
        raise ValueError(
            f"{loader}: {len(strangers)} of {len(files)} audio files below {str(root)!r} are not "
            f"named {form}. Pass the folder that holds the corpus alone, or take these files out "
            f"of it:{listing(strangers)}"
        )
    return clips


def refuse_duplicates(
    root: Path, files: Sequence[Path], clips: Sequence[Clip], loader: str
) -> None:
    """Raise where one recording is there twice: a copy in another fold is leakage."""
    first: dict[str, Path] = {}
    twins = []
    for file, clip in zip(files, clips, strict=True):
        relative = file.relative_to(root)
        if clip.identity in first:
            twins.append((first[clip.identity], relative))
        first.setdefault(clip.identity, relative)
    if not twins:
        return
    one, other = twins[0]
    copies = _folders_of_copies(one.parent.parts, other.parent.parts)
    if copies:
        choice = " or ".join(repr(str(root.joinpath(*copy))) for copy in copies)
        remedy = f"Pass a folder with one copy, {choice}"
    else:
        remedy = f"Keep one of the two files in the folder {str(root / one.parent)!r}"
    raise ValueError(
        f"{loader}: {len(twins)} clips are there twice below {str(root)!r}, which would put the "
        f"same recording into training and test: {one.as_posix()!r} and {other.as_posix()!r}"
        f"{' first of all' if len(twins) > 1 else ''}. {remedy}, or remove the other."
    )


def _folders_of_copies(one: tuple[str, ...], other: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the topmost folders that hold one of two copies each, of the folders of a clip.

    Of ``Actor_01`` and ``speech/Actor_01``, that is ``speech``; of ``wav`` and ``mp3``, both.
    """
    same = 0  # folders that the two have in common at their end tell nothing of the copies
    while same < min(len(one), len(other)) and one[-1 - same] == other[-1 - same]:
        same += 1
    copies = []
    for mine, yours in ((one, other), (other, one)):
        depth = len(mine) - same
        if mine[:depth] == yours[: len(yours) - same][:depth]:
            continue  # the other copy is inside this one
        while mine[:depth] == yours[:depth]:
            depth += 1
        copies.append(mine[:depth])
    return copies


def map_labels(
    originals: Sequence[str], labels: Labels, standard: Mapping[str, str], loader: str
) -> list[str]:
    """Return the labels asked for, one a clip."""
    if isinstance(labels, Mapping):
        unmapped = sorted(set(originals) - set(labels))
        if unmapped:
            raise ValueError(
                f"{loader}: labels, a dict, has no entry for {', '.join(map(repr, unmapped))}. It "
                "maps each of the corpus's own labels to the one to give: "
                f"{', '.join(map(repr, sorted(set(originals))))}."
            )
        wrong = [key for key in labels if not isinstance(labels[key], str) or not labels[key]]
        if wrong:
            raise ValueError(
                f"{loader}: labels[{wrong[0]!r}] is {labels[wrong[0]]!r}; a label is a non-empty "
                "string. To leave an emotion out, select the others by emotions=[...]."
            )
        return [labels[label] for label in originals]
    if labels == "original":
        return list(originals)
    if labels == "standard":
        return [standard[label] for label in originals]
    raise ValueError(
        f'{loader}: labels is {labels!r}; it is "standard", "original", or a dict from the '
        "corpus's own labels to the ones to give."
    )


def check_emotions(
    emotions: Iterable[str] | None, available: Iterable[str], loader: str
) -> list[str]:
    """Return the emotions to select, checked against those there are."""
    there_is = sorted(set(available))
    if emotions is None:
        return there_is
    choice = ", ".join(map(repr, there_is))
    if isinstance(emotions, str):
        raise ValueError(
            f"{loader}: emotions is the string {emotions!r}; pass a list of some of: {choice}."
        )
    wanted = list(emotions)
    if not wanted:
        raise ValueError(f"{loader}: emotions is empty; pass some of: {choice}.")
    unknown = [emotion for emotion in wanted if emotion not in there_is]
    if unknown:
        raise ValueError(
            f"{loader}: emotions has {', '.join(map(repr, unknown))}, of which there is no clip; "
            f"there are: {choice}."
        )
    return wanted


def make_bunch(
    files: Sequence[Path],
    clips: Sequence[Clip],
    *,
    loader: str,
    corpus: str,
    standard: Mapping[str, str],
    descr: str,
    labels: Labels,
    emotions: Iterable[str] | None,
) -> "Bunch":
    """Map the labels, select the emotions, and lay the clips out as a Bunch."""
    import pandas as pd
    from sklearn.utils import Bunch

    target = map_labels([clip.label for clip in clips], labels, standard, loader)
    selected = set(check_emotions(emotions, target, loader))
    frame = pd.DataFrame(
        [
            {
                "path": str(file),
                "corpus": corpus,
                "emotion": emotion,
                "original_label": clip.label,
                "speaker": None if clip.speaker is None else f"{corpus}-{clip.speaker}",
                **clip.facts,
            }
            for file, clip, emotion in zip(files, clips, target, strict=True)
            if emotion in selected
        ]
    )
    return Bunch(
        data=np.array(frame["path"].tolist(), dtype=str),
        target=np.array(frame["emotion"].tolist(), dtype=str),
        groups=(
            None
            if frame["speaker"].isna().any()
            else np.array(frame["speaker"].tolist(), dtype=str)
        ),
        frame=frame,
        target_names=sorted(selected),
        DESCR=descr,
    )


def listing(names: Sequence[str]) -> str:
    """Return names as lines of an error message, the first twenty of them."""
    lines = "".join(f"\n  {name}" for name in names[:_N_SHOWN])
    more = len(names) - _N_SHOWN
    return f"{lines}\n  ... and {more} more" if more > 0 else lines
