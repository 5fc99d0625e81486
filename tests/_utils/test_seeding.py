"""One seed makes a pipeline reproducible, whatever parts it is given."""

import numpy as np
import pytest
from sklearn.utils import check_random_state

from sersk import (
    AudioAugmenter,
    FeatureStack,
    MelSpectrogramTransformer,
    StatelessTransformer,
    make_emotional_speech,
    make_ser_pipeline,
)


@pytest.fixture(scope="module")
def corpus():
    return make_emotional_speech(2, 1, emotions=("anger", "sad"), duration=0.5, random_state=0)


class Noise(StatelessTransformer, auto_wrap_output_keys=None):
    """A user's feature that draws random numbers, the same for all clips."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def transform_waveforms(self, X):
        draw = check_random_state(self.random_state).normal()
        n_frames = 1 + X.shape[-1] // 512
        return np.full((*X.shape[:-1], 1, n_frames), draw, np.float32)

    def get_feature_names_out(self, input_features=None):
        return np.array(["noise"], dtype=object)


def make(random_state, **arguments):
    varied = AudioAugmenter(speed=(0.9, 1.1), time_stretch=None, pitch_shift=None)
    defaults = {"augmentation": varied, "duration": 0.5, "random_state": random_state}
    return make_ser_pipeline("lstm", **(defaults | arguments))


def make_stack():
    return FeatureStack([("mel", MelSpectrogramTransformer()), ("noise", Noise())])


def features_of(pipeline, corpus):
    return np.asarray(pipeline["frontend"].fit_transform(corpus.data))


@pytest.mark.parametrize("preset", ["published", "functionals"])
def test_an_augmenter_that_is_passed_is_seeded(corpus, preset):
    arguments = {} if preset == "published" else {"classifier": "discriminant"}
    arguments |= {
        "preset": preset,
        "duration": 0.5,
        "augmentation": AudioAugmenter(speed=(0.9, 1.1), time_stretch=None, pitch_shift=None),
    }
    one, same, other = (
        features_of(make_ser_pipeline(random_state=seed, **arguments), corpus) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert arguments["augmentation"].random_state is None  # the user's instance is unchanged


def test_a_part_of_a_stack_is_seeded(corpus):
    one, same, other = (
        features_of(make(seed, features=make_stack(), augmentation=False), corpus)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one[:, -1], other[:, -1])
    np.testing.assert_array_equal(one[:, :-1], other[:, :-1])


def test_an_int_is_passed_to_every_part_without_a_seed():
    params = make(3, features=make_stack(), denoiser=Noise()).get_params()
    seeds = {name: value for name, value in params.items() if name.endswith("random_state")}
    assert seeds == {
        "frontend__denoiser__random_state": 3,
        "frontend__augmenter__random_state": 3,
        "frontend__features__noise__random_state": 3,
        "classifier__random_state": 3,
    }


def test_a_seed_of_a_part_stays():
    own = AudioAugmenter(gain_db=(-6, 6), random_state=7)
    params = make(3, augmentation=own).get_params()
    assert params["frontend__augmenter__random_state"] == 7
    assert params["classifier__random_state"] == 3


def test_without_a_seed_nothing_is_seeded():
    params = make(None, features=make_stack()).get_params()
    assert {v for name, v in params.items() if name.endswith("random_state")} == {None}
    assert make_ser_pipeline().get_params()["frontend__augmenter__random_state"] is None


def test_a_generator_gives_each_part_its_own_int(corpus):
    def seeds(generator):
        params = make(generator, features=make_stack()).get_params()
        return {name: v for name, v in params.items() if name.endswith("random_state")}

    one, same = seeds(np.random.RandomState(0)), seeds(np.random.RandomState(0))
    assert one == same
    assert all(isinstance(seed, int) for seed in one.values())
    assert len(set(one.values())) == len(one) == 3
    generator = np.random.RandomState(0)
    assert seeds(generator) != seeds(generator)
    drawn = np.random.RandomState(0).randint(np.iinfo(np.int32).max, size=3)
    assert [one[name] for name in sorted(one)] == drawn.tolist()
    np.testing.assert_array_equal(
        features_of(make(np.random.RandomState(0)), corpus),
        features_of(make(np.random.RandomState(0)), corpus),
    )
