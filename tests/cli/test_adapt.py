"""`sersk adapt`: a model for the recordings of a folder, and what its file says."""

import json

import numpy as np
import pytest

from sersk import load_audio_folder, load_model, make_ser_pipeline, save_model


@pytest.fixture(scope="module")
def model(corpus_folder, tmp_path_factory):
    corpus = load_audio_folder(corpus_folder, name="two rooms")
    pipeline = make_ser_pipeline(
        preset="functionals", sample_rate=8000, duration=1.0, augmentation=False
    )
    path = tmp_path_factory.mktemp("model") / "model.sersk"
    return save_model(pipeline.fit(corpus.data, corpus.target), path, corpus=corpus)


def test_adapt_without_labels(sersk, model, corpus_folder, tmp_path):
    mine = tmp_path / "mine.sersk"
    before = model.read_bytes()
    result = sersk("adapt", model, corpus_folder / "sad", "-o", mine, "--no-balance")
    assert result.exit_code == 0, result.stderr
    assert "Adapted on 8 clips without labels: mean and spread of features." in result.stdout
    assert model.read_bytes() == before
    files = sorted(map(str, (corpus_folder / "sad").glob("*.wav")))
    old, new = load_model(model), load_model(mine)
    features = old[0].transform(files)
    np.testing.assert_allclose(
        new[-1].mean_, old[-1].mean_ * 10 / 18 + features.astype(float).mean(0) * 8 / 18, rtol=1e-6
    )
    text = sersk("info", mine).stdout
    assert "Adapted on 8 clips" in text
    assert "two rooms" in text
    facts = json.loads(sersk("info", mine, "--json").stdout)
    assert facts["adaptation"]["n_clips"] == 8
    assert facts["score"] is None


def test_adapt_with_labels(sersk, model, corpus_folder, tmp_path):
    mine = tmp_path / "mine.sersk"
    result = sersk("adapt", model, corpus_folder, "-o", mine, "--labelled", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["adaptation"]["n_labelled"] == 16


def test_a_folder_without_recordings(sersk, model, tmp_path):
    result = sersk("adapt", model, tmp_path, "-o", tmp_path / "mine.sersk")
    assert result.exit_code == 1
    assert "has no recordings to adapt to" in result.stderr
    assert not (tmp_path / "mine.sersk").exists()


def test_the_name_of_another_file_is_refused_before_the_work(sersk, model, corpus_folder, tmp_path):
    for command in (
        ("adapt", model, corpus_folder),
        ("train", corpus_folder),
        ("convert", model),
    ):
        output = ("-o",) if command[0] != "convert" else ()
        result = sersk(*command, *output, tmp_path / "x.txt")
        assert result.exit_code == 2
        assert "x.txt' ends in '.txt'; the name of a model file ends in .sersk" in result.stderr
    with pytest.raises(ValueError, match=r"ends in '\.txt'"):
        save_model(load_model(model), tmp_path / "x.txt")
    assert list(tmp_path.iterdir()) == []
