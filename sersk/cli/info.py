"""`sersk info`: describe this installation and machine, or a model file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from sersk.cli._installation import describe_installation, list_installation
from sersk.cli._options import AllowPickle, AsCsv, AsJson, Debug, Trust
from sersk.cli._printing import print_csv, print_result, print_table, to_text
from sersk.cli._terminal import command


@command
def info(
    model: Annotated[
        Path | None,
        typer.Argument(
            help="A model file; without one, describe this installation.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    markdown: Annotated[
        bool,
        typer.Option("--markdown", help="Print the model's card as a page for a hub of models."),
    ] = False,
    allow_pickle: AllowPickle = False,
    trust: Trust = None,
    debug: Debug = False,
) -> None:
    """Describe the installation and the machine, or a model file.

    Without MODEL: versions, processor, threads, whether bfloat16 is faster here, folders. With
    MODEL: its input, classes, features and classifier, what it was trained on and when, and its
    speaker-independent UAR (unweighted average recall).
    """
    if markdown:
        if model is None or as_json or as_csv:
            raise typer.BadParameter("--markdown needs MODEL, without --json and --csv.")
        print_result(_make_page(model, allow_pickle, trust))
        return
    facts = _describe(model, allow_pickle, trust)
    if as_json:
        print_result(json.dumps(facts, indent=2))
        return
    if as_csv:
        print_csv(["what", "value"], _flatten(facts))
    else:
        listed = list_installation(facts) if model is None else _list_model(facts)
        print_table(["what", "value"], listed)


def _describe(path: Path | None, *given: Any) -> dict[str, Any]:
    return describe_installation() if path is None else describe_file(path, *given)


def _make_page(path: Path, allow_pickle: bool, trust: list[str] | None) -> str:
    from sersk.cli._models import load_model
    from sersk.persistence import model_card

    return model_card(load_model(path, allow_pickle, trust), name=path.stem).rstrip("\n")


def describe_file(path: Path, allow_pickle: bool, trust: list[str] | None) -> dict[str, Any]:
    """Return the facts about a model file."""
    from sersk.cli._models import load_model
    from sersk.persistence import describe_model

    model = load_model(path, allow_pickle, trust)
    return {"file": str(path), "bytes": path.stat().st_size, **describe_model(model)}


def _flatten(facts: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield rows of a name and a value; a name within a dict gets the name of the dict before."""
    for name, value in facts.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", to_text(value)


def _list_model(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the facts about a model as rows for people."""
    from sersk.persistence import tell_score

    rate, duration = facts["sample_rate"], facts["duration"]
    length = "any length" if duration is None else f"{duration:g} s"
    rows = [
        ("file", f"{facts['file']} ({facts['bytes'] / 1e6:.1f} MB)"),
        ("classes", to_text(facts["classes"])),
        ("preset", _name_preset(facts["preset"])),
        ("input", "unknown" if rate is None else f"{length} at {rate} Hz"),
        ("features", _name_features(facts)),
        ("steps", " > ".join(facts["steps"])),
        ("classifier", facts["classifier"]),
        *((name, f"{value:.3g}") for name, value in (facts["chosen"] or {}).items()),
        ("network", _name(facts["network"])),
        ("parameters", "" if facts["n_parameters"] is None else f"{facts['n_parameters']:,}"),
        ("trained on", _name_corpus(facts["corpus"]) + _tell_longest(facts["longest_clip"])),
        ("adapted", _tell_adaptation(facts["adaptation"])),
        ("trained for", "" if facts["epochs"] is None else f"{facts['epochs']} epochs"),
        ("saved", facts["created"] or "unknown"),
        ("with", to_text([f"{k} {v}" for k, v in (facts["versions"] or {}).items()]) or "unknown"),
        ("speaker-independent UAR", tell_score(facts["score"])),
    ]
    if facts["score"] is not None:
        if facts["score"]["n_leaks"]:
            n_leaks = facts["score"]["n_leaks"]
            rows.append(("leaks", f"{n_leaks} in the data; see sersk corpora --check"))
        rows += [("note", text) for text in facts["score"]["notes"]]
    for name in ("intended_use", "limits", "not_for", "licence"):
        rows.append((name.replace("_", " "), facts[name]))
    return [(name, to_text(value)) for name, value in rows if value]


def _name_preset(preset: dict[str, Any] | None) -> str:
    if preset is None:
        return ""
    changed = ", ".join(f"{key}={to_text(value)}" for key, value in preset["changed"].items())
    return f"{preset['name']}, but {changed}" if changed else preset["name"]


def _name_features(facts: dict[str, Any]) -> str:
    name = _name(facts["features"]) or "unknown"
    return name if facts["n_values"] is None else f"{name}: {facts['n_values']} values for a clip"


def _tell_longest(longest: float | None) -> str:
    return "" if longest is None else f"; clips of up to {longest:.1f} s"


def _tell_adaptation(facts: dict[str, Any] | None) -> str:
    from sersk.adaptation.record import tell_adaptation

    return "" if facts is None else tell_adaptation(facts)


def _name(part: dict[str, Any] | None) -> str:
    """Return the name of features or of a network, with the parameters that were given."""
    if part is None:
        return ""
    given = ", ".join(f"{key}={to_text(value)}" for key, value in part["parameters"].items())
    return f"{part['name']} ({given})" if given else part["name"]


def _name_corpus(corpus: dict[str, Any] | None) -> str:
    if corpus is None:
        return "unknown"
    if "n_clips" not in corpus:
        return str(corpus["name"])
    speakers = corpus["n_speakers"]
    who = "unknown speakers" if speakers is None else f"{speakers} speakers"
    licences = ", ".join(f"{name}: {text}" for name, text in (corpus.get("licences") or {}).items())
    under = f"; licences {licences}" if licences else ""
    return f"{corpus['name']}: {corpus['n_clips']} clips, {who}{under}"
