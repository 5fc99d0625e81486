"""Models to export: with random weights, since what is tested does not depend on training."""

import numpy as np
import pytest

from sersk import make_emotional_speech, make_ser_pipeline

SMALL = {
    "cnn": {"filters": (4, 8), "dense_units": (8,)},
    "cnn_lstm": {"filters": (4, 8), "lstm_units": (8, 4), "dense_units": (8,)},
    "lstm": {"lstm_units": (8, 4), "dense_units": (8,)},
    "transformer": {"width": 16, "n_heads": 2, "feed_forward_units": 16, "dense_units": (8,)},
}


@pytest.fixture(scope="session")
def corpus():
    return make_emotional_speech(2, 2, duration=1.0, sample_rate=16_000, random_state=0)


@pytest.fixture(scope="session")
def make_network(corpus):
    """Return a function that makes a pipeline with a network whose weights are random."""

    def make(network, *, model=None, y=None, **options):
        sizes = {f"model__{name}": value for name, value in SMALL.get(network, {}).items()}
        pipeline = make_ser_pipeline(
            model or network,
            augmentation=False,
            sample_rate=16_000,
            duration=1.0,
            random_state=0,
            verbose=0,
            **sizes,
            **options,
        )
        features = pipeline[:-1].fit_transform(corpus.data)
        pipeline["classifier"].initialize(features, corpus.target if y is None else y)
        rng = np.random.default_rng(0)
        for weight in pipeline["classifier"].model_.weights:
            # statistics and scales that a layer that left them out would show
            if weight.path.endswith(("gamma", "beta", "bias", "mean", "variance")):
                weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        return pipeline

    return make


@pytest.fixture(scope="session")
def clips(corpus):
    """Return clips of several lengths, shorter and longer than those of the models."""
    rng = np.random.default_rng(1)
    noise = [rng.normal(scale=0.1, size=n).astype(np.float32) for n in (2_000, 9_000, 40_000)]
    return [np.asarray(clip, np.float32) for clip in corpus.data[:3]] + noise
