"""The judgement on what a model file would build, before anything is built."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sersk.persistence.allowed import BY_NODE
from sersk.persistence.arrays import check_array

PROTOCOL = 2  # of skops: the forms of the nodes
_MOST_NODES, _MOST_DEPTH = 1_000_000, 60
_WITH_ARRAY = ("NdArrayNode",)
# Kinds that a class or function of the user's own can come as.
_OF_USERS = (
    *("ConstructorFromReduceNode", "DictNode", "FunctionNode", "ListNode", "LossNode"),
    *("NdArrayNode", "ObjectNode", "TreeNode", "TupleNode", "TypeNode"),
)


class UntrustedModelError(ValueError):
    """A model file would build a class or function that nobody has said to trust.

    Parameters
    ----------
    message : str
        The message.
    names : collection of str, default=()
        The classes and functions.

    Attributes
    ----------
    names : list of str
        The classes and functions, for the parameter `trusted` of `sersk.load_model`.
    """

    def __init__(self, message: str, names: Collection[str] = ()) -> None:
        super().__init__(message)
        self.names = sorted(names)


def audit(schema: Any, members: dict[str, memoryview], trusted: Collection[str]) -> None:
    """Refuse a schema that builds more than a model of sersk needs.

    Parameters
    ----------
    schema : object
        The schema of skops, parsed.
    members : dict of str to memoryview
        The members of the file.
    trusted : collection of str
        Further classes and functions that it may build.

    Raises
    ------
    UntrustedModelError
        If it builds another class or function; all are named.
    ValueError
        If it is no schema.
    """
    refused, read = set(), set()
    if not isinstance(schema, dict) or schema.get("protocol") != PROTOCOL:
        raise ValueError(f"its schema does not have protocol {PROTOCOL} of skops")
    for node in iterate_nodes(schema):
        kind, name = node["__loader__"], f"{node['__module__']}.{node['__class__']}"
        if "__id__" in node:  # parts that stand in several places: no file of sersk has them
            raise ValueError("its schema has a node with an id")
        allowed = name in BY_NODE.get(kind, ()) or (name in trusted and kind in _OF_USERS)
        if not allowed:
            refused.add(name)
        elif "file" in node:
            if kind not in _WITH_ARRAY or node["file"] not in members or node["file"] in read:
                raise ValueError(f"it has no array {node['file']!r}, or uses it twice")
            read.add(node["file"])
    if refused:
        raise UntrustedModelError(
            f"it would build {', '.join(sorted(refused))}, which sersk does not build from a file "
            "by itself. If you know them and trust the file, pass trusted="
            f"{sorted(refused)!r}",
            refused,
        )
    for name in sorted(read):
        check_array(name, members[name])
    unused = [name for name in members if name.endswith(".npy") and name not in read]
    if unused:
        raise ValueError(f"nothing uses its member {unused[0]!r}")


def iterate_nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield all nodes of a schema.

    Parameters
    ----------
    schema : object
        The schema, parsed.

    Yields
    ------
    node : dict
        With the texts ``__loader__``, ``__module__`` and ``__class__``.

    Raises
    ------
    ValueError
        If a part is no node, or they are too many or too deep.
    """
    waiting, n_seen = [(schema, 0)], 0
    if not isinstance(schema, dict) or "__loader__" not in schema:
        raise ValueError("its schema is no node")
    while waiting:
        part, depth = waiting.pop()
        n_seen += 1
        if n_seen > _MOST_NODES or depth > _MOST_DEPTH * 2:
            raise ValueError("its schema has too many parts, or too many within each other")
        if isinstance(part, dict):
            if "__loader__" in part:
                keys = ("__loader__", "__module__", "__class__", "file")
                if not all(isinstance(part.get(key, ""), str) for key in keys):
                    raise ValueError("its schema has a node without a class")
                if not {"__module__", "__class__"} <= set(part):
                    raise ValueError("its schema has a node without a class")
                yield part
            waiting += [(value, depth + 1) for value in part.values()]
        elif isinstance(part, list):
            waiting += [(value, depth + 1) for value in part]
