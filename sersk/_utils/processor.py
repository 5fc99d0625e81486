"""The processor and its vector instructions. Imports are light, for fast commands."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

_CPUINFO = Path("/proc/cpuinfo")
_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")  # the last is ARM's
# Instructions that affect the speed of features and networks.
_REPORTED = ("avx", "avx2", "fma", "avx512f", "asimd", *_BFLOAT16)


def describe_processor() -> dict[str, Any]:
    """Return the name of the processor, its cores and its instructions.

    Returns
    -------
    facts : dict
        ``name``; ``n_logical``, the number of logical cores; ``n_usable``, how many of them this
        process may use; ``instructions``, the vector instructions, None if unknown.

    Examples
    --------
    >>> from sersk._utils.processor import describe_processor
    >>> describe_processor()["n_usable"] >= 1
    True
    """
    from joblib import cpu_count  # respects affinity and the limits of containers

    text = _read()
    names = [line.partition(":")[2] for line in text.splitlines() if line.startswith("model name")]
    flags = _flags(text)
    return {
        "name": (names[0].strip() if names else "") or platform.processor() or platform.machine(),
        "n_logical": os.cpu_count(),
        "n_usable": cpu_count(),
        "instructions": None if flags is None else [name for name in _REPORTED if name in flags],
    }


def computes_bfloat16() -> bool | None:
    """Return whether the processor has instructions for bfloat16; None if unknown.

    Returns
    -------
    answer : bool or None
        Without them, `precision="mixed_bfloat16"` is slower than "float32".
    """
    flags = _flags(_read())
    return None if flags is None else any(name in flags for name in _BFLOAT16)


def _read() -> str:
    try:
        return _CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return ""


def _flags(text: str) -> set[str] | None:
    for line in text.splitlines():
        name, _, values = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return set(values.split())
    return None
