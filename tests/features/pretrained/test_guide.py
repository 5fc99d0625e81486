"""The example of the guide runs, where the extra "encoders" is installed."""

import importlib.util
from pathlib import Path

import pytest

reason = "PyTorch or transformers is not installed (pip install sersk[encoders])"
pytest.importorskip("torch", reason=reason)
pytest.importorskip("transformers", reason=reason)

DOCS = Path(__file__).parents[3] / "docs"


def test_the_example_of_the_guide(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("make_outputs", DOCS / "make_outputs.py")
    outputs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(outputs)
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "guide" / "encoders.md").read_text(encoding="utf-8")
    text = page[page.index("`make_pretrained_folder` writes") :].replace("```py\n", "```python\n")
    printed, _ = outputs.run_examples(text, "encoders.md")
    assert printed
    assert outputs.find_differences(text, "encoders.md", printed) == []
