"""Models as files with a card: corpus, date, versions and score of the model.

A ``.sersk`` file is an archive whose every byte is checked, and from which only known classes are
built. A ``.joblib`` file is a pickle: loading it can run any code, so that it is read on request
only. See the modules of this room, from `container` upwards.
"""

from sersk._utils.endings import check_ending
from sersk.persistence.auditing import UntrustedModelError
from sersk.persistence.describing import describe_model, tell_score
from sersk.persistence.loading import load_model
from sersk.persistence.markdown import model_card
from sersk.persistence.pickles import PickledModelError
from sersk.persistence.saving import copy_model, save_model
from sersk.persistence.schema import UnstorableModelError
from sersk.persistence.writers import ModelVersionWarning, tell_model_versions

__all__ = [
    "ModelVersionWarning",
    "PickledModelError",
    "UnstorableModelError",
    "UntrustedModelError",
    "check_ending",
    "copy_model",
    "describe_model",
    "load_model",
    "model_card",
    "save_model",
    "tell_model_versions",
    "tell_score",
]
