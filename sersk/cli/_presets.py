"""Which preset the options of a command mean."""

from collections.abc import Iterable, Mapping
from typing import Any

from sersk._utils.progress import note

# Repeated here, because the modules that define them import TensorFlow and scikit-learn, which is
# too slow for --help and the Tab key. A test holds them equal.
PRESET_NAMES = ("published", "functionals", "pretrained")
NETWORK_NAMES = ("cnn", "cnn_lstm", "lstm", "transformer")
CLASSIFIER_NAMES = (*NETWORK_NAMES, "discriminant")


def choose_preset(
    classifier: str | None, of_networks: Mapping[str, Any], settings: Iterable[str]
) -> str:
    """Return the preset for options that name none, and say why if it is not the default.

    Parameters
    ----------
    classifier : str or None
        The option ``--classifier``.
    of_networks : dict of str to object
        Options that only networks have, with their values; None where they are not given.
    settings : iterable of str
        Names of the parameters that ``--set`` sets.

    Returns
    -------
    preset : str
        "functionals"; or "published" if an option makes sense with a network only.
    """
    if classifier is not None and classifier not in NETWORK_NAMES:
        return "functionals"
    reasons = [option for option, value in of_networks.items() if value is not None]
    if classifier is not None:
        reasons.insert(0, f"--classifier {classifier}")
    if not reasons:
        reasons = [f"--set {name}" for name in settings if is_of_networks(name)]
    if not reasons:
        return "functionals"
    note(f"Note: {reasons[0]} belongs to --preset published, which is taken.")
    return "published"


def is_of_networks(name: str) -> bool:
    """Return whether only the pipeline of a network has a parameter."""
    if any(name in list_parameters(preset) for preset in PRESET_NAMES if preset != "published"):
        return False
    return name.startswith("classifier__model__") or name in list_parameters("published")


def list_parameters(preset: str) -> list[str]:
    """Return the names of all parameters of a preset's pipeline."""
    from sersk.pipeline import make_ser_pipeline

    return list(make_ser_pipeline(preset=preset).get_params())
