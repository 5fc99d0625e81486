"""Features and a grid search on a real Dask cluster: two worker processes on this machine."""

import functools
import os
import threading
import time

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, GroupKFold

from sersk import make_emotional_speech, make_ser_pipeline

distributed = pytest.importorskip("distributed", reason="pip install sersk[dask]")

pytestmark = [
    pytest.mark.slow,
    # joblib's and Dask's own
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:distributed.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed.*"),
]


@pytest.fixture(scope="module")
def without_limits():
    """Unset the thread limits of parallel tests, because Dask's workers must set their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OMP_NUM_THREADS", raising=False)
        yield


@pytest.fixture(scope="module")
def client(without_limits):
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        # As docs/scale.md advises: joblib sends large arguments to one worker only, and they are
        # lost if that worker dies. Scattered to all workers, they are not.
        client.scatter = functools.partial(client.scatter, broadcast=True)
        yield client


@pytest.fixture(scope="module")
def corpus():
    return make_emotional_speech(4, 2, emotions=("anger", "sad"), duration=1.0, random_state=0)


@pytest.fixture(scope="module")
def pipeline():
    return make_ser_pipeline(
        duration=1.0,
        epochs=1,
        augmentation=False,
        validation_split=0,
        model__filters=(2, 4),
        run_eagerly=True,  # tracing a graph takes longer than the only step of a training here
        random_state=0,
    )


def test_features_equal_those_of_one_machine(client, corpus, pipeline):
    frontend = pipeline["frontend"].set_params(chunk_size=2)
    expected = frontend.fit_transform(corpus.data)
    with joblib.parallel_config(backend="dask"):
        np.testing.assert_array_equal(frontend.fit_transform(corpus.data), expected)


def test_a_search_survives_the_loss_of_a_worker(client, corpus, pipeline):
    def search():
        grid = {"classifier__model__filters": [(2, 4), (4, 4), (4, 2)]}
        found = GridSearchCV(pipeline, grid, cv=GroupKFold(2), error_score="raise", refit=False)
        with joblib.parallel_config(backend="dask"):
            found.fit(corpus.data, corpus.target, groups=corpus.groups)
        return found.cv_results_["split0_test_score"], found.cv_results_["split1_test_score"]

    expected = search()  # this also imports TensorFlow in both workers
    pids = set(client.run(os.getpid).values())
    killed = threading.Event()

    def kill():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:  # as soon as both workers are busy
            if all(client.processing().values()):
                os.kill(min(pids), 9)
                killed.set()
                return
            time.sleep(0.01)

    thread = threading.Thread(target=kill)
    thread.start()
    scores = search()
    thread.join()
    assert killed.is_set()
    client.wait_for_workers(2, timeout=60)
    assert set(client.run(os.getpid).values()) != pids
    np.testing.assert_array_equal(scores, expected)


def test_threads_times_workers_are_no_more_than_the_cores(client, corpus, pipeline):
    def limits():
        from threadpoolctl import threadpool_info

        return [pool["num_threads"] for pool in threadpool_info()]

    for threads in client.run(limits).values():
        assert all(2 * n <= max(2, joblib.cpu_count()) for n in threads)
