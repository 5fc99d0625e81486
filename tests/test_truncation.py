"""The warning of clips that are longer than the part of them that a model hears."""

import warnings

import numpy as np
import pytest
import soundfile
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_score

import sersk
from sersk import (
    AudioLoader,
    ClipTruncatedWarning,
    EmotionStream,
    FrontEnd,
    evaluate_speaker_independent,
    make_emotional_speech,
    make_ser_pipeline,
    predict_timeline,
)

RATE = 8000


@pytest.fixture(scope="module")
def corpus():
    return make_emotional_speech(
        4, 2, emotions=("anger", "sad"), duration=1.2, sample_rate=RATE, random_state=0
    )


@pytest.fixture(scope="module")
def model(corpus):
    """A model that hears 1 s of clips of 1.2 s."""
    pipeline = make_ser_pipeline(
        preset="functionals", augmentation=False, duration=1.0, sample_rate=RATE
    )
    return pipeline.fit(corpus.data, corpus.target)


@pytest.fixture(scope="module")
def minute(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "a minute.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 60 * RATE), RATE)
    return str(path)


def caught_in(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert all(one.category is ClipTruncatedWarning for one in caught)
    return caught


def test_it_is_a_user_warning_of_its_own():
    assert issubclass(ClipTruncatedWarning, UserWarning)
    assert sersk.audio.ClipTruncatedWarning is ClipTruncatedWarning


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_each_call_warns_once_with_count_and_first_file(model, minute, corpus, method):
    ask = getattr(model, method)
    (one,) = caught_in(lambda: ask([minute, minute]))
    assert "2 of 2 clips are longer" in str(one.message)
    assert f"of {minute!r} it heard the first 1 of 60 s" in str(one.message)
    assert one.filename == __file__  # the caller's line, not one of a library
    (one,) = caught_in(lambda: ask([corpus.data[0], np.tile(corpus.data[0], 10)]))
    assert "1 of 2 clips is longer" in str(one.message)
    assert "of clip 1 of X it heard the first 1 of 12 s" in str(one.message)


def test_many_chunks_in_parallel_warn_once(model, minute, corpus):
    parallel = clone(model).set_params(frontend__n_jobs=2, frontend__chunk_size=4)
    parallel.fit(corpus.data, corpus.target)
    (one,) = caught_in(lambda: parallel.predict([minute] * 10))
    assert "10 of 10 clips" in str(one.message)


def test_training_and_its_scores_do_not_warn(model, corpus):
    # A fifth of each clip is cut by design, in training and in the test part alike.
    clone(model).fit(corpus.data, corpus.target).score(corpus.data, corpus.target)
    cross_val_score(
        clone(model), corpus.data, corpus.target, groups=corpus.groups, cv=GroupKFold(2)
    )
    evaluate_speaker_independent(
        clone(model), corpus.data, corpus.target, corpus.groups, cv=2, check_data=False
    )
    model.predict(corpus.data)


def test_windows_do_not_warn(model, minute, corpus):
    predict_timeline(model, minute, speech_detector=False, hop=10.0)
    stream = EmotionStream(model, speech_detector=False)
    assert stream.push(np.tile(corpus.data[0], 3))


def test_the_length_is_counted_from_the_offset_on(corpus):
    frontend = FrontEnd([("loader", AudioLoader(RATE, 1.0, offset=0.5))])
    frontend.fit_transform([corpus.data[0][:RATE]])
    assert frontend.longest_clip_ == 1.0
    frontend.transform([np.tile(corpus.data[0], 2)[: round(1.55 * RATE)]])
    (one,) = caught_in(lambda: frontend.transform([np.tile(corpus.data[0], 2)]))
    assert "it heard 1 (from 0.5 s on) of 2.4 s" in str(one.message)


def test_features_without_a_model_do_not_warn(minute, corpus):
    # The duration says what is wanted; a front end alone predicts nothing.
    frontend = FrontEnd([("loader", AudioLoader(RATE, 1.0))])
    frontend.transform([minute])
    frontend.fit(corpus.data).transform([minute])
    AudioLoader(RATE, 1.0).fit_transform([minute])


def test_unreadable_files_have_no_length(model, minute, tmp_path):
    (tmp_path / "text.wav").write_text("no sound")
    kept = clone(model["frontend"]).set_params(loader__on_error="nan")
    with pytest.warns(sersk.audio.AudioFileWarning, match=r"text\.wav"):
        kept.fit_transform([str(tmp_path / "text.wav"), minute])
    assert kept.longest_clip_ == 60.0
    with pytest.raises(ValueError, match=r"text\.wav"):
        model.predict([minute, str(tmp_path / "text.wav")])


def test_a_first_step_that_is_no_loader_has_no_lengths(corpus):
    frontend = FrontEnd([("none", "passthrough"), ("level", sersk.PeakNormalizer())])
    frontend.fit_transform(np.stack(corpus.data))
    assert np.isnan(frontend.longest_clip_)
    frontend.transform(np.stack(corpus.data))
