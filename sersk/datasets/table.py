"""A corpus as a table: a CSV file or a DataFrame with a row for each clip."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sersk._utils.paths import as_path
from sersk.datasets._bunch import make_bunch
from sersk.datasets._checking_tables import Rows, check_rows, find_standard
from sersk.datasets._reading_tables import convert_numbers, read_csv
from sersk.datasets._walking import list_names
from sersk.datasets.parts import COLUMNS, VOCABULARY, Clip, Labels

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.utils import Bunch


_ROW = "row of the table"  # a fact of each clip, as long as the frame is made


def load_table(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    path: str = "path",
    label: str = "label",
    speaker: str | Sequence[str] | None = None,
    root: str | os.PathLike[str] | None = None,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
    name: str | None = None,
) -> Bunch:
    r"""Load a corpus from a table that has a row for each clip.

    Parameters
    ----------
    table : str, path-like or DataFrame
        A CSV file whose first line names the columns, or a DataFrame. The separator of a file is
        found (comma, semicolon or tab); its text is UTF-8.
    path : str, default="path"
        Column with the paths of the clips.
    label : str, default="label"
        Column with their emotions.
    speaker : str or list of str, default=None
        Column with their speakers, or with any other group that must not be both in training and
        in test, such as the session. Several columns name a group together. None leaves the
        speakers unknown.
    root : str or path-like, default=None
        Folder that relative paths begin at; None takes the folder of the file, of a DataFrame the
        working directory.
    emotions : list of str, default=None
        Emotions to keep, named as `labels` says; None keeps all.
    labels : {"standard", "original"} or dict, default="standard"
        Names of the emotions: "standard" reads the labels (Angry, ANG, sadness, ...) as anger,
        boredom, calm, disgust, fear, happy, neutral, sad or surprise; "original" takes them as
        they are; a dict maps each label to its emotion.
    name : str, default=None
        Name of the corpus, which prefixes its speakers; None takes the name of the file without
        its suffix, or "table".

    Returns
    -------
    corpus : Bunch
        `data`, the paths, ndarray of str of shape (n_clips,); `target`, the emotions, of the same
        shape; `groups`, the speakers ("list-S1"), of the same shape, or None if `speaker` is None;
        `frame`, a DataFrame with a row for each clip: path, corpus, emotion, original_label,
        speaker, and then every column of the table (with the prefix ``original_``, if it is called
        as one of these five); `target_names`; `DESCR`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError
        If `table` is neither a path nor a DataFrame.
    ValueError
        If the file is no table; if columns or files do not exist, cells are empty, labels are no
        known emotions, files are there twice, or are of a format that is not read (all are
        reported at once, by row); if `emotions` or `labels` has a value that no clip has.

    See Also
    --------
    load_audio_folder : Load a folder with a sub-folder for each emotion.

    Notes
    -----
    A file that is listed twice, or in two formats, would put a recording into training and test:
    it is an error. The files are not opened. Paths that a table from Windows holds (``Sad\1.wav``)
    are found on other systems too, if they are relative. A column of a CSV file becomes numbers in
    the frame if each of its cells is a number or empty.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets import load_table
    >>> with TemporaryDirectory() as folder:
    ...     for file in ("a.wav", "b.wav"):
    ...         Path(folder, file).touch()
    ...     table = Path(folder, "calls.csv")
    ...     _ = table.write_text("file;emotion;session;age\na.wav;angry;1;31\nb.wav;sad;2;58\n")
    ...     corpus = load_table(table, path="file", label="emotion", speaker="session")
    ...     try:
    ...         load_table(table, path="files", label="emotion")
    ...     except ValueError as error:
    ...         print(str(error).partition(" There are")[0].rpartition(folder)[2])
    /calls.csv' has 1 problem:
      there is no column 'files' (path='files'); did you mean 'file'?
    >>> corpus.target.tolist(), corpus.groups.tolist(), corpus.frame["age"].tolist()
    (['anger', 'sad'], ['calls-1', 'calls-2'], [31, 58])
    """
    loader = "load_table"
    columns = as_columns(speaker)
    found, what, rows = read_table(
        table, path=path, label=label, speaker=columns, root=root, labels=labels, loader=loader
    )
    if rows.problems:
        listed = [f"{row}: {reason}" if row else reason for row, reason in rows.problems]
        n_problems = "1 problem" if len(listed) == 1 else f"{len(listed)} problems"
        raise ValueError(f"{loader}: {what} has {n_problems}:{list_names(listed)}")
    default = "table" if hasattr(table, "iloc") else Path(os.fspath(table)).stem
    corpus = default if name is None else name
    bunch = make_bunch(
        rows.files,
        [
            Clip(str(file), text, rows.speakers[i] if columns else None, {_ROW: i})
            for i, (file, text) in enumerate(zip(rows.files, rows.labels, strict=True))
        ],
        loader=loader,
        corpus=corpus,
        standard={text: find_standard(text) for text in rows.labels},
        descr=_describe(corpus, what, rows, columns),
        labels=labels,
        emotions=emotions,
    )
    bunch.frame = _add_columns(bunch.frame, found)
    return bunch


def as_columns(speaker: str | Sequence[str] | None) -> list[str]:
    """Return the columns that name a speaker.

    Parameters
    ----------
    speaker : str, list of str or None
        The columns as `load_table` takes them.

    Returns
    -------
    columns : list of str
        Empty if the speakers are unknown.

    Examples
    --------
    >>> from sersk.datasets.table import as_columns
    >>> as_columns("session"), as_columns(None)
    (['session'], [])
    """
    if speaker is None:
        return []
    return [speaker] if isinstance(speaker, str) else list(speaker)


def read_table(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    path: str,
    label: str,
    speaker: Sequence[str],
    root: str | os.PathLike[str] | None,
    labels: Labels,
    loader: str,
) -> tuple[pd.DataFrame, str, Rows]:
    """Read a table, and find all its problems.

    Parameters
    ----------
    table : str, path-like or DataFrame
        The table.
    path : str
        Column with the paths.
    label : str
        Column with the labels.
    speaker : list of str
        Columns that name a speaker.
    root : str, path-like or None
        Folder that relative paths begin at.
    labels : {"standard", "original"} or dict
        Names of the emotions, as `load_table` takes them.
    loader : str
        Name in error messages.

    Returns
    -------
    table : DataFrame
        The cells.
    what : str
        What the table is, for messages.
    rows : Rows
        Files, labels, speakers and problems.
    """
    if hasattr(table, "iloc") and hasattr(table, "columns"):
        return _read_frame(table, path, label, speaker, root, labels, loader)
    if not isinstance(table, (str, os.PathLike)):
        raise TypeError(
            f"{loader}: table is of type {type(table).__name__}; it is the path of a CSV file, or "
            "a pandas DataFrame."
        )
    file = Path(os.fsdecode(table)).expanduser()
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "does not exist"
        error = IsADirectoryError if file.is_dir() else FileNotFoundError
        raise error(f"{loader}: the table {str(file)!r} {what}; pass a CSV file.")
    cells, names = read_csv(file, [path, label, *speaker], loader)
    where = file.parent if root is None else as_path(root, f"{loader}: root")
    rows = check_rows(
        cells, names, path=path, label=label, speaker=speaker, root=where, labels=labels
    )
    used = {path, label, *speaker}
    for column in cells.columns:
        if column not in used:
            cells[column] = convert_numbers(cells[column])
    return cells, f"the table {str(file)!r}", rows


def _read_frame(
    table: Any,
    path: str,
    label: str,
    speaker: Sequence[str],
    root: str | os.PathLike[str] | None,
    labels: Labels,
    loader: str,
) -> tuple[pd.DataFrame, str, Rows]:
    what = f"the DataFrame of shape {table.shape}"
    if not len(table):
        raise ValueError(f"{loader}: {what} has no row; it needs one for each clip.")
    twice = sorted({str(name) for name in table.columns[table.columns.duplicated()]})
    if twice:
        raise ValueError(f"{loader}: {what} has two columns called {', '.join(map(repr, twice))}.")
    rows = check_rows(
        table,
        [f"row {i}" for i in range(len(table))],
        path=path,
        label=label,
        speaker=speaker,
        root=Path() if root is None else as_path(root, f"{loader}: root"),
        labels=labels,
    )
    return table, what, rows


def _add_columns(frame: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the frame of the clips with the columns of the table, in their own dtypes."""
    import pandas as pd

    kept = table.iloc[frame.pop(_ROW).tolist()].reset_index(drop=True)
    taken = {*COLUMNS, *(str(column) for column in kept.columns if column not in COLUMNS)}
    names = []
    for column in kept.columns:
        new = column
        while new in COLUMNS or (new != column and new in taken):
            new = f"original_{new}"
        names.append(new)
    kept.columns = pd.Index(names)
    return pd.concat([frame, kept], axis=1)


def _describe(corpus: str, what: str, rows: Rows, columns: Sequence[str]) -> str:
    speakers = (
        f"Speakers: {len(set(rows.speakers))}, read from {', '.join(map(repr, columns))}."
        if columns
        else "Speakers: unknown, so no speaker-independent evaluation is possible: a random split\n"
        "tests a model on speakers that it was trained on. Pass speaker=<column>."
    )
    return (
        f"{corpus}: the clips of {what}\n\n"
        f"Labels: {', '.join(sorted(set(rows.labels)))}; the standard emotions are "
        f"{', '.join(VOCABULARY)}.\n{speakers}\n\n"
        "Licence and citation: unknown; ask the authors of the recordings.\n"
    )
