"""`sersk convert`: where the new file is named."""

import pytest

from sersk import load_model


@pytest.mark.parametrize("option", [[], ["-o"], ["--output"]])
def test_the_new_file_is_a_word_or_an_option(sersk, light_model, tmp_path, option):
    new = tmp_path / "new.sersk"
    result = sersk("convert", light_model.path, *option, new)
    assert result.exit_code == 0, result.stderr
    assert str(new) in result.stdout
    found = load_model(new).predict(light_model.files)
    assert list(found) == list(light_model.pipeline.predict(light_model.files))


@pytest.mark.parametrize("words", [[], ["a.sersk", "-o", "b.sersk"]])
def test_one_new_file_is_named(sersk, light_model, words):
    result = sersk("convert", light_model.path, *words)
    assert result.exit_code == 2
    assert "name one file to write" in result.stderr
