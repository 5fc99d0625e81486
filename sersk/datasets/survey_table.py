"""The contents of a table of clips, and all its problems, as `survey_folder` gives them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sersk.datasets._checking_tables import find_standard
from sersk.datasets.survey import Problem, Survey
from sersk.datasets.table import as_columns, read_table

if TYPE_CHECKING:
    import pandas as pd


def survey_table(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    path: str = "path",
    label: str = "label",
    speaker: str | Sequence[str] | None = None,
    root: str | os.PathLike[str] | None = None,
) -> Survey:
    r"""Read a table of clips, and report all problems instead of raising.

    Parameters
    ----------
    table : str, path-like or DataFrame
        The table, as `load_table` takes it.
    path : str, default="path"
        Column with the paths.
    label : str, default="label"
        Column with the emotions.
    speaker : str or list of str, default=None
        Columns with the speaker.
    root : str or path-like, default=None
        Folder that relative paths begin at.

    Returns
    -------
    survey : Survey
        The rows that have a file and a label, and the problems, whose path is the name of a row
        ("line 2"), or empty. The files are not opened.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no table.

    See Also
    --------
    load_table : Load the corpus; raise if there is a problem.
    survey_folder : Survey a folder.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets.survey_table import survey_table
    >>> with TemporaryDirectory() as folder:
    ...     Path(folder, "a.wav").touch()
    ...     table = Path(folder, "calls.csv")
    ...     _ = table.write_text("path,label\na.wav,angry\nb.wav,sad\n")
    ...     survey = survey_table(table)
    >>> survey.problems
    [Problem(path='line 3', reason="'b.wav' does not exist; did you mean 'a.wav'?")]
    """
    import pandas as pd

    _, _, rows = read_table(
        table,
        path=path,
        label=label,
        speaker=as_columns(speaker),
        root=root,
        labels="standard",
        loader="survey_table",
    )
    speakers = rows.speakers or [""] * len(rows.names)
    clips = [
        {
            "path": str(file),
            "emotion": find_standard(text) or text,
            "original_label": text,
            "speaker": who or None,
        }
        for file, text, who in zip(rows.files, rows.labels, speakers, strict=False)
        if text and file.is_file()
    ]
    frame = pd.DataFrame(clips, columns=["path", "emotion", "original_label", "speaker"])
    return Survey("table", frame, [Problem(*problem) for problem in rows.problems])
