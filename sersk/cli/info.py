"""`sersk info`: what this machine and this installation are, or what a model file is."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from sersk.cli._options import AsCsv, AsJson, Debug
from sersk.cli._printing import print_csv, print_result, print_table
from sersk.cli._tensorflow import import_tensorflow_quietly
from sersk.cli._terminal import command

_PACKAGES = (
    *("sersk", "numpy", "scipy", "scikit-learn", "pandas", "joblib", "soundfile", "soxr"),
    *("librosa", "tensorflow", "keras", "scikeras", "matplotlib", "typer", "rich"),
    *("gradio", "sounddevice", "distributed"),
)
_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


@command
def info(
    model: Annotated[
        Path | None,
        typer.Argument(
            help="A model file; without one, tell of this installation. Name only files that you "
            "trust: to read one runs what is in it.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    debug: Debug = False,
) -> None:
    """Tell of the installation and the machine, or what a model file is and how good.

    Without MODEL: versions, processor, threads, whether bfloat16 pays, folders. With MODEL: what
    it hears and says, its network, what it was trained on and when, and its honest score.
    """
    facts = describe_installation() if model is None else describe_file(model)
    if as_json:
        print_result(json.dumps(facts, indent=2))
        return
    rows = list(_flatten(facts))
    if as_csv:
        print_csv(["what", "value"], rows)
    else:
        print_table(["what", "value"], (_tell_installation if model is None else _tell)(facts))


def describe_file(path: Path) -> dict[str, Any]:
    """Return what is known of a model file."""
    from sersk.cli._models import load_model
    from sersk.persistence import describe_model

    model = load_model(path)
    return {"file": str(path), "bytes": path.stat().st_size, **describe_model(model)}


def describe_installation() -> dict[str, Any]:
    """Return versions, what the machine is, and where things are kept."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from sersk._utils.processor import computes_bfloat16, describe_processor
    from sersk.datasets import get_data_home

    versions: dict[str, str | None] = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    data_home = get_data_home(None)
    graphics = _count_graphics_cards()
    pays = computes_bfloat16()
    return {
        "versions": versions,
        "system": f"{platform.system()} {platform.machine()}",
        "python_executable": sys.executable,
        "processor": describe_processor(),
        "graphics_cards": graphics,
        "threads": {name: os.environ.get(name) for name in _THREADS},
        "bfloat16": {
            "pays": True if isinstance(graphics, int) and graphics > 0 else pays,
            "use": "SpeechEmotionClassifier(precision='mixed_bfloat16')",
        },
        "folders": {
            "corpora": {**_describe_folder(data_home), "holds": _list_folders(data_home)},
            "temporary": _describe_folder(Path(tempfile.gettempdir())),
            "keras": _describe_folder(Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()),
        },
    }


def _count_graphics_cards() -> int | str:
    """Return how many TensorFlow sees, or why it can't be asked: that too is worth knowing."""
    try:
        import_tensorflow_quietly()
        import tensorflow

        return len(tensorflow.config.list_physical_devices("GPU"))
    except Exception as error:
        return f"TensorFlow can't be imported ({type(error).__name__}: {error})"


def _describe_folder(path: Path) -> dict[str, Any]:
    holder = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    return {
        "path": str(path),
        "exists": path.is_dir(),
        "writable": os.access(holder, os.W_OK),
        "free_gb": round(shutil.disk_usage(holder).free / 1e9, 1),
    }


def _list_folders(path: Path) -> list[str]:
    return sorted(child.name for child in path.iterdir() if child.is_dir()) if path.is_dir() else []


def _flatten(facts: dict[str, Any], prefix: str = "") -> Any:
    """Yield rows of a name and a value, of dicts in dicts too."""
    for name, value in facts.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)


def _tell_installation(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what the installation is in words."""
    versions = facts["versions"]
    processor, bfloat16 = facts["processor"], facts["bfloat16"]["pays"]
    absent = [name for name, number in versions.items() if number is None]
    pays = {
        True: "faster here: precision='mixed_bfloat16'",
        False: "slower here, the processor has no instructions for it: keep precision='float32'",
        None: "unknown here: try precision='mixed_bfloat16'",
    }
    threads = [f"{name}={value}" for name, value in facts["threads"].items() if value is not None]
    rows = [
        ("sersk", f"{versions['sersk']}, Python {versions['python']}, {facts['system']}"),
        *((name, number) for name, number in versions.items() if number and name in _PACKAGES[1:]),
        ("not installed", ", ".join(absent) or "-"),
        ("processor", processor["name"]),
        ("processors", f"{processor['n_usable']} usable of {processor['n_logical']}"),
        ("instructions", _text(processor["instructions"])),
        ("graphics cards", _text(facts["graphics_cards"])),
        ("threads", ", ".join(threads) or "as many as there are processors"),
        ("bfloat16", pays[bfloat16]),
    ]
    for name, folder in facts["folders"].items():
        there = "" if folder["exists"] else ", not made yet"
        held = f", holds {_text(folder['holds'])}" if folder.get("holds") else ""
        writable = "" if folder["writable"] else ", not writable"
        rows.append(
            (
                f"folder: {name}",
                f"{folder['path']}{there}{writable}{held}, {folder['free_gb']} GB free",
            )
        )
    return rows


def _tell(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a model is in words."""
    from sersk.persistence import tell_score

    def called(part: dict[str, Any] | None) -> str:
        if part is None:
            return "unknown"
        given = ", ".join(f"{key}={_text(value)}" for key, value in part["parameters"].items())
        return f"{part['name']}{f' ({given})' if given else ''}"

    corpus, score = facts["corpus"], facts["score"]
    rate, duration = facts["sample_rate"], facts["duration"]
    rows = [
        ("file", f"{facts['file']} ({facts['bytes'] / 1e6:.1f} MB)"),
        ("classes", _text(facts["classes"])),
        ("hears", "unknown" if rate is None else f"{duration:g} s at {rate} Hz"),
        ("features", called(facts["features"])),
        ("steps", " > ".join(facts["steps"])),
        ("network", called(facts["network"])),
        ("parameters", "-" if facts["n_parameters"] is None else f"{facts['n_parameters']:,}"),
        ("trained on", _tell_corpus(corpus)),
        ("trained for", "-" if facts["epochs"] is None else f"{facts['epochs']} epochs"),
        ("saved", facts["created"] or "unknown"),
        ("with", _text([f"{k} {v}" for k, v in (facts["versions"] or {}).items()]) or "unknown"),
        ("honest score", tell_score(score)),
    ]
    if score is not None:
        if score["n_leaks"]:
            rows.append(("leaks", f"{score['n_leaks']} in the data; see sersk corpora --check"))
        rows += [("note", note) for note in score["notes"]]
    return rows


def _tell_corpus(corpus: dict[str, Any] | None) -> str:
    if corpus is None:
        return "unknown"
    if "n_clips" not in corpus:
        return str(corpus["name"])
    speakers = corpus["n_speakers"]
    who = "unknown speakers" if speakers is None else f"{speakers} speakers"
    return f"{corpus['name']}: {corpus['n_clips']} clips, {who}"
