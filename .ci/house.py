#!/usr/bin/env python3
"""Check the rules of the house that no linter knows; print what breaks them, exit with 1 if any.

- No room imports a private name or module of another room, not even lazily or for types only.
- No module imports itself by way of others.
- Nothing private stands at the root of the package but ``_utils``.
- Docs, examples, benchmarks and the README import public names only.
- The median module has at most 150 lines, none more than 400.
"""

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "sersk"
MOST_LINES, MOST_LINES_OF_MEDIAN = 400, 150

# Module and imported name, "" where the module itself is imported.
Import = tuple[str, str]


def main() -> int:
    """Run all checks."""
    files = {module_of(file): file for file in sorted((ROOT / PACKAGE).rglob("*.py"))}
    imports = {
        name: list(imports_of(file.read_text(encoding="utf-8"), files))
        for name, file in files.items()
    }
    problems = [
        *private_across_rooms(imports),
        *circles({name: {target for target, _ in found} for name, found in imports.items()}),
        *private_at_root(),
        *private_outside(files),
        *sizes(files),
    ]
    print("\n".join(problems) or f"{len(files)} modules keep the rules.")
    return 1 if problems else 0


def module_of(file: Path) -> str:
    """Return the dotted name of a module."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str, files: dict[str, Path]) -> Iterator[Import]:
    """Yield what a source imports from the package, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from ((name, "") for name in names if name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield (module, "") if module in files else (str(node.module), alias.name)


def room_of(module: str) -> str:
    """Return the room of a module: the part of the package that it stands in."""
    return ".".join(module.split(".")[:2])


def is_private(module: str, name: str, allowed: tuple[str, ...] = ()) -> bool:
    """Return whether a module or name begins with an underscore; dunders are public."""
    parts = [*module.split("."), name]
    return any(p.startswith("_") and not p.endswith("__") and p not in allowed for p in parts)


def private_across_rooms(imports: dict[str, list[Import]]) -> Iterator[str]:
    """Yield imports of what is private in another room."""
    for module, found in imports.items():
        for target, name in found:
            if room_of(module) != room_of(target) and is_private(target, name, ("_utils",)):
                yield f"{module} imports {target} {name}, private to another room"


def circles(graph: dict[str, set[str]]) -> Iterator[str]:
    """Yield the groups of modules that import each other in a circle (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(name: str) -> Iterator[list[str]]:
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in sorted(graph[name] & graph.keys() - {PACKAGE}):
            if target not in index:
                yield from visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], index[target])
        if low[name] == index[name]:
            group = [stack.pop()]
            while group[-1] != name:
                group.append(stack.pop())
            if len(group) > 1 or name in graph[name]:
                yield group

    for name in sorted(graph):
        if name not in index:
            yield from (f"circle: {', '.join(sorted(group))}" for group in visit(name))


def private_at_root() -> Iterator[str]:
    """Yield what is private at the root of the package."""
    for path in sorted((ROOT / PACKAGE).iterdir()):
        if path.name.startswith("_") and path.name != "_utils" and not path.name.startswith("__"):
            yield f"{PACKAGE}/{path.name} is private and stands at the root of the package"


def private_outside(files: dict[str, Path]) -> Iterator[str]:
    """Yield private imports of docs, examples, benchmarks and the pages at the root."""
    folders = [ROOT / name for name in ("docs", "examples", "benchmarks")]
    for file in sorted([*ROOT.glob("*.md"), *(f for d in folders for f in d.rglob("*.*"))]):
        if {"_build", "api", "auto_examples"} & set(file.parts):
            continue
        if file.suffix == ".py":
            sources = [file.read_text(encoding="utf-8")]
        elif file.suffix == ".md":
            text = file.read_text(encoding="utf-8")
            sources = re.findall(r"^```python\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
        else:
            continue
        for target, name in (found for source in sources for found in imports_of(source, files)):
            if is_private(target, name):
                yield f"{file.relative_to(ROOT)} imports {target} {name}, which is private"


def sizes(files: dict[str, Path]) -> Iterator[str]:
    """Yield modules that are too long, and the median if it is."""
    n_lines = {n: len(file.read_text(encoding="utf-8").splitlines()) for n, file in files.items()}
    for name, n in n_lines.items():
        if n > MOST_LINES:
            yield f"{name} has {n} lines; a module of more than {MOST_LINES} holds two ideas"
    median = statistics.median(n_lines.values())
    if median > MOST_LINES_OF_MEDIAN:
        yield f"the median module has {median:g} lines, more than {MOST_LINES_OF_MEDIAN}"


if __name__ == "__main__":
    sys.exit(main())
