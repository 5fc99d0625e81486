"""The corpus: every input that ever failed, small, one a file in ``tests/fuzzing/corpus``."""

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

from fuzzing.cases import ArrayCase, Case, FileCase, ModelCase, Outcome, as_dict

FOLDER = Path(__file__).parents[2] / "tests" / "fuzzing" / "corpus"

_TYPES: dict[str, type] = {"file": FileCase, "array": ArrayCase, "model": ModelCase}


def load_all() -> list[Case]:
    """Return all cases of the corpus."""
    return [load(path) for path in sorted(FOLDER.glob("*.json"))]


def load(path: Path) -> Case:
    """Read a case."""
    fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    kind = fields.pop("kind")
    fields.pop("failed")
    for name in ("data", "twin"):
        if name in fields:
            fields[name] = zlib.decompress(base64.b64decode(fields[name]))
    return _TYPES[kind](**fields)


def keep(case: Case, outcome: Outcome) -> Path:
    """Write a case with the fault that it showed; return the file."""
    kind = next(name for name, type_ in _TYPES.items() if isinstance(case, type_))
    fields = as_dict(case)
    for name in ("data", "twin"):
        if name in fields:
            fields[name] = base64.b64encode(zlib.compress(fields[name], 9)).decode()
    words = re.sub(r"[^a-z]+", "-", outcome.signature.lower()).strip("-")[:60].strip("-")
    FOLDER.mkdir(parents=True, exist_ok=True)
    group = re.sub(r"[^a-z]+", "-", case.group)
    path = FOLDER / f"{kind}-{group}-{words}.json"
    content = {"kind": kind, "failed": outcome.signature, **fields}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def show(case: Case) -> str:
    """Return a case as text, the first bytes of a file as hex."""
    fields = as_dict(case)
    if isinstance(case, FileCase):
        fields["data"] = f"{len(case.data)} bytes: {case.data[:64].hex(' ', 2)}"
        fields["twin"] = f"{len(case.twin)} bytes"
    return "\n".join(f"{name}: {value}" for name, value in fields.items())
