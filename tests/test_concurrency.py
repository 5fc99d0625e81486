"""A pipeline that several threads use at the same time gives what one thread gets, to the bit."""

import pickle
import threading

import numpy as np
import pytest

from sersk import make_emotional_speech, make_ser_pipeline

# The clips of one second are shorter than those of the model's training.
pytestmark = pytest.mark.filterwarnings("ignore::sersk.UnlikeTrainingWarning")


@pytest.fixture(params=["functionals", "network"])
def fitted(request):
    if request.param == "network":
        return request.getfixturevalue("small_model"), 16_000
    corpus = make_emotional_speech(2, 2, emotions=["anger", "sad"], duration=0.5, random_state=0)
    pipeline = make_ser_pipeline(preset="functionals", duration=0.5, augmentation=False)
    return pipeline.fit(corpus.data, corpus.target), 22_050


def test_eight_threads_give_the_results_of_one(fitted):
    pipeline, rate = fitted
    clips = make_emotional_speech(
        1, 1, emotions=["anger", "fear", "sad"], duration=0.5, sample_rate=rate, random_state=1
    ).data
    expected = [pipeline.predict_proba(clips[i : i + 1]) for i in range(len(clips))]
    # A new copy: the threads are at the first prediction, which traces a network, all at once.
    shared = pickle.loads(pickle.dumps(pipeline))
    together = threading.Barrier(8)
    found = {}

    def run(number):
        order = np.random.default_rng(number).permutation(np.repeat(range(len(clips)), 3))
        together.wait()
        found[number] = [(i, shared.predict_proba(clips[i : i + 1])) for i in order]

    threads = [threading.Thread(target=run, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    for results in found.values():
        for i, proba in results:
            np.testing.assert_array_equal(proba, expected[i])
