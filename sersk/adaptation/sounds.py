"""How the recordings of a model's training sounded, and those that it is adapted on."""

from __future__ import annotations

import copy
from typing import Any

from sersk.audio.chunk_steps import listen
from sersk.audio.clips import as_sequence
from sersk.audio.unlike import widen
from sersk.frontend import FrontEnd


def know_sounds(frontend: FrontEnd, X: Any) -> FrontEnd:
    """Return a front end to which clips such as some others are not unlike the training.

    Parameters
    ----------
    frontend : FrontEnd
        Fitted. It is not changed.
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        Paths or waveforms.

    Returns
    -------
    frontend : FrontEnd
        A copy whose ``training_sounds_`` include these clips; the same front end if it has none.
    """
    training = getattr(frontend, "training_sounds_", None)
    if training is None:
        return frontend
    sounds = listen(frontend.steps, training["heard_after"], as_sequence(X, "adapt"))
    knowing = copy.copy(frontend)
    knowing.training_sounds_ = widen(training, sounds)
    return knowing
