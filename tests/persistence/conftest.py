"""A small model as a file, and a function that forges such files with right checksums."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sersk import save_model
from sersk.persistence.container import pack, unpack


@pytest.fixture
def saved(tmp_path):
    """Return a model, its file, and vectors."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), np.tile(["anger", "sad"], 20)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    return SimpleNamespace(model=model, X=X, path=save_model(model, tmp_path / "a.sersk"))


@pytest.fixture
def forge(tmp_path):
    """Return a function that changes the members of a file, and makes the checksums right."""

    def make(path, change=None, **members):
        found = {name: bytes(data) for name, data in unpack(memoryview(path.read_bytes())).items()}
        schema = json.loads(found["schema.json"])
        if change is not None:
            change(schema)
            found["schema.json"] = json.dumps(schema).encode()
        for name, data in members.items():
            found[name] = data
        forged = tmp_path / "forged.sersk"
        with open(forged, "wb") as file:
            pack(file, found)
        return forged

    return make


def find(schema, name):
    """Return the attributes of the first node of a class, by name."""
    waiting = [schema]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, dict):
            if part.get("__class__") == name and part.get("__loader__") == "ObjectNode":
                return part["content"]["content"]
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    raise LookupError(name)


def scalar(value):
    """Return the node of a value that JSON has."""
    text = json.dumps(value)
    return {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": text,
        "is_json": True,
    }


@pytest.fixture
def tools():
    """Return functions on schemas: ``find(schema, class_name)`` and ``scalar(value)``."""
    return SimpleNamespace(find=find, scalar=scalar)
