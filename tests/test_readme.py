"""The README: its commands have the expected form, and its examples run."""

import importlib.util
import re
from pathlib import Path

import pytest
import sklearn

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

_spec = importlib.util.spec_from_file_location("make_outputs", ROOT / "docs" / "make_outputs.py")
outputs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(outputs)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def test_readme_has_two_setup_commands_in_separate_blocks():
    commands = [block for block in blocks("sh") if "venv" in block]
    assert commands == [
        "python -m venv .venv && .venv/bin/pip install . && .venv/bin/sersk demo\n",
        'python -m venv .venv && .venv/bin/pip install -e ".[test]" && '
        ".venv/bin/pytest -n auto --dist worksteal\n",
    ]


def test_links_of_the_readme_resolve():
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.fixture
def few_recordings(ravdess_path, tmp_path):
    """Make a folder ``ravdess/`` with links to two clips of each emotion by eight actors."""
    try:
        outputs.link_recordings(ravdess_path, tmp_path)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    return tmp_path


@pytest.mark.recordings
@pytest.mark.slow
def test_examples_of_the_readme_run(few_recordings, monkeypatch):
    monkeypatch.chdir(few_recordings)
    # Settings that the examples change are restored.
    with sklearn.config_context():
        printed, names = outputs.run_examples(README, "README.md")
    assert outputs.find_differences(README, "README.md", printed) == []
    assert len(names["report"].by_fold) == 4
    assert names["report"].uar > 0.4  # chance is 0.25
    assert Path("report.html").stat().st_size > 10_000
    assert set(names["search"].best_params_) == {
        "frontend__augmenter__n_views",
        "frontend__features__groups",
        "classifier__shrinkage",
    }
    assert names["search"].best_score_ > 0.4
    path = ["ravdess/Actor_01/03-01-05-01-01-01-01.wav"]
    assert names["model"].predict(path) == names["search"].predict(path)
