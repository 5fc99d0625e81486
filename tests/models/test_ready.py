"""The ready models: their files, their cards, their answers, and that the wheel holds them."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import sersk
from sersk import adapt, describe_model, load_default_model, make_emotional_speech, model_card
from sersk.models import READY_MODELS, find_ready_model, read_notice

EMOTIONS = ["anger", "disgust", "fear", "happy", "neutral", "sad"]
FOLDER = Path(sersk.__file__).parent / "models"


@pytest.fixture(scope="module")
def functionals():
    return load_default_model()


@pytest.mark.parametrize("name", READY_MODELS)
def test_the_file_is_the_one_that_the_script_made(name):
    file = find_ready_model(name)
    assert file.stat().st_size <= 1_000_000
    known = json.loads((FOLDER / "checksums.json").read_text(encoding="utf-8"))
    assert sha256(file.read_bytes()).hexdigest() == known[file.name]


@pytest.mark.parametrize("name", READY_MODELS)
def test_the_card(name):
    facts = describe_model(load_default_model(name))
    assert facts["classes"] == EMOTIONS
    assert facts["preset"]["name"] == name
    assert set(facts["corpus"]["licences"]) == {"ravdess", "emodb", "urdu"}
    assert facts["corpus"]["licences"]["ravdess"] == "CC BY-NC-SA 4.0"
    assert facts["corpus"]["n_clips"] == 1558
    low, high = facts["score"]["uar_interval"]
    assert facts["score"]["chance_uar"] < 0.2 < low < facts["score"]["uar"] < high
    said = "\n".join(facts["score"]["notes"])
    for corpus in ("RAVDESS", "EmoDB", "URDU"):
        assert f"UAR on {corpus}, left out" in said
        assert f"Recall on {corpus}, left out" in said
    assert all(f"{emotion} 0." in said for emotion in EMOTIONS)
    assert "CC BY-NC-SA" in facts["licence"]
    assert "research" in facts["licence"]
    for text in ("intended_use", "limits", "not_for"):
        assert len(facts[text]) > 100
    assert "left out" in model_card(load_default_model(name))


def test_the_encoder_is_named_and_not_downloaded_by_loading():
    features = load_default_model("pretrained")["frontend"].named_steps["features"]
    assert features.model == "base"
    assert features.layers == [2, 3, 4]


def test_without_a_network_the_message_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("SERSK_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody answers
    clip = make_emotional_speech(1, 1, duration=1.0).data[:1]
    with pytest.raises(OSError, match=r"base.*127\.0\.0\.1") as caught:
        load_default_model("pretrained").predict(clip)
    assert "folder" in str(caught.value)


def test_other_names_are_refused_with_a_suggestion():
    with pytest.raises(ValueError, match="did you mean 'pretrained'"):
        load_default_model("pretraned")
    with pytest.raises(ValueError, match="has no encoder"):
        load_default_model(encoder="somewhere")


def test_it_answers_a_path_and_a_waveform(functionals, tmp_path):
    import soundfile

    clip = make_emotional_speech(1, 1, duration=2.0).data[0]
    soundfile.write(tmp_path / "clip.wav", clip, 22050, subtype="FLOAT")
    one, other = functionals.predict_proba([str(tmp_path / "clip.wav")]), None
    other = functionals.predict_proba(clip[np.newaxis])
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert one.shape == (1, 6)
    np.testing.assert_allclose(one.sum(), 1)


def test_it_can_be_adapted(functionals):
    clips = make_emotional_speech(1, 1, duration=1.0).data
    adapted = adapt(functionals, clips)
    assert adapted.predict(clips).shape == (6,)


@pytest.mark.recordings
def test_real_recordings_are_recognised_better_than_by_chance(functionals, ravdess_path):
    corpus = sersk.load_ravdess(ravdess_path, emotions=EMOTIONS)
    chosen = np.flatnonzero(corpus.groups == corpus.groups[0])[::2]
    right = functionals.predict(corpus.data[chosen]) == corpus.target[chosen]
    assert right.mean() > 0.4  # chance is 1 / 6; the clips are of the training


def test_the_first_answer_needs_no_tensorflow_and_no_compiler():
    code = """if True:
        import sys
        from sersk import load_default_model, make_emotional_speech
        load_default_model().predict(make_emotional_speech(1, 1, duration=1.0).data[:1])
        print({"tensorflow", "keras", "matplotlib", "numba", "skops"} & set(sys.modules))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_notice_is_a_paragraph_of_the_licence():
    assert "non-commercial" in read_notice()
    assert "\n" not in read_notice()


def test_the_wheel_holds_the_models():
    builder = pytest.importorskip("hatchling.builders.wheel")
    root = Path(__file__).parents[2]
    included = builder.WheelBuilder(str(root)).recurse_included_files()
    inside = {file.distribution_path.replace("\\", "/") for file in included}
    for name in ("functionals.sersk", "pretrained.sersk", "LICENSE.md", "checksums.json"):
        assert f"sersk/models/{name}" in inside
