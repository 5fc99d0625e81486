"""The description of a fitted model and its card, for people and for programs."""

from __future__ import annotations

from typing import Any

from sersk._utils.describing import describe_estimator, plain
from sersk.adaptation import describe_adaptation
from sersk.persistence.card import TEXTS, get_card


def describe_model(model: Any, *, with_card: bool = True) -> dict[str, Any]:
    """Describe a fitted model by its parameters and its card.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or any other classifier.
    with_card : bool, default=True
        Whether the entries of the card are among the facts.

    Returns
    -------
    facts : dict
        Numbers, strings, lists and dicts only. From the model: ``classes``, ``steps`` (their
        types, in order), ``sample_rate`` (Hz), ``duration`` and ``offset`` (s), ``longest_clip``
        of the training (s), ``features`` with the parameters that differ from the defaults,
        ``n_values`` of a clip, if its features are a vector, ``classifier`` (its type),
        ``chosen`` (shrinkage and temperature of a linear discriminant), ``network`` with its
        parameters, ``n_parameters`` (the number of weights of a network or a linear classifier),
        ``epochs`` of the training, ``preset`` with its ``name`` and the parameters that are
        ``changed``, ``adaptation`` (what `adapt` did). From the card: ``corpus`` with its
        ``licences``, ``created``, ``versions``, ``score``, and the texts ``intended_use``,
        ``limits``, ``not_for`` and ``licence``. Unknown values are None.

    See Also
    --------
    save_model : Writes a model with its card.
    model_card : The same as a page in Markdown.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sersk import describe_model
    >>> facts = describe_model(DummyClassifier().fit([[0], [0]], ["anger", "sad"]))
    >>> facts["steps"], facts["sample_rate"], facts["created"]
    (['DummyClassifier'], None, None)
    """
    found = {"preset": _describe_preset(model), "adaptation": describe_adaptation(model)}
    facts = describe_estimator(model) | found
    if not with_card:
        return facts
    card = get_card(model)
    kept = {name: card.get(name) for name in ("corpus", "created", "versions", "score", *TEXTS)}
    return facts | kept


def _describe_preset(model: Any) -> dict[str, Any] | None:
    from sersk.pipeline import find_preset

    found = find_preset(getattr(model, "best_estimator_", model))
    if found is None:
        return None
    name, changes = found
    return {"name": name, "changed": {key: plain(value) for key, value in changes.items()}}


def tell_score(score: dict[str, Any] | None) -> str:
    """Return the score of a model as a sentence.

    Parameters
    ----------
    score : dict or None
        The value that `describe_model` returns as ``score``.

    Returns
    -------
    text : str
        UAR, interval, chance, and the numbers of clips, speakers and fits.

    Examples
    --------
    >>> from sersk.persistence import tell_score
    >>> tell_score(None)
    'none measured'
    """
    if score is None:
        return "none measured"
    low, high = score["uar_interval"]
    return (
        f"UAR {score['uar']:.3f} ({100 * score['confidence_level']:g} % interval {low:.3f} to "
        f"{high:.3f}, chance {score['chance_uar']:.3f}) on unseen speakers: "
        f"{score['n_clips']} clips of {score['n_speakers']} speakers, {score['n_fits']} fits"
    )
