"""A fitted model as a schema in JSON and arrays, into which skops takes it apart."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from zipfile import ZipFile

from sersk._utils.model_files import Writing, entering
from sersk.persistence.auditing import PROTOCOL, iterate_nodes
from sersk.persistence.building import KINDS

SCHEMA = "schema.json"  # skops's name: its own tools can list what a model file holds
MOST_SCHEMA = 1 << 25
# Parameters that name folders of the run, which are no part of a model: None in a file.
FOLDERS = ("memory", "storage")


class UnstorableModelError(TypeError):
    """A model holds what a .sersk file can't."""


def take_apart(model: Any, encoder: str) -> dict[str, bytes]:
    """Return the members of a file for a model.

    Parameters
    ----------
    model : estimator
        A fitted model. It is not changed.
    encoder : {"reference", "inside"}
        Whether weights of an encoder are named, or among the members.

    Returns
    -------
    members : dict of str to bytes
        The schema, and one array of NumPy for each array of the model, in the order of their use.
        The same model gives the same bytes.

    Raises
    ------
    UnstorableModelError
        If the model holds an object of a kind that skops does not take apart, or a function that
        has no name by which it can be imported.
    """
    import skops.io

    try:
        with entering(Writing(encoder)):
            data = skops.io.dumps(model)
    except (OSError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, ValueError) and str(error).startswith("WhisperEncoder:"):
            raise
        raise UnstorableModelError(
            f"save_model: this {type(model).__name__} holds what a .sersk file can't "
            f"({type(error).__name__}: {error}). Save it as .joblib."
        ) from error
    members: dict[str, bytes] = {}
    with ZipFile(io.BytesIO(data)) as archive:
        schema = json.loads(archive.read(SCHEMA))
        if schema["protocol"] != PROTOCOL:
            raise UnstorableModelError(
                f"save_model: skops {schema['_skops_version']} writes protocol "
                f"{schema['protocol']}, a .sersk file has protocol {PROTOCOL}. Install skops 0.16, "
                "or save the model as .joblib."
            )
        _forget_folders(schema)
        for node in _in_order(schema):
            node.pop("__id__", None)  # the address of an object, another one in each run
            _check_buildable(node)
            if "file" in node:
                content = archive.read(node["file"])
                node["file"] = f"{len(members)}.{node['file'].rpartition('.')[2]}"
                members[node["file"]] = content
    text = json.dumps(schema, separators=(",", ":")).encode()
    return {SCHEMA: text, **members}


def _in_order(part: Any) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a schema in the order in which they are written."""
    if isinstance(part, dict):
        if "__loader__" in part:
            yield part
        for value in part.values():
            yield from _in_order(value)
    elif isinstance(part, list):
        for value in part:
            yield from _in_order(value)


def _forget_folders(schema: dict[str, Any]) -> None:
    none = {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": "null",
        "is_json": True,
    }
    for node in iterate_nodes(schema):
        attributes = node.get("content")
        if node["__loader__"] == "ObjectNode" and isinstance(attributes, dict):
            content = attributes.get("content")
            if isinstance(content, dict):
                content.update({name: dict(none) for name in FOLDERS if name in content})


def _check_buildable(node: dict[str, Any]) -> None:
    """Refuse what could not be loaded again."""
    kind, module, name = node["__loader__"], node["__module__"], node["__class__"]
    if kind == "DictNode" and len(node["content"]) != len(node["key_types"]["content"]):
        raise UnstorableModelError(
            "save_model: a dict of the model has keys that are one text, such as 1 and '1', which "
            "a .sersk file can't tell apart. Save the model as .joblib."
        )
    if kind not in KINDS:
        raise UnstorableModelError(
            f"save_model: the model holds an object of type {module}.{name}, which a .sersk file "
            "can't hold. Save the model as .joblib."
        )
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        found = None
    if found is None and (module, name) != ("builtins", "NoneType"):
        raise UnstorableModelError(
            f"save_model: {name!r} of the module {module!r} can't be imported by this name, so a "
            ".sersk file can't refer to it. Define it at the top of a module, or save the model "
            "as .joblib."
        )
