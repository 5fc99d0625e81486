"""The class `Corpus`: the declaration of a corpus of emotional speech, with `load` and `fetch`.

Each corpus is declared in its own file, and `registry` finds it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sersk.datasets import _documentation
from sersk.datasets._files import check_folder, find_audio_files, parse_names
from sersk.datasets._media import drop_needless
from sersk.datasets.parts import Choice, Clip, Labels, Remote
from sersk.datasets.unread import warn_of_unread

if TYPE_CHECKING:
    from sklearn.utils import Bunch


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Corpus:
    r"""A corpus whose file names say the emotion and the speaker of each clip.

    A declaration consists of facts and of one function that parses a file name. This class finds
    the files, maps labels, selects clips, reports errors and downloads archives.

    Attributes
    ----------
    name : str
        Identifier in lower case, "kitchen": the corpus is loaded by ``load_kitchen``, and its
        speakers are prefixed "kitchen-".
    title : str
        Name as publications write it.
    labels : dict of str to str
        The corpus's own labels, each with its emotion in `VOCABULARY`.
    parse : callable
        Takes the `pathlib.Path` of a file and returns its `Clip`, or None if the file is not
        named as a clip of this corpus. It opens no file and ignores the suffix.
    form : str
        How files are named, with an example, for error messages: "speaker_emotion_take, as in
        03_ang_2.wav".
    examples : sequence of str
        A few true file names, with the folders that the parser needs.
    n_clips : int
        Number of clips of the whole corpus.
    n_speakers : int
        Number of speakers of the whole corpus.
    language : str
        Language that is spoken.
    licence : str
        Terms under which the corpus may be used.
    source : str
        Address of the authors' page.
    citation : str
        The publication to cite.
    description : str
        Speakers, sentences, number of clips and recording conditions, for `DESCR`.
    full_name : str, default=""
        `title` without abbreviations.
    notes : str, default=""
        Remarks on the files, for the documentation of ``load_<name>``.
    choices : sequence of Choice, default=()
        Facts of the clips that become keywords of `load`.
    speaker_facts : callable or None, default=None
        Takes a folder that holds clips and returns the facts of each speaker, a dict of dicts,
        from a table that comes with the corpus. They replace those facts of the clips. None if
        there is no such table.
    archive : Remote or None, default=None
        The zip archive to download, if the corpus is published as one.
    list_files : callable or None, default=None
        Returns the `Remote` files to download, if the corpus is published file by file. It takes
        the address that a user passes as ``url``, or None.
    fetch_notes : str, default=""
        Size and checksums of the download, for the documentation of ``fetch_<name>``.

    See Also
    --------
    register_corpus : Register a corpus under its name.
    check_corpus : Find the faults of a declaration.
    load_audio_folder : Load a corpus with a folder for each emotion, without a declaration.

    Notes
    -----
    `load` and `fetch` of an instance are functions named ``load_<name>`` and ``fetch_<name>``.
    Their documentation is generated from the facts of the corpus.

    Examples
    --------
    >>> import re
    >>> from sersk.datasets import Clip, Corpus
    >>> def parse(file):
    ...     match = re.fullmatch(r"(\d\d)_(ang|sad)_(\d+)", file.stem)
    ...     if match is None:
    ...         return None
    ...     speaker, label, take = match.groups()
    ...     return Clip(file.stem, label, speaker, {"take": int(take)})
    >>> KITCHEN = Corpus(
    ...     name="kitchen",
    ...     title="Kitchen",
    ...     labels={"ang": "anger", "sad": "sad"},
    ...     parse=parse,
    ...     form="speaker_emotion_take, as in 03_ang_2.wav",
    ...     examples=["03_ang_2.wav", "11_sad_1.wav"],
    ...     n_clips=40,
    ...     n_speakers=10,
    ...     language="English",
    ...     licence="CC BY 4.0",
    ...     source="https://example.org/kitchen",
    ...     citation="Cook A (2024). Emotions in the kitchen.",
    ...     description="Ten cooks say two sentences in two emotions.",
    ... )
    >>> KITCHEN.emotions
    ['anger', 'sad']
    >>> KITCHEN.load.__name__
    'load_kitchen'
    """

    name: str
    title: str
    labels: Mapping[str, str]
    parse: Callable[[Path], Clip | None]
    form: str
    examples: Sequence[str]
    n_clips: int
    n_speakers: int
    language: str
    licence: str
    source: str
    citation: str
    description: str
    full_name: str = ""
    notes: str = ""
    choices: Sequence[Choice] = ()
    speaker_facts: Callable[[Path], Mapping[str, Mapping[str, Any]]] | None = None
    archive: Remote | None = None
    list_files: Callable[[str | None], Sequence[Remote]] | None = None
    fetch_notes: str = ""

    def __post_init__(self) -> None:
        # The methods of this instance have the corpus's name and documentation, so that help() and
        # the docs show `load_ravdess = RAVDESS.load` as an ordinary function.
        for verb in ("load", "fetch"):
            vars(self)[verb] = _documentation.as_function(self, verb)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    @property
    def emotions(self) -> list[str]:
        """The emotions, in the standard vocabulary.

        Returns
        -------
        emotions : list of str
            In alphabetical order.
        """
        return sorted(set(self.labels.values()))

    @property
    def can_be_fetched(self) -> bool:
        """Whether `fetch` can download the corpus.

        Returns
        -------
        answer : bool
            False if its authors give it on request only.
        """
        return self.archive is not None or self.list_files is not None

    @property
    def DESCR(self) -> str:
        """Description, licence, source and citation.

        Returns
        -------
        text : str
            Several lines.
        """
        title = f"{self.title}: {self.full_name}" if self.full_name else self.title
        return (
            f"{title}\n\n{self.description.strip()}\n\nLicence: {self.licence}.\n"
            f"Source: {self.source}\nCitation: {self.citation}\n"
        )

    def load(
        self,
        path: str | os.PathLike[str],
        *,
        emotions: Iterable[str] | None = None,
        labels: Labels = "standard",
        **choices: str,
    ) -> Bunch:
        """Load the paths, emotions and speakers of the clips in a folder.

        Parameters
        ----------
        path : str or path-like
            Folder that the archive unpacks to; the files may lie at any depth below it.
        emotions : list of str, default=None
            Emotions to keep, named as `labels` says; None keeps all.
        labels : {"standard", "original"} or dict, default="standard"
            Names of the emotions: "standard" maps them to `VOCABULARY`, "original" keeps the
            corpus's own, a dict maps the corpus's own to any other.
        **choices : str
            Values of the corpus's `choices`, by the name of their fact.

        Returns
        -------
        corpus : Bunch
            `data`, the paths, ndarray of str of shape (n_clips,); `target`, the emotions, and
            `groups`, the speakers, of the same shape; `frame`, a DataFrame with a row for each
            clip and a column for each fact; `target_names`; `DESCR`. `groups` is None if a
            speaker is unknown.

        Raises
        ------
        FileNotFoundError
            If there is no such folder.
        NotADirectoryError
            If `path` is a file.
        TypeError
            If the corpus has no choice of that name.
        ValueError
            If the folder holds no audio, files that are not named as clips of the corpus (all
            are reported), or a clip twice; if an argument has a value that no clip has.

        Warns
        -----
        AudioFileWarning
            If the folder also holds clips in formats that are not read, such as .m4a.

        See Also
        --------
        load_corpus : The same by the name of the corpus.

        Notes
        -----
        The files are not opened.
        """
        from sersk.datasets._bunch import make_bunch
        from sersk.datasets._duplicates import refuse_duplicates

        loader = f"load_{self.name}"
        selected = self._check_choices(choices, loader)
        root = check_folder(path, loader)
        files = drop_needless(find_audio_files(root, loader), self.parse)
        clips = parse_names(root, files, self.parse, loader=loader, form=self.form)
        warn_of_unread(root, files, self.parse, loader)
        clips = self._add_speaker_facts(files, clips)
        for fact, value in selected.items():
            present = sorted({clip.facts[fact] for clip in clips})
            if value not in present:
                raise ValueError(
                    f"{loader}: no clip below {str(root)!r} has {fact}={value!r}; there is: "
                    f"{', '.join(map(repr, present))}."
                )
            kept = [clip.facts[fact] == value for clip in clips]
            files = [file for file, keep in zip(files, kept, strict=True) if keep]
            clips = [clip for clip, keep in zip(clips, kept, strict=True) if keep]
        refuse_duplicates(root, files, clips, loader)
        return make_bunch(
            files,
            clips,
            loader=loader,
            corpus=self.name,
            standard=self.labels,
            descr=self.DESCR,
            labels=labels,
            emotions=emotions,
        )

    def fetch(
        self,
        data_home: str | os.PathLike[str] | None = None,
        *,
        emotions: Iterable[str] | None = None,
        labels: Labels = "standard",
        download_if_missing: bool = True,
        url: str | None = None,
        verbose: int | bool = 1,
    ) -> Bunch:
        """Download the corpus if it is missing, and load it.

        Parameters
        ----------
        data_home : str or path-like, default=None
            Folder for fetched corpora; None takes the environment variable ``SERSK_DATA_HOME``,
            or ``~/sersk_data``.
        emotions : list of str, default=None
            As in `load`.
        labels : {"standard", "original"} or dict, default="standard"
            As in `load`.
        download_if_missing : bool, default=True
            If False, a missing corpus is an error and not downloaded.
        url : str, default=None
            Another address of the archive, or of the server that lists the files; None takes the
            publisher's.
        verbose : int or bool, default=1
            Whether to show progress on stderr.

        Returns
        -------
        corpus : Bunch
            As `load` returns it.

        Raises
        ------
        FileNotFoundError
            If the corpus is missing and `download_if_missing` is False.
        OSError
            If there is no network, the publisher's address has changed, or the disk is full.
        ValueError
            If the downloaded file is not the published one, or the corpus cannot be fetched.

        See Also
        --------
        fetch_corpus : The same by the name of the corpus.

        Notes
        -----
        An interrupted download is resumed, in the same call and in the next. The corpus's folder
        appears when it is complete.
        """
        from sersk.datasets._fetching import fetch_archive, fetch_files

        caller = f"fetch_{self.name}"
        where = (data_home, download_if_missing, verbose)
        if self.archive is not None:
            archive = self.archive if url is None else replace(self.archive, url=url)
            folder = fetch_archive(caller, self.name, archive, self.source, *where)
        elif self.list_files is not None:
            list_files = partial(self.list_files, url)
            folder = fetch_files(caller, self.name, list_files, self.source, *where)
        else:
            raise ValueError(
                f"{caller}: {self.title} cannot be downloaded. Ask for it at {self.source}, and "
                f"load its folder with load_{self.name}."
            )
        return self.load(folder, emotions=emotions, labels=labels)

    def _check_choices(self, given: Mapping[str, str], loader: str) -> dict[str, str]:
        """Return the value of each fact that selects clips; raise if it is not allowed."""
        unknown = set(given) - {choice.fact for choice in self.choices}
        if unknown:
            raise TypeError(f"{loader}() got an unexpected keyword argument {min(unknown)!r}")
        selected = {}
        for choice in self.choices:
            value = given.get(choice.fact, choice.default)
            if value not in choice.allowed:
                *first, last = (f'"{allowed}"' for allowed in choice.allowed)
                raise ValueError(
                    f"{loader}: {choice.fact} is {value!r}; it is {', '.join(first)} or {last}."
                )
            if value != choice.everything:
                selected[choice.fact] = value
        return selected

    def _add_speaker_facts(self, files: Sequence[Path], clips: list[Clip]) -> list[Clip]:
        if self.speaker_facts is None:
            return clips
        look_up = cache(self.speaker_facts)  # reads each folder once
        return [
            replace(
                clip,
                facts={**clip.facts, **look_up(file.absolute().parent).get(clip.speaker or "", {})},
            )
            for file, clip in zip(files, clips, strict=True)
        ]
