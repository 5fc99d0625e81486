"""Write pages of the documentation from the repository, so that they stay up to date.

- The API: a page for each room of the house, from the names in the stub ``sersk/__init__.pyi``, in
  each room's ``__all__`` and in the registry of corpora. New public names are added automatically.
- Changelog, contributing, benchmarks: copies of the files beside and below the README.

Markdown links to files outside of the documentation are replaced by links to their pages in it.
"""

import ast
import importlib
import os
import re
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]

# The rooms in the order in which a clip passes through them: name, title, and modules beside the
# room's `__all__` whose public functions users may call.
ROOMS = (
    ("pipeline", "The whole system", ()),
    ("audio", "Sound", ()),
    ("signal", "Signals", ()),
    ("features", "Features", ()),
    ("frontend", "Front end", ()),
    (
        "classifiers",
        "Classifiers",
        ("sersk.classifiers.networks", "sersk.classifiers.networks.layers"),
    ),
    ("adaptation", "Adaptation", ()),
    ("datasets", "Corpora", ()),
    ("evaluation", "Evaluation", ()),
    ("metrics", "Metrics", ()),
    ("plotting", "Figures", ()),
    ("inference", "Long recordings and streams", ()),
    ("persistence", "Saved models", ()),
    ("testing", "Checkers for extensions", ()),
)
# files of the repository -> pages that are copies of them
COPIES = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "benchmarks/README.md": "project/benchmarks.md",
}
# other paths of the repository -> their pages in the documentation
PLACES = {
    **COPIES,
    "benchmarks": "project/benchmarks.md",
    "examples": "auto_examples/index.rst",
    "README.md": "index.md",
}
EXAMPLES = (
    "plot_first_pipeline",
    "cross_validate_by_speaker",
    "plot_honest_split",
    "plot_report",
    "plot_grid_search",
    "plot_augmentation_views",
    "plot_features_compared",
    "plot_own_feature",
    "own_network",
)

_TOCTREE = re.compile(r"^```\{toctree\}\n.*?^```$", flags=re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", _replace_links)
    return {"parallel_read_safe": True}


def example_order(name):
    """Return a sort key: the order in `EXAMPLES`, then new examples by name."""
    stem = Path(name).stem
    return (EXAMPLES.index(stem) if stem in EXAMPLES else len(EXAMPLES), stem)


def write_all(docs):
    """Write the pages that have changed; Sphinx rebuilds pages by their modification times."""
    pages = {f"api/{name}": text for name, text in api_pages().items()}
    for source, page in COPIES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        pages[page] = replace_links(text, Path(source).parent, Path(page).parent)
    for name, text in pages.items():
        file = docs / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def api_pages():
    """Return the text of each page of the API by its file name."""
    rooms = public_names()
    texts = {f"{room}.rst": _room_page(room, *content) for room, content in rooms.items()}
    texts["datasets.rst"] += "\n" + corpora_table()
    toctree = "\n".join(f"   {room}" for room in rooms)
    parts = [
        "API\n===\n",
        "Import these names from ``sersk``; ``import sersk`` loads none of them, each is loaded at "
        "its first use. The page of a part describes them, and further building blocks.\n",
        f".. toctree::\n   :hidden:\n\n{toctree}\n",
        ".. list-table::\n   :header-rows: 1\n\n   * - Part\n     - Names\n",
    ]
    for room, (title, names, _) in rooms.items():
        links = ", ".join(f"`~sersk.{name}`" for name in names) or "building blocks only"
        parts[-1] += f"   * - :doc:`{title} <{room}>`\n     - {links}\n"
    texts["index.rst"] = "\n".join(parts)
    return texts


def public_names():
    """Return title, names of ``sersk`` and further names of each room that has any."""
    known = {room for room, *_ in ROOMS}
    rooms = {room: (title, [], []) for room, title, _ in ROOMS}
    homes = {name: _room_of(module) for name, module in find_homes().items()}
    for room in sorted(set(homes.values()) - known):
        rooms[room] = (room.capitalize(), [], [])
    for name, room in sorted(homes.items()):
        rooms[room][1].append(name)
    for room, _, modules in ROOMS:
        try:
            package = importlib.import_module(f"sersk.{room}")
        except ModuleNotFoundError:
            continue  # a room that does not exist yet
        own = [f"sersk.{room}.{name}" for name in getattr(package, "__all__", ())]
        for module in modules:
            own += _functions_of(module)
        for name in own:
            value = _find(name)
            if name.rpartition(".")[2] not in homes and callable(value):
                rooms[room][2].append(name)
    return {room: content for room, content in rooms.items() if content[1] or content[2]}


def find_homes():
    """Return the module of each public name of ``sersk``, from the stub and the registry."""
    from sersk.datasets.registry import find_functions

    homes = dict.fromkeys(find_functions(), "sersk.datasets")
    return homes | read_stub(ROOT / "sersk" / "__init__.pyi")


def read_stub(file):
    """Return the module of each name that the stub of ``sersk`` imports."""
    return {
        alias.name: f"sersk.{node.module}"
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def corpora_table():
    """Return a section with a table of all known corpora, from their declarations."""
    from sersk.datasets import find_corpora

    rows = [("Corpus", "Clips", "Speakers", "Language", "Emotions", "Licence", "Functions")]
    for name, corpus in find_corpora().items():
        functions = [f"`~sersk.load_{name}`"]
        functions += [f"`~sersk.fetch_{name}`"] if corpus.can_be_fetched else []
        rows.append(
            (
                f"`{corpus.title} <{corpus.source}>`__",
                f"{corpus.n_clips:,}",
                str(corpus.n_speakers),
                corpus.language,
                ", ".join(corpus.emotions),
                corpus.licence,
                ", ".join(functions),
            )
        )
    heading = "Known corpora"
    lines = [heading, "-" * len(heading), "", ".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        lines += [f"   {'  -' if column else '* -'} {cell}" for column, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def replace_links(text, source, page):
    """Return Markdown with its links adapted to a page in another folder.

    Parameters
    ----------
    text : str
        Markdown.
    source : pathlib.Path
        Folder of its file, relative to the repository.
    page : pathlib.Path
        Folder of its page, relative to docs/.
    """

    def replace(match):
        target = match[1]
        path = os.path.normpath(source / target)
        example = re.fullmatch(r"examples/(\w+)\.py", path)
        if example:
            path = f"docs/auto_examples/{example[1]}.rst"
        elif path in PLACES:
            path = f"docs/{PLACES[path]}"
        elif source == Path("docs") / page:
            return match[0]
        return f"]({os.path.relpath(path, Path('docs') / page)}"

    return _LINK.sub(replace, text)


def _replace_links(app, docname, source):
    if Path(app.env.doc2path(docname)).suffix == ".md":
        folder = Path(docname).parent
        text = replace_links(source[0], Path("docs") / folder, folder)
        source[0] = _TOCTREE.sub(partial(_fill_toctree, Path(app.srcdir), docname), text)


def _fill_toctree(docs, docname, match):
    """Replace patterns by the pages that match them and are not listed yet.

    Sphinx's `glob` is not used, because it warns if a pattern matches no page yet.
    """
    lines, named = [], {docname}
    folder = (docs / docname).parent
    for line in match[0].splitlines():
        if "*" not in line:
            name = line.strip()
            named.add(name[1:] if name.startswith("/") else f"{folder.relative_to(docs)}/{name}")
            lines.append(line)
            continue
        root, pattern = (docs, line[1:]) if line.startswith("/") else (folder, line)
        found = (page.relative_to(docs).with_suffix("") for page in root.glob(f"{pattern}.md"))
        for page in sorted(page.as_posix() for page in found):
            if page not in named:
                named.add(page)
                lines.append(f"/{page}")
    return "\n".join(lines)


def _room_of(module):
    """Return the room of a module; the base class of steps is documented with the front end."""
    parts = module.split(".")
    return "frontend" if parts[1] == "base" else parts[1]


def _functions_of(module):
    found = importlib.import_module(module)
    return [
        f"{module}.{name}"
        for name, value in vars(found).items()
        if name in getattr(found, "__all__", ()) or getattr(value, "__module__", None) == module
        if not name.startswith("_")
        if callable(value) and getattr(value, "__doc__", None)
    ]


def _find(name):
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def _room_page(room, title, names, more):
    parts = [f"{title}\n{'=' * len(title)}\n", f"{_docstring(room)}\n"]
    if names:
        parts.append(_summary(names))
    if more:
        heading = "Building blocks"
        parts += [f"{heading}\n{'-' * len(heading)}\n", _summary(more)]
    return "\n".join(parts)


def _docstring(room):
    try:
        text = importlib.import_module(f"sersk.{room}").__doc__ or ""
    except ModuleNotFoundError:
        text = ""
    return text.strip()


def _summary(names):
    lines = [".. autosummary::", "   :toctree: generated", "   :nosignatures:", ""]
    lines += [f"   {name if '.' in name else '~sersk.' + name}" for name in names]
    return "\n".join(lines) + "\n"
