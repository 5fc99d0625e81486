"""AudioAugmenter: views, random draws, and the difference of fit_transform and transform."""

import itertools

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sersk import AudioAugmenter
from sersk.signal import effects

SAMPLE_RATE = 22050
OFF = {"time_stretch": None, "pitch_shift": None}
RANGES = {
    "time_stretch": (0.8, 1.25),
    "pitch_shift": (-2, 2),
    "noise_snr_db": (10, 30),
    "gain_db": (-6, 6),
    "time_shift": (-0.02, 0.02),
}

# audioread, which librosa.load imports, imports modules that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)':DeprecationWarning")


def clips(n_clips=4, n_samples=3000, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n_clips, n_samples)).astype(np.float32)


def test_published_views():
    X = clips()
    views = AudioAugmenter().fit_transform(X)
    assert views.shape == (4, 3, 3000)
    assert views.dtype == np.float32
    assert views.flags.c_contiguous
    np.testing.assert_array_equal(views[:, 0], X)
    for clip, (_, faster, higher) in zip(X, views, strict=True):
        np.testing.assert_array_equal(faster[:2500], effects.time_stretch(clip, 1.2))
        assert not faster[2500:].any()
        np.testing.assert_array_equal(higher, effects.pitch_shift(clip, 2.0))


@pytest.mark.recordings
def test_published_views_of_speech_are_those_of_librosa(ravdess_path):
    path = sorted((ravdess_path / "Actor_05").iterdir())[20]
    y = librosa.load(path, sr=SAMPLE_RATE, duration=4.0)[0].astype(np.float64)
    y = librosa.util.fix_length(y, size=4 * SAMPLE_RATE)
    faster = librosa.effects.time_stretch(y, rate=1.2)
    expected = [
        y,
        librosa.util.fix_length(faster, size=len(y)),
        librosa.effects.pitch_shift(y, sr=SAMPLE_RATE, n_steps=2),
    ]
    views = AudioAugmenter().fit_transform(y[np.newaxis])[0]
    np.testing.assert_allclose(views, expected, rtol=0, atol=1e-4 * np.abs(y).max())


def test_a_slower_view_is_truncated():
    X = clips()
    views = AudioAugmenter(time_stretch=0.8, pitch_shift=None).fit_transform(X)
    np.testing.assert_array_equal(views[0, 1], effects.time_stretch(X[0], 0.8)[:3000])


def test_transform_passes_the_clips_unchanged():
    X = clips()
    augmenter = AudioAugmenter()
    assert augmenter.transform(X) is X  # without fit
    assert augmenter.fit(X).transform(X) is X
    pipeline = make_pipeline(AudioAugmenter(**OFF, gain_db=6.0))
    assert pipeline.fit_transform(X).shape == (4, 2, 3000)
    assert pipeline.transform(X).shape == (4, 3000)


def test_one_view_for_each_effect_in_the_order_of_the_parameters():
    X = clips()
    views = AudioAugmenter(
        SAMPLE_RATE, **OFF, noise_snr_db=20.0, gain_db=-6.0, time_shift=0.01, random_state=0
    ).fit_transform(X)
    assert views.shape == (4, 4, 3000)
    added = views[:, 1].astype(np.float64) - X
    ratios = 10 * np.log10(np.square(X, dtype=float).mean(axis=1) / np.square(added).mean(axis=1))
    np.testing.assert_allclose(ratios, 20, atol=1e-3)
    np.testing.assert_allclose(views[:, 2], X * 10 ** (-6 / 20), rtol=1e-6)
    by = round(0.01 * SAMPLE_RATE)
    np.testing.assert_array_equal(views[:, 3, by:], X[:, :-by])
    assert not views[:, 3, :by].any()


def test_a_view_of_another_speed_is_padded_or_truncated():
    X = clips()
    for speed in (0.8, 1.25):
        view = AudioAugmenter(**OFF, speed=speed).fit_transform(X)[:, 1]
        expected = [effects.fit_length(effects.change_speed(clip, speed), 3000) for clip in X]
        np.testing.assert_array_equal(view, expected)
    assert not view[:, 2400:].any()


def test_views_cycle_through_the_effects():
    X = clips()
    views = AudioAugmenter(
        **OFF, gain_db=(-6, 6), time_shift=(-0.05, 0.05), n_views=6, random_state=0
    ).fit_transform(X)
    for clip, clip_views in zip(X, views, strict=True):
        gains = clip_views[1::2] / clip
        np.testing.assert_allclose(gains, gains[:, :1].repeat(3000, axis=1), rtol=1e-5)
        assert len({*gains[:, 0]}) == 3
        assert np.all(np.abs(20 * np.log10(gains[:, 0])) <= 6)
        for moved in clip_views[2::2]:
            assert np.isin(moved, [0, *clip]).all()
        assert not np.array_equal(clip_views[2], clip_views[4])
    assert AudioAugmenter(n_views=2).fit_transform(X).shape == (4, 2, 3000)


def test_combined_effects_are_applied_in_sequence():
    X = clips()
    augmenter = AudioAugmenter(gain_db=-20.0, time_shift=0.01, combine=True)
    views = augmenter.fit_transform(X)
    assert views.shape == (4, 2, 3000)
    faster = effects.fit_length(effects.time_stretch(X[0], 1.2), 3000)
    expected = effects.pitch_shift(faster, 2.0) * np.float32(0.1)
    np.testing.assert_allclose(
        views[0, 1], effects.delay(expected, round(0.01 * SAMPLE_RATE)), atol=1e-6
    )
    many = AudioAugmenter(**RANGES, combine=True, n_views=4, random_state=0).fit_transform(X)
    assert many.shape == (4, 4, 3000)
    for one, other in itertools.combinations(range(4), 2):
        assert not np.array_equal(many[0, one], many[0, other])


@pytest.mark.parametrize("n_views", [None, 1])
def test_without_effects_there_is_only_the_clean_view(n_views):
    X = clips()
    views = AudioAugmenter(**OFF, n_views=n_views).fit_transform(X)
    np.testing.assert_array_equal(views, X[:, np.newaxis])


@settings(deadline=None, max_examples=30)
@given(
    n_samples=st.integers(1, 6000),
    rate=st.floats(0.3, 3.0),
    n_steps=st.floats(-24, 24),
    snr_db=st.floats(-20, 60),
    gain_db=st.floats(-40, 40),
    combine=st.booleans(),
)
def test_views_of_any_clip_have_its_length(n_samples, rate, n_steps, snr_db, gain_db, combine):
    """Clips shorter than a frame of the vocoder too, down to a single sample."""
    X = clips(2, n_samples)
    views = AudioAugmenter(
        time_stretch=rate,
        pitch_shift=n_steps,
        noise_snr_db=snr_db,
        gain_db=gain_db,
        combine=combine,
    ).fit_transform(X)
    assert views.shape == (2, 2 if combine else 5, n_samples)
    assert np.isfinite(views).all()
    np.testing.assert_array_equal(views[:, 0], X)


@settings(deadline=None, max_examples=15)
@given(
    order=st.permutations(range(6)),
    n_kept=st.integers(1, 6),
    combine=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_views_of_a_clip_do_not_depend_on_other_clips(order, n_kept, combine, seed):
    X = clips(6, 1500)
    X[2] = np.nan
    augmenter = AudioAugmenter(**RANGES, n_views=7, combine=combine, random_state=seed)
    views = augmenter.fit_transform(X)
    kept = order[:n_kept]
    np.testing.assert_array_equal(augmenter.fit_transform(X[kept]), views[kept])
    np.testing.assert_array_equal(clone(augmenter).fit_transform(X), views)


def test_draws_depend_on_the_clip_and_the_seed():
    X = clips()
    X[3] = X[1]

    def views(random_state, X=X):
        return AudioAugmenter(**RANGES, random_state=random_state).fit_transform(X)

    first = views(0)
    np.testing.assert_array_equal(first[3], first[1])
    assert not np.array_equal(first, views(1))
    assert not np.array_equal(views(None), views(None))
    np.testing.assert_array_equal(views(np.random.RandomState(5)), views(np.random.RandomState(5)))
    stream = np.random.RandomState(5)
    assert not np.array_equal(views(stream), views(stream))


def test_no_global_state_is_touched():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    AudioAugmenter(**RANGES, random_state=0).fit_transform(clips())
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_draws_are_uniform_over_the_range():
    X = clips(400, 16)
    views = AudioAugmenter(**OFF, gain_db=(-10, 20), random_state=0).fit_transform(X)
    drawn = np.sort(20 * np.log10(views[:, 1, 0] / X[:, 0]))
    assert -10 <= drawn[0] < drawn[-1] <= 20
    # Kolmogorov-Smirnov distance at the significance level 0.001
    assert np.abs((drawn + 10) / 30 - np.linspace(0, 1, 400)).max() < 1.95 / np.sqrt(400)


@pytest.mark.parametrize("combine", [False, True])
def test_a_clip_that_could_not_be_read_stays_nan(combine):
    X = clips()
    expected = AudioAugmenter(**RANGES, combine=combine, random_state=0).fit_transform(X)
    X[1] = np.nan
    X[2, 7] = np.nan
    views = AudioAugmenter(**RANGES, combine=combine, random_state=0).fit_transform(X)
    np.testing.assert_array_equal(views[[0, 3]], expected[[0, 3]])
    np.testing.assert_array_equal(views[:, 0], X)
    assert np.isnan(views[1:3, 1:]).all()


def test_silence_stays_silent():
    views = AudioAugmenter(**RANGES, random_state=0).fit_transform(np.zeros((2, 30_000)))
    np.testing.assert_allclose(views, 0, atol=1e-15)


def test_input_may_be_read_only_a_memmap_or_double(tmp_path):
    X = clips()
    expected = AudioAugmenter(random_state=0).fit_transform(X)
    np.save(tmp_path / "clips.npy", X)
    mapped = np.load(tmp_path / "clips.npy", mmap_mode="r")
    np.testing.assert_array_equal(AudioAugmenter().fit_transform(mapped), expected)
    np.testing.assert_array_equal(AudioAugmenter().fit_transform(X.astype(float)), expected)
    np.testing.assert_array_equal(AudioAugmenter().fit_transform(np.asfortranarray(X)), expected)


def test_working_memory_does_not_grow_with_the_clips():
    import tracemalloc

    def working_memory(n_clips):
        X = clips(n_clips, 22_050)
        tracemalloc.start()
        try:
            views = AudioAugmenter().fit_transform(X)
            return tracemalloc.get_traced_memory()[1] - views.nbytes
        finally:
            tracemalloc.stop()

    working_memory(1)
    assert working_memory(24) < 1.5 * working_memory(2)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_views": 4}, r"several views with time_stretch=1.2.*lower n_views to 3"),
        ({"n_views": 5, "time_stretch": (0.9, 1.1)}, r"pitch_shift=2.0.*lower n_views to 4"),
        ({"n_views": 3, "combine": True}, r"time_stretch=1.2, pitch_shift=2.0.*n_views to 2"),
        ({"n_views": 4, "time_stretch": (1.1, 1.1)}, r"several views with time_stretch"),
        ({**OFF, "n_views": 2}, "all effects are off"),
        ({**OFF, "n_views": 2, "combine": True}, "all effects are off"),
        ({"pitch_shift": (2, -2)}, r"pitch_shift=\(2, -2\); a range is \(low, high\)"),
        ({"pitch_shift": (1, 2, 3)}, r"pitch_shift=\(1, 2, 3\)"),
        ({"pitch_shift": ("a", "b")}, "two finite numbers"),
        ({"gain_db": (0, np.inf)}, "two finite numbers"),
        ({"noise_snr_db": np.nan}, "noise_snr_db"),
        ({"time_stretch": (0, 1)}, "low > 0"),
        ({"time_stretch": -1.0}, "'time_stretch' parameter"),
        ({"speed": (0, 1)}, "low > 0"),
        ({"speed": 0.0}, "'speed' parameter"),
        ({"n_views": 0}, "'n_views' parameter"),
        ({"gain_db": "loud"}, "'gain_db' parameter"),
        ({"time_shift": 1.0}, r"time_shift=1.0 moves clips by up to 1.0 s.*0.136 s"),
        ({"time_shift": (-0.2, 0)}, "up to 0.2 s"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_invalid_parameters_are_refused(parameters, message, method):
    with pytest.raises(ValueError, match=message):
        getattr(AudioAugmenter(**parameters), method)(clips())


@pytest.mark.parametrize(
    "parameters",
    [
        {**OFF, "noise_snr_db": 20.0, "n_views": 4},
        {"noise_snr_db": 20.0, "n_views": 4, "combine": True},
        {"time_stretch": (0.9, 1.1), "n_views": 4},
        {"pitch_shift": [-1, 1], "n_views": 3},
        {**OFF, "speed": (0.9, 1.1), "n_views": 4},
    ],
)
def test_no_two_views_are_equal(parameters):
    views = AudioAugmenter(**parameters, random_state=0).fit_transform(clips(1))[0]
    for one, other in itertools.combinations(views, 2):
        assert not np.array_equal(one, other)


@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
def test_views_of_views_are_refused(method):
    with pytest.raises(ValueError, match=r"shape \(4, 3, 9\), so it already has views"):
        getattr(AudioAugmenter(), method)(np.zeros((4, 3, 9)))


def test_other_lengths_than_fitted_are_refused():
    augmenter = AudioAugmenter().fit(clips())
    with pytest.raises(ValueError, match="2000 features, but AudioAugmenter is expecting 3000"):
        augmenter.transform(clips(2, 2000))
