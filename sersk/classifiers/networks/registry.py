"""The registry of networks, and what their functions take. No network is built here."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from types import FunctionType
from typing import Any

from sersk._utils.suggest import suggest

Builder = Callable[..., Any]


class Networks(Mapping[str, Builder]):
    """Networks by name: the functions that have the name of their module.

    Parameters
    ----------
    package : str
        Name of the package.
    path : sequence of str
        Its ``__path__``. Folders that are added later are searched too.
    """

    def __init__(self, package: str, path: Sequence[str]) -> None:
        self.package = package
        self.path = path

    def __getitem__(self, name: str) -> Builder:
        if name in self._modules() and (found := self._find(name)) is not None:
            return found
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._modules() if self._find(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"

    def find(self, model: str | Builder) -> Builder:
        """Return the function that builds a network.

        Parameters
        ----------
        model : str or callable
            Name of a network, or the function itself.

        Returns
        -------
        build : callable
            The function.

        Raises
        ------
        ValueError
            If there is no network of that name.
        """
        if not isinstance(model, str):
            return model
        if model not in self:
            raise ValueError(
                f"The 'model' parameter of SpeechEmotionClassifier is {model!r}, but the networks "
                f"are {', '.join(self)}{suggest(model, self) or '.'}"
            )
        return self[model]

    def _modules(self) -> list[str]:
        # sorted: a folder that is added later does not move the names to its end
        found = (module.name for module in pkgutil.iter_modules(self.path) if not module.ispkg)
        return sorted(name for name in found if not name.startswith("_"))

    def _find(self, name: str) -> Builder | None:
        package = import_module(self.package)
        module = import_module(f"{self.package}.{name}")
        # Importing a module sets the package's attribute of its name to the module, unless it was
        # imported before; then the attribute is the function already.
        function = getattr(module, name, None)
        if not isinstance(function, FunctionType):
            return None
        setattr(package, name, function)
        return function


def check_hyperparameters(build: Builder, given: Iterable[str]) -> None:
    """Refuse hyperparameters that a network does not have.

    Python's own TypeError would come late, from inside a search, and not say which there are.

    Parameters
    ----------
    build : callable
        Function that builds the network.
    given : iterable of str
        Names of hyperparameters.

    Raises
    ------
    ValueError
        If `build` takes no argument of one of the names.
    """
    parameters = inspect.signature(build).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    allowed = list(parameters)[2:]  # after input_shape and n_classes
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise ValueError(
            f"SpeechEmotionClassifier: network {getattr(build, '__name__', build)!r} has no "
            f"hyperparameter {', '.join(unknown)}; it has {', '.join(allowed) or 'none'}"
            f"{suggest(unknown[0], allowed) or '.'}"
        )
