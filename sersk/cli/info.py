"""`sersk info`: describe this installation and machine, or a model file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from sersk.cli._choosing import ModelOption
from sersk.cli._installation import describe_installation, list_installation
from sersk.cli._options import AllowPickle, AsCsv, AsJson, Debug, Trust
from sersk.cli._printing import print_csv, print_result, print_table, to_text
from sersk.cli._terminal import WRONG_USE, command, fail


@command
def info(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A model file; without one, describe this installation and its ready models.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = None,
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
    """Describe the installation and the machine, or a model.

    Without a model: versions, processor, threads, whether bfloat16 is faster here, folders, and
    the card of the model that comes with sersk. With MODEL, or --model functionals: its input,
    classes, features and classifier, what it was trained on and when, its speaker-independent UAR
    (unweighted average recall), and what it is for.
    """
    if file is not None and model is not None:
        raise fail(f"{str(file)!r} and --model name two models; leave one out.", WRONG_USE)
    chosen = model if file is None else str(file)
    if markdown:
        if chosen is None or as_json or as_csv:
            raise typer.BadParameter("--markdown needs MODEL, without --json and --csv.")
        print_result(_make_page(chosen, allow_pickle, trust))
        return
    facts = _describe(chosen, allow_pickle, trust)
    if as_json:
        print_result(json.dumps(facts, indent=2))
        return
    if as_csv:
        print_csv(["what", "value"], _flatten(facts))
        return
    if chosen is None:
        print_table(["what", "value"], list_installation(facts))
        print_result("The model that comes with sersk, --model functionals:")
        facts = facts["ready_model"]
    print_table(["what", "value"], _list_model(facts))


def _describe(model: str | None, *given: Any) -> dict[str, Any]:
    if model is None:
        return describe_installation() | {"ready_model": describe_file(None)}
    return describe_file(model, *given)


def _make_page(model: str, allow_pickle: bool, trust: list[str] | None) -> str:
    from sersk.cli._models import load_model
    from sersk.persistence import model_card

    found = load_model(model, allow_pickle, trust, quiet=True)
    return model_card(found, name=Path(model).stem).rstrip("\n")


def describe_file(
    model: str | Path | None, allow_pickle: bool = False, trust: list[str] | None = None
) -> dict[str, Any]:
    """Return the facts about a model file; of a ready model by its name, None for the default."""
    from sersk.cli._models import find_file, load_model
    from sersk.persistence import describe_model

    path = find_file(model)
    found = load_model(model, allow_pickle, trust, quiet=True)
    return {"file": str(path), "bytes": path.stat().st_size, **describe_model(found)}


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
    changed = ", ".join(
        f"{key}={'None' if value is None else to_text(value)}"
        for key, value in preset["changed"].items()
    )
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
