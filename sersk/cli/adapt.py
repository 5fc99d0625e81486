"""`sersk adapt`: a model for another place, from a folder of recordings made there."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sersk._utils.progress import note
from sersk.cli._choosing import ModelOption, take_one
from sersk.cli._options import AllowPickle, Corpus, CorpusOptions, Debug, Trust
from sersk.cli._printing import print_result
from sersk.cli._terminal import FAILED, IN_PART, WRONG_USE, command, fail, wrong_use


@command
def adapt(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[MODEL] FOLDER",
            help="The folder of recordings; before it, a model file that sersk train wrote "
            "(.sersk). Without MODEL, the model of --model is adapted.",
            show_default=False,
        ),
    ],
    *,
    model: ModelOption = None,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The model file to write.", show_default=False),
    ],
    labelled: Annotated[
        bool,
        typer.Option(
            "--labelled",
            help="Also use the emotions of the recordings, which --corpus says how to read: by "
            "default from the sub-folders.",
        ),
    ] = False,
    corpus: Corpus = "auto",
    prior: Annotated[
        float,
        typer.Option(
            min=0,
            help="Number of clips that the training clips count as: with n recordings, statistics "
            "are shifted by n / (n + prior).",
        ),
    ] = 10.0,
    balance: Annotated[
        bool,
        typer.Option(
            "--balance/--no-balance",
            help="Make all emotions about equally frequent in the answers to these recordings; "
            "not if some emotions do not occur in them.",
        ),
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what `sersk info MINE --json` prints.")
    ] = False,
    allow_pickle: AllowPickle = False,
    trust: Trust = None,
    debug: Debug = False,
) -> None:
    """Adapt a model to the voices, microphone and room of some recordings, without their labels.

    The model file is left as it is; the adapted model is written to another one, with checksums of
    the recordings, so that sersk can refuse to score it on them. 20 recordings help, 50 help more.
    """
    from sersk._utils.files import check_writable
    from sersk.adaptation import adapt as adapt_model
    from sersk.adaptation.record import tell_adaptation
    from sersk.cli._models import load_model, save_model
    from sersk.cli._recordings import find_recordings
    from sersk.persistence import check_ending

    chosen, folder = take_one(words, model, "folder of recordings")
    if chosen is not None and output.resolve() == Path(chosen).resolve():
        raise fail("the model and the file to write are one; name another one.", WRONG_USE)
    if not labelled and corpus != "auto":
        raise fail("--corpus says how labels are read; pass --labelled too.", WRONG_USE)
    with wrong_use():
        check_ending(output)
    check_writable(output)
    options = CorpusOptions(folder, corpus)
    labels = None
    bad: dict[str, str] = {}
    if labelled:
        found = options.load()
        paths, labels = list(found.data), found.target
    else:
        paths, bad = find_recordings([str(folder)])
        for name, reason in bad.items():
            note(f"Error: {name}: {reason}")
    if not paths:
        raise fail(f"{folder} has no recordings to adapt to.", FAILED)
    loaded = load_model(chosen, allow_pickle, trust)
    adapted = adapt_model(loaded, paths, labels, prior=prior, balance=balance)
    trained_on, texts = _read_card(loaded)
    facts: dict[str, Any] = save_model(adapted, output, trained_on, trust=trust, card=texts)
    if as_json:
        print_result(json.dumps(facts, indent=2))
    else:
        print_result(f"{tell_adaptation(facts['adaptation'])}\nModel: {output}")
    if bad:
        raise typer.Exit(IN_PART)
    options.end()


def _read_card(model: Any) -> tuple[str | None, dict[str, str]]:
    """Return the corpus that a model was trained on, and its texts, such as its licence.

    Its score is not that of the adapted model.
    """
    from sersk.persistence import describe_model
    from sersk.persistence.card import TEXTS

    facts = describe_model(model)
    name = None if facts["corpus"] is None else str(facts["corpus"]["name"])
    return name, {text: facts[text] for text in TEXTS if facts[text]}
