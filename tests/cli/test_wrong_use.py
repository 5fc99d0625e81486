"""Exit code 2 is for words that are wrong whatever the files hold, and 1 for files and machine."""

import pytest

from sersk import load_model

NOWHERE = "{tmp}/no folder/"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        # endings of the files to write
        ("train {corpus} -o {tmp}/x.txt", "ends in '.txt'"),
        ("adapt {model} {corpus} -o {tmp}/x.txt", "ends in '.txt'"),
        ("convert {model} -o {tmp}/x.txt", "ends in '.txt'"),
        ("convert {model} {tmp}/x.txt", "ends in '.txt'"),
        ("export {model} -o {tmp}/x.txt", "ends in none of .onnx, .tflite"),
        ("evaluate {corpus} --report {tmp}/x.xyz", "ends in '.xyz'"),
        ("timeline {model} {clip} --plot {tmp}/x.xyz", "name a .png, .svg or .pdf file"),
        # values that are right for no file
        ("train {corpus} --duration 0", "above 0"),
        ("train {corpus} --duration nan", "above 0"),
        ("train {corpus} --jobs 0", "1 or more, or -1"),
        ("train {corpus} --set classifier__shrinkage=7", "'shrinkage' parameter"),
        ("train {corpus} --set frontend__loader__offset=-1", "'offset' parameter"),
        ("corpora {corpus} --speaker (", "not a regular expression"),
        ("predict {model} {clip} --window 0", "above 0"),
        ("timeline {model} {clip} --window -1", "above 0"),
        ("timeline {model} {clip} --hop 0", "above 0"),
        ("listen {model} --file {clip} --hop 0", "above 0"),
        # words that exclude or need each other
        ("adapt {model} {corpus} -o {model}", "name another one"),
        ("convert {model} {model}", "name another one"),
        ("adapt {model} {corpus} -o {tmp}/x.sersk --corpus tess", "pass --labelled too"),
        ("corpora --check", "is for a folder or a table"),
        ("info --markdown", "--markdown needs MODEL"),
        ("demo --model {model}", "--model needs --web"),
    ],
)
def test_wrong_words(sersk, light_model, corpus_folder, tmp_path, words, message):
    before = light_model.path.read_bytes()
    result = _call(sersk, light_model, corpus_folder, tmp_path, words)
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.stderr.replace("\u2502", " ").split())  # typer has a box
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []
    assert light_model.path.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        f"train {{corpus}} -o {NOWHERE}x.sersk",
        f"adapt {{model}} {{corpus}} -o {NOWHERE}x.sersk",
        f"convert {{model}} {NOWHERE}x.sersk",
        f"export {{model}} -o {NOWHERE}x.onnx",
        f"evaluate {{corpus}} --report {NOWHERE}x.html",
        f"timeline {{model}} {{clip}} --plot {NOWHERE}x.png",
        f"info {NOWHERE}x.sersk",
        f"predict {{model}} {NOWHERE}x.wav",
        f"timeline {{model}} {NOWHERE}x.wav",
        f"listen {{model}} --file {NOWHERE}x.wav",
        f"train {NOWHERE}",
    ],
)
def test_files_that_are_not_there(sersk, light_model, corpus_folder, tmp_path, words):
    result = _call(sersk, light_model, corpus_folder, tmp_path, words)
    assert result.exit_code == 1, result.output
    assert "no folder" in result.stderr
    assert "Posix" not in result.stderr


def _call(sersk, light_model, corpus_folder, tmp_path, words):
    names = {
        "corpus": corpus_folder,
        "model": light_model.path,
        "clip": light_model.files[0],
        "tmp": tmp_path,
    }
    # split first: the names have spaces
    parts = words.replace("no folder", "no_folder").split()
    return sersk(*(part.replace("no_folder", "no folder").format(**names) for part in parts))


@pytest.mark.parametrize("ending", [".SERSK", ".Joblib", ".PKL"])
def test_endings_in_capitals(sersk, light_model, tmp_path, ending):
    new = tmp_path / f"m{ending}"
    allowed = [] if ending == ".SERSK" else ["--allow-pickle"]
    assert sersk("convert", light_model.path, new).exit_code == 0
    found = load_model(new, allow_pickle=bool(allowed)).predict(light_model.files)
    assert list(found) == list(light_model.pipeline.predict(light_model.files))
    assert sersk("info", new, *allowed).exit_code == 0
    answered = sersk("predict", new, light_model.files[0], *allowed)  # known as the model
    assert answered.exit_code == 0, answered.stderr
    if allowed:
        assert sersk("predict", new, light_model.files[0]).exit_code == 1
