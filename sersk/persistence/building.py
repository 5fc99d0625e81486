"""The building of a model from a schema that was judged: one small function for a kind of node.

skops writes the schemas, and could build them too. To import skops takes a second, because it
imports all of scikit-learn to list what it trusts; and a process that predicts needs few kinds.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

Node = dict[str, Any]


class Builder:
    """Builds the objects of one file.

    Parameters
    ----------
    members : dict of str to memoryview
        The arrays by their names.
    """

    def __init__(self, members: dict[str, memoryview]) -> None:
        self._members = members

    def build(self, node: Node) -> Any:
        """Build the object of a node, and those in it before.

        Parameters
        ----------
        node : dict
            A node that `sersk.persistence.auditing.audit` has not refused.

        Returns
        -------
        built : object
            The object.

        Raises
        ------
        ValueError
            If the node is not of its kind's form.
        """
        return _KINDS[node["__loader__"]](self, node)

    def _build_all(self, nodes: Any) -> list[Any]:
        if not isinstance(nodes, list):
            raise ValueError("its schema has a node without a list of parts")
        return [self.build(node) for node in nodes]

    def _build_scalar(self, node: Node) -> Any:
        value = json.loads(node["content"])
        if isinstance(value, (list, dict)):
            raise ValueError("its schema has a list in place of one value")
        return value

    def _build_dict(self, node: Node) -> Any:
        keys, types = node["content"], self.build(node["key_types"])
        if len(keys) != len(types):
            raise ValueError("its schema has a dict whose keys have no types")
        built = _import(node)()
        for kind, (key, value) in zip(types, keys.items(), strict=True):
            built[_to_key(kind, key)] = self.build(value)
        return built

    def _build_list(self, node: Node) -> Any:
        return _import(node)(self._build_all(node["content"]))

    def _build_tuple(self, node: Node) -> Any:
        cls, parts = _import(node), self._build_all(node["content"])
        return cls(*parts) if hasattr(cls, "_fields") else cls(parts)

    def _build_slice(self, node: Node) -> Any:
        ends = [node["content"][name] for name in ("start", "stop", "step")]
        if not all(isinstance(end, int | None) for end in ends):
            raise ValueError("its schema has a slice whose ends are no numbers")
        return slice(*ends)

    def _build_array(self, node: Node) -> Any:
        if node["type"] == "json":
            return self._build_objects(node)
        if node["type"] != "numpy":
            raise ValueError(f"its schema has an array of the type {node['type']!r}")
        array = np.load(io.BytesIO(self._members[node["file"]]), allow_pickle=False)
        cls = _import(node)
        return array if cls is np.ndarray else cls(array)

    def _build_objects(self, node: Node) -> NDArray[Any]:
        shape, parts = self.build(node["shape"]), self._build_all(node["content"])
        array = np.empty(len(parts), object)
        array[:] = parts
        for _ in shape[1:]:
            array = np.array([item for part in array for item in part] + [None], object)[:-1]
        return array.reshape(shape)

    def _build_masked_array(self, node: Node) -> Any:
        content = node["content"]
        return np.ma.MaskedArray(self.build(content["data"]), self.build(content["mask"]))

    def _build_dtype(self, node: Node) -> Any:
        return self.build(node["content"]).dtype

    def _build_random_state(self, node: Node) -> Any:
        generator = np.random.RandomState()
        generator.set_state(self.build(node["content"]))
        return generator

    def _build_name(self, node: Node) -> Any:
        return _import(node)

    def _build_called(self, node: Node) -> Any:
        return _import(node)(*self.build(node["content"]))

    def _build_reduced(self, node: Node) -> Any:
        built = _import(node)(*self.build(node["__reduce__"]["args"]))
        state = self.build(node["content"])
        if state:
            built.__setstate__(state)
        return built

    def _build_object(self, node: Node) -> Any:
        cls = _import(node)
        built = cls.__new__(cls)
        state = None if node.get("content") is None else self.build(node["content"])
        if state is None:
            return built
        if not isinstance(state, dict):
            raise ValueError(f"the state of its {cls.__name__} is no dict")
        state = _find_defaults(cls) | state
        if hasattr(built, "__setstate__"):
            built.__setstate__(state)
        else:
            vars(built).update(state)
        return built


_KINDS: dict[str, Callable[[Builder, Node], Any]] = {
    "ConstructorFromReduceNode": Builder._build_called,
    "DTypeNode": Builder._build_dtype,
    "DictNode": Builder._build_dict,
    "FunctionNode": Builder._build_name,
    "JsonNode": Builder._build_scalar,
    "ListNode": Builder._build_list,
    "LossNode": Builder._build_reduced,
    "MaskedArrayNode": Builder._build_masked_array,
    "NdArrayNode": Builder._build_array,
    "ObjectNode": Builder._build_object,
    "RandomStateNode": Builder._build_random_state,
    "SetNode": Builder._build_list,
    "SliceNode": Builder._build_slice,
    "TreeNode": Builder._build_reduced,
    "TupleNode": Builder._build_tuple,
    "TypeNode": Builder._build_name,
}
KINDS = frozenset(_KINDS)


def _find_defaults(cls: type) -> dict[str, Any]:
    """Return the parameters of an estimator of sersk that have a default.

    An older file lacks the parameters that its classes have got since. Their defaults are what the
    classes did before.
    """
    if not cls.__module__.startswith("sersk.") or not hasattr(cls, "get_params"):
        return {}
    parameters = signature(cls).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not one.empty}


def _import(node: Node) -> Any:
    if (node["__module__"], node["__class__"]) == ("builtins", "NoneType"):
        return type(None)
    return getattr(import_module(node["__module__"]), node["__class__"])


def _to_key(kind: Any, key: str) -> Any:
    """Return a key of a dict, which JSON has made a text."""
    if kind in (bool, np.bool_):
        return kind(key == "true")
    return None if kind is type(None) else kind(key)
