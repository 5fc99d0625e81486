"""The result of every loader: a scikit-learn Bunch of paths, emotions, speakers and a frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sersk.datasets._labels import check_emotions, map_labels
from sersk.datasets.parts import Clip, Labels

if TYPE_CHECKING:
    from sklearn.utils import Bunch


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
) -> Bunch:
    """Map the labels, select the emotions, and return the clips as a Bunch.

    `loader` is the name in error messages, `corpus` the prefix of the speakers.
    """
    import numpy as np
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
