"""An adaptive stream against statistics of all its windows, computed at once."""

import numpy as np
import pytest

from sersk import EmotionStream, make_emotional_speech, make_ser_pipeline

RATE = 8000


@pytest.fixture(scope="module")
def model():
    corpus = make_emotional_speech(2, 2, duration=1.0, sample_rate=RATE, random_state=0)
    pipeline = make_ser_pipeline(
        preset="functionals", sample_rate=RATE, duration=1.0, augmentation=False
    )
    return pipeline.fit(corpus.data, corpus.target)


def test_statistics_of_the_session(model):
    sound = (
        0.1 * make_emotional_speech(1, 1, duration=3.0, sample_rate=RATE, random_state=1).data[0]
    )
    stream = EmotionStream(model, hop=0.5, speech_detector=False, smoothing=0, adaptive=True)
    results = stream.push(sound)
    assert len(results) >= 4
    features = np.concatenate(
        [model[0].transform([sound[round(r.start * RATE) : round(r.end * RATE)]]) for r in results]
    ).astype(float)
    weight = np.full(len(results), stream.hop_ / stream.window_)
    weight[0] = 1
    last = model[-1]
    for n in range(1, len(results) + 1):
        w, seen = weight[:n], features[:n]
        mean = np.average(seen, axis=0, weights=w)
        variance = np.average((seen - mean) ** 2, axis=0, weights=w)
        share = w.sum() / (w.sum() + 10)
        center = (1 - share) * last.mean_ + share * mean
        scale = np.sqrt((1 - share) * last.scale_**2 + share * variance)
        standard = np.clip((features[n - 1] - center) / scale, -5, 5)
        decision = standard @ last.coef_.T + last.intercept_
        proba = np.exp(decision / last.temperature_ - (decision / last.temperature_).max())
        np.testing.assert_allclose(results[n - 1].raw_probabilities, proba / proba.sum(), atol=1e-5)
    stream.reset()
    again = stream.push(sound)
    np.testing.assert_array_equal(again[2].raw_probabilities, results[2].raw_probabilities)


def test_it_is_off_by_default(model):
    sound = make_emotional_speech(1, 1, duration=2.0, sample_rate=RATE).data[0]
    stream = EmotionStream(model, hop=0.5, speech_detector=False, smoothing=0)
    results = stream.push(sound)
    windows = [sound[round(r.start * RATE) : round(r.end * RATE)] for r in results]
    expected = model.predict_proba(windows)
    np.testing.assert_allclose([r.raw_probabilities for r in results], expected, atol=1e-5)


def test_a_model_without_statistics_is_refused(small_model):
    with pytest.raises(ValueError, match="EmotionStream: adaptive=True, but this model has no"):
        EmotionStream(small_model, adaptive=True)
