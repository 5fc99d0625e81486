"""The registry of corpora: those declared in modules of this package, and those registered.

A module of `sersk.datasets` with a line ``NAME = Corpus(`` declares a corpus. There is no other
list: the loaders and the names in the command line and the documentation are derived from here.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from sersk.datasets.corpus import Corpus

if TYPE_CHECKING:
    import os

    from sklearn.utils import Bunch

# The modules that declare a corpus are found by their text. Importing all modules would import
# numpy, which is too slow for `sersk --help` and for completion by the Tab key.
_DECLARATION = re.compile(r"^\w+\s*(:[^=\n]+)?=\s*\w*Corpus\(", re.MULTILINE)
# With these names, load_<name> or fetch_<name> would be another public function, or a value of
# --corpus would have two meanings.
_RESERVED = ("audio_folder", "auto", "corpus", "folder", "model", "published_corpus")

_registered: dict[str, Corpus] = {}


def find_corpora() -> dict[str, Corpus]:
    """Return every known corpus by its name, in alphabetical order.

    Returns
    -------
    corpora : dict of str to Corpus
        The corpora of this package, and those that were registered.

    See Also
    --------
    register_corpus : Add one.

    Examples
    --------
    >>> from sersk.datasets import find_corpora
    >>> for name, corpus in find_corpora().items():
    ...     print(name, corpus.n_clips, corpus.language)
    crema_d 7442 English
    emodb 535 German
    ravdess 1440 English
    savee 480 English
    tess 2800 English
    """
    package = importlib.import_module(__package__)
    return dict(sorted({**_registered, **_find_declared(tuple(package.__path__))}.items()))


def get_corpus(name: str) -> Corpus:
    """Return the corpus of a name.

    Parameters
    ----------
    name : str
        Name of a corpus, as in `find_corpora`.

    Returns
    -------
    corpus : Corpus
        The corpus.

    Raises
    ------
    ValueError
        If there is no corpus of that name.

    See Also
    --------
    load_corpus : Load it.

    Examples
    --------
    >>> from sersk.datasets import get_corpus
    >>> get_corpus("emodb").title
    'EmoDB'
    """
    corpora = find_corpora()
    if name not in corpora:
        near = get_close_matches(str(name), corpora, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"get_corpus: there is no corpus {name!r}; there is: "
            f"{', '.join(map(repr, corpora))}.{hint}"
        )
    return corpora[name]


def register_corpus(corpus: Corpus) -> Corpus:
    """Register a corpus that is declared outside this package.

    Afterwards ``sersk.load_<name>`` exists, and ``sersk.fetch_<name>`` if the corpus can be
    downloaded. `load_corpus` and ``sersk.datasets.survey`` find the corpus.

    Parameters
    ----------
    corpus : Corpus
        The corpus.

    Returns
    -------
    corpus : Corpus
        The same corpus, so that a declaration can be written inside the call.

    Raises
    ------
    TypeError
        If `corpus` is not a `Corpus`.
    ValueError
        If its name is taken, or is not an identifier in lower case.

    See Also
    --------
    check_corpus : Find the faults of a declaration.

    Notes
    -----
    A registered corpus of the same name from the same module is replaced, so that a cell of a
    notebook can be run again.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from sersk.datasets import get_corpus, register_corpus
    >>> corpus = register_corpus(replace(get_corpus("tess"), name="tess_copy"))
    >>> from sersk import load_tess_copy
    >>> unregister_corpus("tess_copy")
    """
    if not isinstance(corpus, Corpus):
        raise TypeError(f"register_corpus: corpus is a {type(corpus).__name__}; pass a Corpus.")
    if fault := find_fault_of_name(corpus.name):
        raise ValueError(f"register_corpus: {fault}")
    known = find_corpora().get(corpus.name)
    again = corpus.name in _registered and known is not None
    if known is not None and not (again and known.parse.__module__ == corpus.parse.__module__):
        raise ValueError(
            f"register_corpus: the name {corpus.name!r} is taken by {known.title}; choose another."
        )
    _registered[corpus.name] = corpus
    return corpus


def unregister_corpus(name: str) -> None:
    """Remove a corpus from the registry.

    Parameters
    ----------
    name : str
        Name of the corpus. Nothing happens if it is not registered.

    See Also
    --------
    register_corpus : Register a corpus.

    Examples
    --------
    >>> from sersk.datasets import unregister_corpus
    >>> unregister_corpus("kitchen")
    """
    _registered.pop(name, None)


def load_corpus(name: str, path: str | os.PathLike[str], **options: Any) -> Bunch:
    """Load a corpus by its name.

    Parameters
    ----------
    name : str
        Name of a corpus, as in `find_corpora`.
    path : str or path-like
        Folder that the archive unpacks to.
    **options : dict
        As in `Corpus.load`: `emotions`, `labels`, and the choices of the corpus.

    Returns
    -------
    corpus : Bunch
        As `Corpus.load` returns it.

    Raises
    ------
    ValueError
        If there is no corpus of that name, or `path` does not hold it.

    See Also
    --------
    fetch_corpus : Download it first.

    Examples
    --------
    >>> from sersk.datasets import load_corpus
    >>> corpus = load_corpus("ravdess", "folder of RAVDESS", channel="song")  # doctest: +SKIP
    """
    return get_corpus(name).load(path, **options)


def fetch_corpus(
    name: str, data_home: str | os.PathLike[str] | None = None, **options: Any
) -> Bunch:
    """Download a corpus by its name if it is missing, and load it.

    Parameters
    ----------
    name : str
        Name of a corpus, as in `find_corpora`.
    data_home : str or path-like, default=None
        Folder for fetched corpora; None takes the environment variable ``SERSK_DATA_HOME``, or
        ``~/sersk_data``.
    **options : dict
        As in `Corpus.fetch`.

    Returns
    -------
    corpus : Bunch
        As `Corpus.load` returns it.

    Raises
    ------
    OSError
        If there is no network, the publisher's address has changed, or the disk is full.
    ValueError
        If there is no corpus of that name, or it cannot be downloaded.

    See Also
    --------
    load_corpus : Load it from a folder that you have.

    Examples
    --------
    >>> from sersk.datasets import fetch_corpus
    >>> corpus = fetch_corpus("ravdess")  # doctest: +SKIP
    """
    return get_corpus(name).fetch(data_home, **options)


def find_functions() -> dict[str, Callable[..., Bunch]]:
    """Return ``load_<name>`` and ``fetch_<name>`` of every known corpus by their names.

    Returns
    -------
    functions : dict of str to callable
        A corpus that cannot be downloaded has no ``fetch_<name>``.

    See Also
    --------
    find_corpora : The corpora.

    Examples
    --------
    >>> from sersk.datasets.registry import find_functions
    >>> [name for name in find_functions() if name.startswith("fetch")]
    ['fetch_crema_d', 'fetch_emodb', 'fetch_ravdess', 'fetch_tess']
    """
    functions: dict[str, Callable[..., Bunch]] = {}
    for name, corpus in find_corpora().items():
        functions[f"load_{name}"] = corpus.load
        if corpus.can_be_fetched:
            functions[f"fetch_{name}"] = corpus.fetch
    return functions


def find_fault_of_name(name: Any) -> str | None:
    """Return the fault of the name of a corpus, if it has one.

    Parameters
    ----------
    name : object
        The name.

    Returns
    -------
    fault : str or None
        A sentence; None if the name is valid.

    See Also
    --------
    check_corpus : Checks the whole declaration.

    Examples
    --------
    >>> from sersk.datasets.registry import find_fault_of_name
    >>> find_fault_of_name("My corpus")
    "name is 'My corpus'; it is an identifier in lower case, such as 'kitchen'."
    """
    if not isinstance(name, str) or not name.isidentifier() or name != name.lower():
        return f"name is {name!r}; it is an identifier in lower case, such as 'kitchen'."
    if name in _RESERVED:
        return f"name is {name!r}, which has another meaning in sersk; choose another."
    return None


@cache
def _find_declared(folders: tuple[str, ...]) -> dict[str, Corpus]:
    """Return the corpora that the modules in `folders` declare; each folder is searched once."""
    found: dict[str, Corpus] = {}
    for info in pkgutil.iter_modules(folders):
        if info.name.startswith("_") or info.ispkg:
            continue
        spec = info.module_finder.find_spec(info.name)  # type: ignore[call-arg]
        source = spec.loader.get_source(info.name)  # type: ignore[union-attr]
        if source is None or _DECLARATION.search(source):
            module = importlib.import_module(f"{__package__}.{info.name}")
            for value in vars(module).values():
                if isinstance(value, Corpus):
                    found[value.name] = value
    return found
