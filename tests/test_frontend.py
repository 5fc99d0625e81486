"""A front end equals a plain pipeline of its steps, in bounded memory."""

import errno
import os
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sersk import (
    AudioAugmenter,
    AudioLoader,
    FrontEnd,
    MelSpectrogramTransformer,
    StatelessTransformer,
)
from sersk._utils.storage import is_on_disk
from sersk.audio import CollectsFailures
from sersk.audio.loading import AudioFileError, AudioFileWarning

SAMPLE_RATE = 8000


@pytest.fixture(scope="module")
def waveforms():
    return np.random.default_rng(0).normal(scale=0.1, size=(7, 4000)).astype(np.float32)


def make_frontend(**params):
    steps = [
        ("loader", AudioLoader(SAMPLE_RATE, 0.4)),
        (
            "augmenter",
            AudioAugmenter(SAMPLE_RATE, time_stretch=(0.8, 1.25), gain_db=(-6, 6), random_state=3),
        ),
        ("features", MelSpectrogramTransformer(SAMPLE_RATE, n_mels=20, n_fft=512, fmax=4000.0)),
    ]
    return FrontEnd(steps, **params)


@pytest.fixture(scope="module")
def expected(waveforms):
    """Return the results of a plain pipeline of the same steps, in fit and in transform."""
    flat = Pipeline(make_frontend().steps)
    return flat.fit_transform(waveforms), flat.transform(waveforms)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    chunk_size=st.integers(1, 9),
    n_jobs=st.sampled_from([None, 1, 2]),
    order=st.permutations(range(7)),
)
def test_chunks_jobs_and_order_change_no_bit(waveforms, expected, chunk_size, n_jobs, order):
    frontend = make_frontend(chunk_size=chunk_size, n_jobs=n_jobs)
    order = list(order)
    np.testing.assert_array_equal(frontend.fit_transform(waveforms[order]), expected[0][order])
    np.testing.assert_array_equal(frontend.transform(waveforms[order]), expected[1][order])


@settings(max_examples=10, deadline=None)
@given(subset=st.sets(st.integers(0, 6), min_size=1))
def test_a_clip_does_not_depend_on_other_clips(waveforms, expected, subset):
    subset = sorted(subset)
    views = make_frontend(chunk_size=2).fit_transform(waveforms[subset])
    np.testing.assert_array_equal(views, expected[0][subset])


def test_worker_processes_give_the_same_bits(waveforms, expected):
    with joblib.parallel_config(backend="loky", n_jobs=2):
        views = make_frontend(chunk_size=2).fit_transform(waveforms)
    np.testing.assert_array_equal(views, expected[0])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    chunk_size=st.integers(1, 9),
    dtype=st.sampled_from(["float32", "float16"]),
    n_jobs=st.sampled_from([None, 2]),
)
def test_features_on_disk_equal_those_in_memory(
    waveforms, expected, tmp_path_factory, chunk_size, dtype, n_jobs
):
    folder = tmp_path_factory.mktemp("storage")
    frontend = make_frontend(chunk_size=chunk_size, dtype=dtype, n_jobs=n_jobs, storage=folder)
    features = frontend.fit_transform(waveforms)
    assert is_on_disk(features)
    assert features.dtype == dtype
    np.testing.assert_array_equal(features, expected[0].astype(dtype))
    np.testing.assert_array_equal(frontend.transform(waveforms), expected[1].astype(dtype))


def test_a_file_of_features_is_deleted_with_its_last_reference(waveforms, tmp_path):
    features = make_frontend(storage=tmp_path / "new folder").fit_transform(waveforms)
    part = features[2:4, 0]
    del features
    assert len(list(tmp_path.glob("*/*"))) == 1
    part.sum()
    del part
    assert not list(tmp_path.glob("*/*"))


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="not on this system")
def test_a_full_disk_is_reported_and_no_file_is_left(waveforms, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(OSError, match=r"no room for features of .* GB: No space left on device"):
        make_frontend(storage=tmp_path).fit_transform(waveforms)
    assert not list(tmp_path.iterdir())


def test_features_too_large_for_float16_are_refused(waveforms):
    loud = FrontEnd(
        [
            ("loader", AudioLoader(SAMPLE_RATE, 0.4)),
            ("louder", FunctionTransformer(lambda X: X * np.float32(1e7))),
        ],
        dtype="float16",
    )
    with pytest.raises(ValueError, match=r"more than dtype='float16' can hold; take 'float32'"):
        loud.transform(waveforms)


def test_shapes(waveforms):
    frontend = make_frontend()
    assert frontend.fit_transform(waveforms).shape == (7, 4, 20, 7)  # 4 views
    features = frontend.transform(waveforms)
    assert features.shape == (7, 20, 7)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous


def test_without_a_seed_views_differ_between_calls_but_not_in_effects(waveforms):
    frontend = make_frontend(chunk_size=2).set_params(augmenter__random_state=None)
    first, second = frontend.fit_transform(waveforms), frontend.fit_transform(waveforms)
    np.testing.assert_array_equal(first[:, 0], second[:, 0])
    assert not np.array_equal(first[:, 1], second[:, 1])
    # one seed is drawn for each call: equal clips in different chunks get equal views
    twins = frontend.fit_transform(np.repeat(waveforms[:1], 4, axis=0))
    np.testing.assert_array_equal(twins[0], twins[3])


def test_fit_records_and_keeps_parameters(waveforms):
    frontend = make_frontend(n_jobs=2)
    frontend.set_params(loader__n_jobs=2, loader__verbose=1, augmenter__random_state=None)
    params = {k: v for k, v in frontend.get_params().items() if "__" in k}
    frontend.fit_transform(waveforms)
    assert {k: v for k, v in frontend.get_params().items() if "__" in k} == params
    assert frontend.named_steps["features"].n_frames_ == 7
    assert frontend.fit(waveforms) is frontend


def test_steps_can_be_left_out(waveforms):
    frontend = make_frontend().set_params(augmenter="passthrough")
    np.testing.assert_array_equal(
        frontend.fit_transform(waveforms), make_frontend().transform(waveforms)
    )


def test_parts_and_clones(waveforms):
    frontend = make_frontend()
    assert clone(frontend).get_params().keys() == frontend.get_params().keys()
    assert isinstance(frontend["features"], MelSpectrogramTransformer)
    assert frontend[:2].transform(waveforms).shape == (7, 3200)
    assert "MelSpectrogramTransformer" in frontend._repr_html_()


def test_a_step_that_learns_is_refused(waveforms):
    frontend = FrontEnd([("loader", AudioLoader(SAMPLE_RATE, 0.4)), ("scale", StandardScaler())])
    with pytest.raises(ValueError, match=r"'scale' \(StandardScaler\) learns from data"):
        frontend.fit_transform(waveforms)


@pytest.mark.parametrize("X", [[], np.empty((0, 100)), "clip.wav", 3])
def test_no_clips(X):
    with pytest.raises((ValueError, TypeError), match="FrontEnd: X"):
        make_frontend().transform(X)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bad_files_of_all_chunks_are_named_in_one_error(tmp_path, waveforms, n_jobs):
    paths = []
    for i, waveform in enumerate(waveforms):
        paths.append(tmp_path / f"clip {i}.wav")
        soundfile.write(paths[-1], waveform, SAMPLE_RATE)
    paths[1].write_bytes(b"")
    paths[5].unlink()
    frontend = make_frontend(chunk_size=2, n_jobs=n_jobs)
    for method in (frontend.fit_transform, frontend.transform):
        with pytest.raises(AudioFileError, match=r"(?s)2 of 7 clips.*clip 1.*clip 5") as error:
            method(paths)
        assert list(error.value.failures) == [1, 5]

    frontend.set_params(loader__on_error="nan")
    with pytest.warns(AudioFileWarning, match="2 of 7 clips"):
        features = frontend.transform(paths)
    missing = np.isnan(features).all(axis=(1, 2))
    np.testing.assert_array_equal(np.flatnonzero(missing), [1, 5])
    good = [0, 2, 3, 4, 6]
    np.testing.assert_array_equal(features[good], frontend.transform([paths[i] for i in good]))


class NumpyReader(StatelessTransformer):
    """A user's first step: reads recordings from NumPy files."""

    def __init__(self, n_samples=3200, strict=True):
        self.n_samples = n_samples
        self.strict = strict

    def fit(self, X, y=None):
        self.n_files_ = len(X)
        return self

    def transform(self, X):
        rows, failures = self.transform_collecting(X)
        self.report(failures, len(X))
        return rows

    def transform_collecting(self, X, first=0):
        rows = np.full((len(X), self.n_samples), np.nan, np.float32)
        failures = {}
        for i, path in enumerate(X):
            try:
                rows[i] = np.load(path)[: self.n_samples]
            except FileNotFoundError:
                failures[first + i] = str(path), "is gone"
        return (None if failures and self.strict else rows), failures

    def report(self, failures, n_clips):
        if failures and self.strict:
            raise LookupError(f"{n_clips} clips, bad: {failures}")
        if failures:
            warnings.warn(f"{n_clips} clips, bad: {failures}", UserWarning, stacklevel=2)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("skipped", [False, True])
def test_failures_of_a_user_s_reader_are_collected_over_all_chunks(
    tmp_path, waveforms, expected, n_jobs, skipped
):
    paths = [str(tmp_path / f"{i}.npy") for i in range(7)]
    for path, waveform in zip(paths, waveforms, strict=True):
        np.save(path, waveform)
    frontend = make_frontend(chunk_size=2, n_jobs=n_jobs)
    reader = NumpyReader()
    assert isinstance(reader, CollectsFailures)
    frontend.steps[0] = ("reader", reader)
    if skipped:
        frontend.steps.insert(0, ("nothing", "passthrough"))
    np.testing.assert_array_equal(frontend.fit_transform(paths), expected[0])
    assert frontend.named_steps["reader"].n_files_ == 2  # of the first chunk
    np.testing.assert_array_equal(frontend.transform(paths), expected[1])

    bad = {1: (paths[1], "is gone"), 5: (paths[5], "is gone")}
    for i in bad:
        os.unlink(paths[i])
    for method in (frontend.fit_transform, frontend.transform):
        with pytest.raises(LookupError) as error:
            method(paths)
        assert str(error.value) == f"7 clips, bad: {bad}"
    frontend.set_params(reader__strict=False)
    with pytest.warns(UserWarning, match="7 clips, bad") as caught:
        features = frontend.transform(paths)
    assert [str(one.message) for one in caught] == [f"7 clips, bad: {bad}"]
    np.testing.assert_array_equal(np.isnan(features).all(axis=(1, 2)), [i in bad for i in range(7)])


def test_paths_of_a_data_frame(tmp_path, waveforms):
    paths = [str(tmp_path / f"{i}.flac") for i in range(3)]
    for path, waveform in zip(paths, waveforms, strict=False):
        soundfile.write(path, waveform, SAMPLE_RATE)
    frame = pd.DataFrame({"path": paths}, index=[20, 10, 30])
    frontend = make_frontend(chunk_size=2)
    np.testing.assert_array_equal(frontend.transform(frame["path"]), frontend.transform(paths))


def test_waveforms_are_never_all_in_memory(monkeypatch, waveforms):
    seen = []
    original = MelSpectrogramTransformer.transform
    monkeypatch.setattr(
        MelSpectrogramTransformer,
        "transform",
        lambda self, X: seen.append(len(X)) or original(self, X),
    )
    make_frontend(chunk_size=3).fit_transform(waveforms)
    assert seen == [3, 3, 1]


def test_several_jobs_get_even_chunks_of_few_clips(monkeypatch, waveforms):
    seen = []
    original = MelSpectrogramTransformer.transform
    monkeypatch.setattr(
        MelSpectrogramTransformer,
        "transform",
        lambda self, X: seen.append(len(X)) or original(self, X),
    )
    X = [*waveforms, *waveforms]
    found = make_frontend(chunk_size=8, n_jobs=2).transform(X)
    assert sorted(seen) == [2, 4, 4, 4]
    np.testing.assert_array_equal(found, make_frontend(chunk_size=8).transform(X))


def test_progress_only_on_request(waveforms, capfd):
    make_frontend(chunk_size=2).transform(waveforms)
    assert capfd.readouterr() == ("", "")
    make_frontend(chunk_size=2, verbose=1).transform(waveforms)
    out, err = capfd.readouterr()
    assert out == ""
    assert "7/7" in err
