"""FeatureStack concatenates the features of its parts, and its parts are parameters."""

import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from sersk import (
    AudioAugmenter,
    AudioLoader,
    ChromaTransformer,
    FeatureStack,
    FrontEnd,
    FunctionalsTransformer,
    MelSpectrogramTransformer,
    MFCCTransformer,
    StatelessTransformer,
    as_views,
    make_ser_pipeline,
)
from sersk.base import has_views
from sersk.signal import use_backend


def clips(n_clips=3, n_samples=11_025, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n_clips, n_samples)).astype(np.float32)


def stack(**params):
    parts = [
        ("mel", MelSpectrogramTransformer(n_mels=32)),
        ("mfcc", MFCCTransformer(n_mfcc=13, delta=2)),
        ("chroma", ChromaTransformer()),
    ]
    return FeatureStack(parts).set_params(**params)


@settings(deadline=None, max_examples=15)
@given(
    order=st.permutations(["mel", "mfcc", "chroma"]),
    n_parts=st.integers(1, 3),
    n_clips=st.sampled_from([1, 3, 32, 33, 65]),
    views=st.booleans(),
)
def test_a_stack_equals_its_parts_to_the_bit(order, n_parts, n_clips, views):
    parts = dict(stack().transformers)
    X = clips(n_clips, 5000)
    X[-1], X[n_clips // 2, 0] = 0, np.nan
    if views:
        X = np.stack([X, X[::-1]], axis=1)
    pairs = [(name, parts[name]) for name in order[:n_parts]]
    features = FeatureStack(pairs).fit_transform(X)
    expected = np.concatenate([part.fit_transform(X) for _, part in pairs], axis=-2)
    np.testing.assert_array_equal(features, expected)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous


@pytest.mark.parametrize("backend", ["scipy", "compiled"])
@pytest.mark.parametrize("views", [False, True])
def test_all_parts_share_one_fourier_transform(monkeypatch, views, backend):
    frames = []
    rfft = scipy.fft.rfft

    def count_rfft(block, *args, **kwargs):
        frames.append(len(block))
        return rfft(block, *args, **kwargs)

    monkeypatch.setattr(scipy.fft, "rfft", count_rfft)
    X = clips(6, 22_050)
    X = np.stack([X, X[::-1]], axis=1) if views else X
    with use_backend(backend):
        stack().transform(X)
    n_waveforms = 12 if views else 6
    assert sum(frames) == n_waveforms * (1 + 22_050 // 512)
    frames.clear()  # spectra are not kept for the next call, nor shared where the frames differ
    stack(mfcc__n_fft=1024, chroma="drop").transform(X)
    assert sum(frames) == 2 * n_waveforms * (1 + 22_050 // 512)


class Louder(MelSpectrogramTransformer):
    """Changes the waveform before its spectrum is computed."""

    def transform_waveforms(self, X):
        return super().transform_waveforms(10 * X)


def test_a_part_that_changes_the_waveform_gets_its_own_spectra():
    X = clips(3)
    level = {"ref": 1.0, "top_db": None, "normalization": None}
    parts = [
        ("a", Louder(**level)),
        ("b", MelSpectrogramTransformer(**level)),
        ("c", Louder(**level)),
    ]
    a, b, c = np.split(FeatureStack(parts).fit_transform(X), 3, axis=-2)
    np.testing.assert_allclose(a - b, 20, atol=1e-2)
    np.testing.assert_array_equal(a, c)


def test_results_of_a_front_end_do_not_depend_on_chunks():
    X = clips(5)
    expected = stack().fit_transform(X)
    for chunk_size in (1, 2, 5):
        frontend = FrontEnd([("features", stack())], chunk_size=chunk_size)
        np.testing.assert_array_equal(frontend.fit_transform(X), expected)
        np.testing.assert_array_equal(frontend.transform(X[2:]), expected[2:])


def test_names_of_rows():
    names = stack().fit(clips()).get_feature_names_out()
    assert len({*names}) == len(names) == 32 + 39 + 12
    assert names[0].startswith("mel__mel000_")
    assert names[32:].tolist()[:1] == ["mfcc__mfcc00"]
    assert names[-1] == "chroma__chroma_B"


def test_fit_does_not_modify_the_parts():
    features = stack(chroma="drop")
    mel = features.transformers[0][1]
    features.fit(clips())
    assert not hasattr(mel, "n_frames_")
    assert [name for name, _ in features.transformers_] == ["mel", "mfcc"]
    assert len(features.transformers_[0][1].band_frequencies_) == 32
    assert features.n_frames_ == 22
    with pytest.raises(ValueError, match="9 features, but FeatureStack is expecting 11025"):
        features.transform(np.zeros((2, 9)))


def test_parts_are_parameters():
    features = stack()
    assert features.get_params()["mfcc__n_mfcc"] == 13
    copy = clone(features).set_params(mel__n_mels=16, mfcc__delta=0, chroma="drop")
    assert copy.fit_transform(clips()).shape == (3, 16 + 13, 22)
    assert features.fit_transform(clips()).shape == (3, 32 + 39 + 12, 22)
    copy.set_params(mfcc=ChromaTransformer(n_chroma=6))
    assert copy.transform(clips()).shape == (3, 16 + 6, 22)


def test_a_pipeline_reaches_the_parts_and_sets_their_sample_rate():
    features = stack()
    pipeline = make_ser_pipeline(features=features, sample_rate=16_000)
    params = pipeline.get_params()
    for name in ("mel", "mfcc", "chroma"):
        assert params[f"frontend__features__{name}__sample_rate"] == 16_000
        assert features.get_params()[f"{name}__sample_rate"] == 22_050
    pipeline.set_params(frontend__features__mel__n_mels=64, frontend__features__mfcc="drop")
    frontend = pipeline[0].set_params(augmenter="passthrough")
    assert frontend.fit_transform(clips(2, 16_000)).shape == (2, 64 + 12, 126)


class Flat(StatelessTransformer):
    """Not a feature, because it has no frames."""

    def transform_waveforms(self, X):
        return X[..., :1]


@pytest.mark.parametrize(
    ("transformers", "message"),
    [
        (
            [("a", ChromaTransformer()), ("b", ChromaTransformer(hop_length=256))],
            "'a' gives 22 frames and 'b' 44 of the same clips.*same hop_length",
        ),
        ([("a", StandardScaler())], r"'a' \(StandardScaler\) learns from data"),
        ([("a", Flat())], r"'a' \(Flat\) gives shape \(1, 1\) for waveforms of shape \(1, 11025\)"),
        ([("a", AudioAugmenter())], r"'a' \(AudioAugmenter\) gives shape \(1, 11025\)"),
        ([("a", "passthrough")], "'a' is 'passthrough'; a transformer"),
        ([("a", "drop")], "no feature is left"),
        ([], "no feature is left"),
        (["mel"], r"a list of pairs \(name, transformer\) is expected"),
        ([("a", ChromaTransformer()), ("a", ChromaTransformer())], "not unique"),
        ([("a", ChromaTransformer(n_chroma=0))], "'n_chroma' parameter of ChromaTransformer"),
        ("mel", "'transformers' parameter of FeatureStack"),
    ],
)
def test_invalid_parts_are_refused(transformers, message):
    features = FeatureStack(transformers)
    with pytest.raises(ValueError, match=message):
        features.fit(clips())
    with pytest.raises(ValueError, match=message.replace("(1, ", "(3, ")):
        features.transform(clips())


def test_vectors_are_joined():
    groups = ("level", "pitch")
    parts = [(group, FunctionalsTransformer(groups=(group,))) for group in groups]
    features = FeatureStack(parts)
    assert features.output_kind == "vector"
    X = clips(2)
    expected = np.hstack([part.fit_transform(X) for _, part in parts])
    np.testing.assert_array_equal(features.fit_transform(X), expected)
    views = as_views(np.stack([X, X[::-1]], axis=1))
    both = features.fit_transform(views)
    assert has_views(both)
    np.testing.assert_array_equal(both[:, 0], expected)
    frame = features.set_output(transform="pandas").fit_transform(X)
    assert list(frame.columns) == list(features.get_feature_names_out())
    np.testing.assert_array_equal(frame, expected)
    with pytest.raises(ValueError, match=r"'level' \(FunctionalsTransformer\) gives shape"):
        FeatureStack([*parts, ("chroma", ChromaTransformer())]).fit(X)
    with pytest.raises(AttributeError, match="set_output"):
        stack().set_output(transform="pandas")


def test_no_loader_among_the_features():
    with pytest.raises(ValueError, match=r"'loader' \(AudioLoader\) gives shape"):
        FeatureStack([("loader", AudioLoader())]).fit(clips())


def test_working_memory_does_not_grow_with_the_clips():
    import tracemalloc

    features = stack()

    def working_bytes(n_clips):
        X = clips(n_clips)
        tracemalloc.start()
        try:
            stacked = features.transform(X)
            return tracemalloc.get_traced_memory()[1] - stacked.nbytes
        finally:
            tracemalloc.stop()

    working_bytes(1)
    assert working_bytes(160) < 1.2 * working_bytes(64)
