"""Features and a grid search on a local Ray of two workers, as docs/scale.md says."""

import os
import signal

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, GroupKFold

from sersk import (
    AudioAugmenter,
    AudioLoader,
    FrontEnd,
    MelSpectrogramTransformer,
    StatelessTransformer,
    make_emotional_speech,
    make_ser_pipeline,
)

ray = pytest.importorskip("ray", reason="pip install sersk[ray]")

pytestmark = [
    pytest.mark.slow,
    # Ray's own
    pytest.mark.filterwarnings("ignore::FutureWarning:ray.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.*"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def local_ray():
    from ray.util.joblib import register_ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_worker_niceness", "0")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        register_ray()
        yield
        ray.shutdown()


@pytest.fixture(scope="module")
def corpus():
    return make_emotional_speech(4, 2, emotions=("anger", "sad"), duration=0.5, random_state=0)


def on_ray():
    again = {"max_restarts": -1, "max_task_retries": -1}
    return joblib.parallel_config(backend="ray", n_jobs=-1, ray_remote_args=again)


def make_mortal(died):
    class Mortal(StatelessTransformer):  # a class in a function is pickled by value
        """Passes the clips on unchanged; the first worker that does so is killed."""

        def __init__(self, died="", master=0):
            self.died = died
            self.master = master

        def transform_waveforms(self, X):
            if os.getpid() != self.master:
                try:
                    os.close(os.open(self.died, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    return X
                os.kill(os.getpid(), signal.SIGKILL)
            return X

    return Mortal(str(died), os.getpid())


def test_features_equal_those_of_one_machine(corpus):
    steps = [
        ("loader", AudioLoader(duration=0.5)),
        ("augmenter", AudioAugmenter(random_state=0)),
        ("features", MelSpectrogramTransformer()),
    ]
    frontend = FrontEnd(steps, chunk_size=2)
    expected = frontend.fit_transform(corpus.data)
    with on_ray():
        np.testing.assert_array_equal(frontend.fit_transform(corpus.data), expected)


def test_a_search_survives_the_loss_of_a_worker(corpus, tmp_path):
    pipeline = make_ser_pipeline(
        preset="functionals", duration=0.5, denoiser=make_mortal(tmp_path / "died"), random_state=0
    )
    grid = {"classifier__shrinkage": [0.1, 0.5, 0.9]}
    search = GridSearchCV(pipeline, grid, cv=GroupKFold(2), error_score="raise", refit=False)

    def scores():
        search.fit(corpus.data, corpus.target, groups=corpus.groups)
        return [search.cv_results_[f"split{i}_test_score"] for i in range(2)]

    with on_ray():
        found = scores()
    assert (tmp_path / "died").exists()
    np.testing.assert_array_equal(found, scores())
