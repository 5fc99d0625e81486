"""What `sersk info` reports about the installation and the machine."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from sersk._utils.quiet_tensorflow import import_tensorflow_quietly
from sersk.cli._printing import to_text

_PACKAGES = (
    *("sersk", "numpy", "scipy", "scikit-learn", "pandas", "joblib", "soundfile", "soxr"),
    *("librosa", "tensorflow", "keras", "scikeras", "matplotlib", "typer", "rich"),
    *("gradio", "sounddevice", "distributed"),
)
_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


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


def list_installation(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the facts as rows for people."""
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
        ("instructions", to_text(processor["instructions"])),
        ("graphics cards", to_text(facts["graphics_cards"])),
        ("threads", ", ".join(threads) or "as many as there are processors"),
        ("bfloat16", pays[bfloat16]),
    ]
    for name, folder in facts["folders"].items():
        there = "" if folder["exists"] else ", not made yet"
        held = f", holds {to_text(folder['holds'])}" if folder.get("holds") else ""
        writable = "" if folder["writable"] else ", not writable"
        rows.append(
            (
                f"folder: {name}",
                f"{folder['path']}{there}{writable}{held}, {folder['free_gb']} GB free",
            )
        )
    return rows
