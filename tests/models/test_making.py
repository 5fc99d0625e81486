"""The script that makes the ready models, on a tiny corpus: the same bytes twice, and its card."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from threadpoolctl import threadpool_limits

from sersk import (
    AudioAugmenter,
    describe_model,
    load_audio_folder,
    load_model,
    make_emotional_speech,
    make_ser_pipeline,
)
from sersk.datasets import combine

SYSTEM = {
    "preset": "functionals",
    "normalization": "corpus",
    "augmentation": AudioAugmenter(
        time_stretch=None, pitch_shift=None, speed=(0.9, 1.1), n_views=2
    ),
    "duration": 0.8,
    "sample_rate": 16_000,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Two corpora of three speakers each, two emotions, as files."""
    found = []
    for number, name in enumerate(("kitchen", "hall")):
        root = tmp_path_factory.mktemp(name)
        speech = make_emotional_speech(
            5, 1, emotions=("anger", "sad"), duration=0.8, sample_rate=16_000, random_state=number
        )
        for clip, label, speaker in zip(speech.data, speech.target, speech.groups, strict=True):
            (root / label).mkdir(exist_ok=True)
            soundfile.write(root / label / f"{name}_{speaker[-2:]}.wav", clip, 16_000)
        found.append(load_audio_folder(root, speaker=rf"{name}_(\d+)", name=name))
        found[-1].licences = {name: "for tests"}
    return found


@pytest.fixture(scope="module")
def made(corpora, tmp_path_factory):
    """The file that the script makes of them, twice, each time from the recordings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
        import ready_models

        folders = [tmp_path_factory.mktemp("made") for _ in range(2)]
        return [
            ready_models.make_model(
                make_ser_pipeline(**SYSTEM), "tiny", corpora, folder / "cache", folder
            )
            for folder in folders
        ]


def test_the_same_bytes_twice_and_no_path_of_the_machine(made):
    first, second = made
    assert first.read_bytes() == second.read_bytes()
    assert str(first.parent).encode() not in first.read_bytes()


def test_the_card(made):
    facts = describe_model(load_model(made[0]))
    assert facts["corpus"]["licences"] == {"kitchen": "for tests", "hall": "for tests"}
    assert facts["corpus"]["n_clips"] == 20
    assert facts["created"] == "2026-11-27T00:00:00+00:00"
    notes = "\n".join(facts["score"]["notes"])
    for said in ("UAR on kitchen, left out", "UAR on hall, left out", "Recall on unseen", "anger"):
        assert said in notes
    assert "CC BY-NC-SA" in facts["licence"]


def test_the_model_is_that_of_an_ordinary_fit(made, corpora):
    model, whole = load_model(made[0]), combine(*corpora)
    corpus_of = np.array([speaker.partition("-")[0] for speaker in whole.groups])
    plain = make_ser_pipeline(**SYSTEM)
    with threadpool_limits(1):  # as the script: rounding depends on the threads
        plain.fit(
            whole.data, whole.target, normalizer__groups=whole.groups, classifier__groups=corpus_of
        )
    assert model["normalizer"].corpora_ == plain["normalizer"].corpora_ == ["hall", "kitchen"]
    assert model["frontend"].longest_clip_ == plain["frontend"].longest_clip_
    assert model["frontend"].training_sounds_ == plain["frontend"].training_sounds_
    given, expected = (one.predict_proba(whole.data[::3]) for one in (model, plain))
    np.testing.assert_allclose(given, expected, atol=1e-9)
