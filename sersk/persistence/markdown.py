"""The card of a model as a page in Markdown, as model hubs show it."""

from __future__ import annotations

import json
import re
from typing import Any

from sersk.persistence.card import INTENDED_USE, LIMITS, NOT_FOR
from sersk.persistence.describing import describe_model, tell_score


def model_card(model: Any, *, name: str = "Speech emotion model") -> str:
    """Return the card of a model as a page in Markdown, for a hub of models.

    Parameters
    ----------
    model : estimator
        A model that `load_model` returned, or any fitted classifier; without a card, the page says
        what is unknown.
    name : str, default="Speech emotion model"
        Its heading.

    Returns
    -------
    page : str
        A block of metadata in YAML between two lines of ``---``, then labels, training data and
        their licences, score, use, limits, system and versions.

    See Also
    --------
    describe_model : The same as a dict.
    save_model : Takes the texts.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sersk import model_card
    >>> page = model_card(DummyClassifier().fit([[0], [0]], ["anger", "sad"]), name="Two moods")
    >>> print(page.partition("## ")[0].rstrip())
    ---
    library_name: sersk
    pipeline_tag: audio-classification
    tags: [speech-emotion-recognition, scikit-learn]
    ---
    <BLANKLINE>
    # Two moods
    """
    facts = describe_model(model)
    parts = [
        _make_metadata(facts),
        f"# {_plain(name)}",
        ("Labels", _listed(facts["classes"])),
        ("Training data", _tell_corpus(facts["corpus"])),
        ("Score", _tell_scores(facts["score"])),
        ("Intended use", _text(facts["intended_use"] or INTENDED_USE)),
        ("Limits", _text(facts["limits"] or LIMITS)),
        ("Not for", _text(facts["not_for"] or NOT_FOR)),
        ("Licence", _text(facts["licence"] or "Not stated.")),
        ("System", _tell_system(facts)),
        ("Versions", _tell_versions(facts)),
        ("Use", "```python\nfrom sersk import load_model\n\n"
         'model = load_model("model.sersk")\nmodel.predict(["clip.wav"])\n```'),
    ]  # fmt: skip
    pages = [part if isinstance(part, str) else f"## {part[0]}\n\n{part[1]}" for part in parts]
    return "\n\n".join(pages) + "\n"


def _make_metadata(facts: dict[str, Any]) -> str:
    lines = ["library_name: sersk", "pipeline_tag: audio-classification"]
    lines.append("tags: [speech-emotion-recognition, scikit-learn]")
    if facts["licence"]:
        lines.append(f"license: other\nlicense_name: {json.dumps(facts['licence'])}")
    if facts["score"]:
        lines.append("metrics: [unweighted average recall]")
    return "\n".join(["---", *lines, "---"])


def _plain(text: Any) -> str:
    """Return a text of which Markdown and HTML make nothing else."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(str(text).split()))


def _text(text: str) -> str:
    return "\n\n".join(_plain(paragraph) for paragraph in text.split("\n\n"))


def _listed(values: list[Any]) -> str:
    return ", ".join(map(_plain, values)) or "Unknown."


def _tell_corpus(corpus: dict[str, Any] | None) -> str:
    if corpus is None:
        return "Unknown."
    lines = [f"{_plain(corpus['name'])}."]
    if corpus.get("n_clips"):
        n = corpus.get("n_speakers")
        lines.append(f"{corpus['n_clips']} clips of {n or 'an unknown number of'} speakers.")
    rows = [
        f"| {_plain(name)} | {_plain(licence)} |"
        for name, licence in (corpus.get("licences") or {}).items()
    ]
    table = "\n\n| corpus | licence |\n|---|---|\n" + "\n".join(rows) if rows else ""
    return " ".join(lines) + table


def _tell_scores(score: dict[str, Any] | None) -> str:
    if score is None:
        return "None was measured on unseen speakers."
    told = f"{tell_score(score)}."
    if score.get("method"):
        told += f" Split: {_plain(score['method'])}."
    return " ".join([told, *map(_plain, score["notes"])])


def _tell_system(facts: dict[str, Any]) -> str:
    rows = {"steps": " > ".join(facts["steps"])}
    preset = facts["preset"]
    if preset is not None:
        changed = ", ".join(f"{name}={value}" for name, value in preset["changed"].items())
        rows["preset"] = preset["name"] + (f", but {changed}" if changed else "")
    for name in ("sample_rate", "duration", "features", "network", "chosen", "n_parameters"):
        if facts[name] is not None:
            rows[name.replace("_", " ")] = _in_words(facts[name])
    lines = [f"| {name} | {_plain(value)} |" for name, value in rows.items()]
    return "\n".join(["| what | value |", "|---|---|", *lines])


def _in_words(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if set(value) == {"name", "parameters"}:
        inner = _in_words(value["parameters"])
        return f"{value['name']} ({inner})" if inner else str(value["name"])
    return ", ".join(f"{name}={item}" for name, item in value.items())


def _tell_versions(facts: dict[str, Any]) -> str:
    told = ", ".join(f"{name} {number}" for name, number in (facts["versions"] or {}).items())
    when = facts["created"]
    if not told:
        return "Unknown."
    return f"{_plain(told)}. Saved {_plain(when or 'at an unknown time')}."
