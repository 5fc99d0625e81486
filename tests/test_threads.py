"""Workers times threads do not exceed the cores, with every joblib backend.

A step of a front end reads the limits, in the worker process.
"""

import os
import subprocess
import sys

import joblib
import numpy as np
import pytest

from sersk import FrontEnd, StatelessTransformer


def make_frontend(n_jobs):
    class ReportsThreads(StatelessTransformer):  # pickled by value
        """Gives the process and its threads in place of features."""

        def transform_waveforms(self, X):
            import threading
            import time

            from threadpoolctl import threadpool_info

            X @ X.T  # some libraries start their threads only when needed
            time.sleep(0.05)  # so that one worker does not do all the work
            blas = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
            facts = [os.getpid() % 2**20, threading.get_native_id(), max(blas)]
            return np.tile(np.array(facts, np.float32), (len(X), 1, 1))

    return FrontEnd([("look", ReportsThreads())], chunk_size=1, n_jobs=n_jobs)


def look(n_jobs=None):
    """Return the number of workers, the BLAS threads in each, and the processes."""
    features = make_frontend(n_jobs).transform(np.ones((12, 300), np.float32))
    processes, threads, blas = features[:, 0].T
    return len({*zip(processes, threads, strict=True)}), blas.max(), {*processes.astype(int)}


@pytest.fixture
def dask():
    distributed = pytest.importorskip("distributed", reason="pip install sersk[dask]")
    cluster = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
    )
    with cluster, distributed.Client(cluster):
        yield


@pytest.fixture
def ray():
    ray = pytest.importorskip("ray", reason="pip install sersk[ray]")
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    register_ray()
    yield
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore::UserWarning:distributed.*")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed.*")
@pytest.mark.filterwarnings("ignore::FutureWarning:ray.*")
@pytest.mark.parametrize("engine", ["threading", "loky", "dask", "ray"])
def test_threads_of_workers_do_not_exceed_the_cores(engine, request):
    if engine in ("dask", "ray"):
        request.getfixturevalue(engine)
    # Dask uses all of its workers, other backends as many as requested
    with joblib.parallel_config(backend=engine, n_jobs=-1 if engine == "dask" else 2):
        n_workers, n_threads, processes = look()
    assert n_workers == 2
    assert n_workers * n_threads <= max(2, joblib.cpu_count())
    own = os.getpid() % 2**20
    assert (processes == {own}) == (engine == "threading")
    assert (own in processes) == (engine == "threading")


BUSY = """
import time
import tensorflow as tf
square = tf.function(lambda x: tf.matmul(x, x))
x = tf.eye(1500)
square(x)
used, passed = time.process_time(), time.perf_counter()
for _ in range(20):
    square(x).numpy()
print((time.process_time() - used) / (time.perf_counter() - passed))
"""


@pytest.mark.slow
def test_tensorflow_uses_the_set_number_of_cores():
    """As docs/scale.md says; by default it uses all."""
    limits = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", BUSY],
        env=os.environ | limits,
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert float(done.stdout) < 1.2  # cores
