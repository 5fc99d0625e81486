"""`sersk demo` on fewer clips than the default: all files exist, with the documented clips."""

import numpy as np
import pytest
import soundfile

from sersk import describe_model, load_model, make_emotional_speech
from sersk.cli.demo import run_demo


@pytest.mark.slow
def test_demo_leaves_a_model_clips_and_a_figure(tmp_path, capsys):
    report = run_demo(
        tmp_path / "demo",
        seed=0,
        n_speakers=4,
        n_repetitions=1,
        n_folds=2,
        epochs=1,
        model__filters=(2, 4),
    )
    printed = capsys.readouterr().out
    assert "SYNTHETIC" in printed
    assert "chance 0.167" in printed
    assert f"sersk predict {tmp_path / 'demo' / 'model.sersk'}" in printed
    assert len(report.by_fold) == 2
    # The last speaker is neither in the folds nor in training; the clips are of that one.
    corpus = make_emotional_speech(5, 1, random_state=0)
    speakers = set(corpus.groups) - {corpus.groups[-1]}
    assert set(report.predictions["speaker"]) == speakers
    facts = describe_model(load_model(tmp_path / "demo" / "model.sersk"))
    assert (facts["corpus"]["n_clips"], facts["corpus"]["n_speakers"]) == (24, 4)
    assert " of 6 are right (chance 1 of 6)" in printed
    assert "sersk corpora" in printed.splitlines()[-1]
    assert "sersk evaluate FOLDER" in printed.splitlines()[-1]
    assert report.classes.tolist() == ["anger", "disgust", "fear", "happy", "neutral", "sad"]
    files = sorted(file.name for file in (tmp_path / "demo").iterdir())
    assert files == ["clips", "confusion_matrix.png", "model.sersk"]
    assert (tmp_path / "demo" / "confusion_matrix.png").read_bytes()[:4] == b"\x89PNG"
    clips = sorted((tmp_path / "demo" / "clips").iterdir())
    assert [clip.stem for clip in clips] == report.classes.tolist()
    assert soundfile.info(clips[0]).duration == 2.0
    anger, _ = soundfile.read(clips[0], dtype="float32")
    own = corpus.data[(corpus.groups == corpus.groups[-1]) & (corpus.target == "anger")][0]
    np.testing.assert_allclose(anger, own, atol=1e-4)
    proba = load_model(tmp_path / "demo" / "model.sersk").predict_proba(list(map(str, clips)))
    assert proba.shape == (6, 6)
