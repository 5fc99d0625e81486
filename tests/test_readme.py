"""The README: its commands have the expected form, and its examples run."""

import re
import warnings
from pathlib import Path

import pytest
import sklearn

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ACTORS = (1, 3, 4, 5)


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
    """Make a folder ``ravdess/`` with links to a clip of each emotion by each of four actors."""
    actors = [ravdess_path / f"Actor_{actor:02d}" for actor in ACTORS]
    for actor in actors:
        if not actor.is_dir():
            pytest.skip(f"the recordings lack {actor.name}")
        folder = tmp_path / "ravdess" / actor.name
        folder.mkdir(parents=True)
        for clip in sorted(actor.glob("03-01-*-01-01-01-*.*")):
            (folder / clip.name).symlink_to(clip)
    return tmp_path


@pytest.mark.recordings
@pytest.mark.slow
def test_examples_of_the_readme_run(few_recordings, monkeypatch):
    monkeypatch.chdir(few_recordings)
    names: dict = {"__name__": "readme"}
    # Settings that the examples change are restored.
    with sklearn.config_context(), warnings.catch_warnings():
        # With one clip of an emotion by each speaker, folds lack some classes; the corpus has more.
        warnings.filterwarnings("ignore", module="sklearn")
        for number, block in enumerate(blocks("python"), start=1):
            exec(compile(block, f"README.md, example {number}", "exec"), names)
    assert len(names["report"].by_fold) == 4
    assert 0 <= names["report"].uar <= 1
    assert Path("report.html").stat().st_size > 10_000
    assert set(names["search"].best_params_) == {
        "frontend__augmenter__pitch_shift",
        "frontend__features__n_mels",
        "classifier__model__filters",
    }
    held_out = names["search"].best_estimator_[-1].validation_indices_
    trained = set(range(len(names["corpus"].data))) - set(held_out)
    speakers = names["corpus"].groups
    assert not set(speakers[held_out]) & set(speakers[sorted(trained)])
    path = ["ravdess/Actor_01/03-01-05-01-01-01-01.wav"]
    assert names["model"].predict(path) == names["search"].predict(path)
