"""AudioAugmenter: rooms, noise, microphones and channels, and their probabilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from sersk import AudioAugmenter, AudioLoader, FrontEnd
from sersk.signal import clip_peaks, pass_channel, tilt_spectrum

SAMPLE_RATE = 22_050
OFF = {"time_stretch": None, "pitch_shift": None}
RANGES = {
    "speed": (0.85, 1.18),
    "babble_snr_db": (0, 30),
    "room_rt60": (0.1, 0.6),
    "noise_snr_db": (0, 40),
    "noise_exponent": (0, 2),
    "tilt_db": (-6, 6),
    "microphone_db": (0, 6),
    "clipping_db": (0, 10),
    "channel": ("telephone", "narrowband", "a-law"),
}


def clips(n_clips=4, n_samples=3000, n_padding=500):
    X = np.zeros((n_clips, n_samples), np.float32)
    sound = X[:, : n_samples - n_padding]
    sound[:] = np.random.default_rng(0).uniform(-1, 1, sound.shape)
    return X


def augmenter(**parameters):
    return AudioAugmenter(SAMPLE_RATE, **(OFF | {"random_state": 0} | parameters))


def test_effects_are_those_of_the_functions():
    X = clips(n_padding=0)
    views = augmenter(tilt_db=-6.0, clipping_db=3.0, channel="telephone").fit_transform(X)
    assert views.shape == (4, 4, 3000)
    np.testing.assert_array_equal(views[:, 0], X)
    for clip, (_, tilted, clipped, received) in zip(X, views, strict=True):
        np.testing.assert_array_equal(tilted, tilt_spectrum(clip, SAMPLE_RATE, -6.0))
        np.testing.assert_array_equal(clipped, clip_peaks(clip, 3.0))
        np.testing.assert_array_equal(received, pass_channel(clip, SAMPLE_RATE, "telephone"))


def test_each_view_has_a_microphone_of_its_own():
    X = clips(2, 30_000, 4000)
    views = augmenter(microphone_db=6.0, n_views=4).fit_transform(X)
    assert not views[:, 1:, 26_000:].any()
    spectra = np.abs(np.fft.rfft(views))
    curves = 20 * np.log10(spectra[:, 1:] / spectra[:, :1])
    inner = np.median(curves[..., 1200:1400], axis=-1).ravel()  # about 950 Hz
    assert len({*inner.round(3)}) == 6
    assert np.abs(inner).max() < 6.2
    without = augmenter(microphone_db=0.0, n_views=4).fit_transform(X)
    np.testing.assert_array_equal(without, np.repeat(X[:, np.newaxis], 4, axis=1))


@pytest.mark.parametrize("effect", ["babble_snr_db", "noise_snr_db"])
def test_noise_is_in_the_sound_and_not_in_its_padding(effect):
    X = clips(n_padding=1000)
    X[:, :200] = 0
    views = augmenter(**{effect: (5.0, 5.0)}, noise_exponent=1.0).fit_transform(X)
    added = (views[:, 1] - X).astype(float)
    assert not added[:, :200].any()
    assert not added[:, 2000:].any()
    ratio = np.square(X, dtype=float).sum(axis=1) / np.square(added).sum(axis=1)
    np.testing.assert_allclose(10 * np.log10(ratio), 5, atol=1e-3)


def test_a_room_sounds_on_into_the_padding():
    X = clips(n_padding=1000)
    heard = augmenter(room_rt60=0.5).fit_transform(X)[:, 1]
    assert np.abs(heard[:, 2000:2500]).max(axis=1).min() > 0.01
    # the direct sound stays in its place, as loud as it was
    np.testing.assert_array_equal(heard[:, 0], X[:, 0])


def test_the_ratio_of_the_room_is_drawn():
    X = np.eye(1, 20_000, dtype=np.float32)
    views = augmenter(room_rt60=0.5, room_drr_db=(-3, 9), n_views=9).fit_transform(X)[0, 1:]
    ratios = -10 * np.log10(np.square(views[:, 1:], dtype=float).sum(axis=1))
    assert len({*ratios}) == 8
    assert -3.01 < ratios.min() < ratios.max() < 9.01


def test_the_color_of_the_noise():
    X = clips(1, 60_000, 0)
    shares = []
    for exponent in (0.0, 1.0, 2.0):
        views = augmenter(noise_snr_db=0.0, noise_exponent=exponent).fit_transform(X)
        power = np.square(np.abs(np.fft.rfft(views[0, 1] - X[0])))
        shares.append(power[:6000].sum() / power.sum())
    assert shares[0] < 0.3 < 0.8 < shares[1] < shares[2]


def test_probability_of_an_effect():
    X = clips(500, 64, 0)
    views = augmenter(gain_db=6.0, n_views=3, probability=0.3).fit_transform(X)[:, 1:]
    louder = np.abs(views).max(axis=2) > np.abs(X).max(axis=1, keepdims=True)
    np.testing.assert_array_equal(views[~louder], np.repeat(X, 2, axis=0)[~louder.ravel()])
    assert louder.mean() == pytest.approx(0.3, abs=0.06)  # four standard deviations
    # independent from view to view
    assert louder.all(axis=1).mean() == pytest.approx(0.09, abs=0.06)


def test_probabilities_by_name():
    X = clips(300, 64, 0)
    views = augmenter(
        gain_db=6.0, clipping_db=20.0, combine=True, probability={"clipping_db": 0.0}
    ).fit_transform(X)
    np.testing.assert_allclose(views[:, 1], X * 10 ** (6 / 20), rtol=1e-6)
    never = augmenter(gain_db=6.0, probability=0.0, n_views=4).fit_transform(X)
    np.testing.assert_array_equal(never, np.repeat(X[:, np.newaxis], 4, axis=1))


@settings(deadline=None, max_examples=8)
@given(
    order=st.permutations(range(5)),
    n_kept=st.integers(1, 5),
    combine=st.booleans(),
    probability=st.sampled_from([1.0, 0.5, {"room_rt60": 0.2, "channel": 0.7}]),
)
def test_views_of_a_clip_do_not_depend_on_other_clips(order, n_kept, combine, probability):
    X = clips(5, 1500, 200)
    X[2] = np.nan
    step = augmenter(**RANGES, combine=combine, n_views=8, probability=probability)
    views = step.fit_transform(X)
    assert views.shape == (5, 8, 1500)
    assert np.isfinite(views[[0, 1, 3, 4]]).all()
    np.testing.assert_array_equal(views[:, 0], X)
    kept = order[:n_kept]
    np.testing.assert_array_equal(step.fit_transform(X[kept]), views[kept])
    np.testing.assert_array_equal(clone(step).fit_transform(X), views)


def test_views_do_not_depend_on_chunks_and_jobs():
    X = list(clips(6, 2000, 0))

    def views(**settings):
        steps = [
            ("loader", AudioLoader(SAMPLE_RATE, duration=0.1, allow_silence=True)),
            ("augmenter", augmenter(**RANGES, combine=True, n_views=3, probability=0.6)),
        ]
        return FrontEnd(steps, **settings).fit_transform(X)

    np.testing.assert_array_equal(views(chunk_size=2, n_jobs=2), views())


def test_silence_stays_silent():
    views = augmenter(**RANGES, n_views=10).fit_transform(np.zeros((2, 3000)))
    np.testing.assert_array_equal(views, 0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"channel": "letter"}, r"channel='letter'; expected one or several of 'telephone'"),
        ({"channel": ("gsm", "letter")}, r"channel=\('gsm', 'letter'\)"),
        ({"channel": ()}, r"channel=\(\); expected one"),
        ({"channel": 8000}, "'channel' parameter"),
        ({"channel": "gsm", "n_views": 3}, r"with channel=gsm, all the same.*lower n_views to 2"),
        ({"room_rt60": (0, 1)}, r"room_rt60=\(0, 1\).*low > 0"),
        ({"room_rt60": 0.0}, "'room_rt60' parameter"),
        ({"room_rt60": 0.4, "room_drr_db": (3, 1)}, r"room_drr_db=\(3, 1\)"),
        ({"noise_snr_db": 10.0, "noise_exponent": (0, np.nan)}, "noise_exponent"),
        ({"noise_exponent": None}, "'noise_exponent' parameter"),
        ({"tilt_db": (1, 2, 3)}, "tilt_db"),
        ({"gain_db": 3.0, "probability": 1.5}, "'probability' parameter"),
        ({"gain_db": 3.0, "probability": {"gain_db": 1.5}}, "expected a number from 0 to 1"),
        ({"gain_db": 3.0, "probability": {"gain_db": "often"}}, "expected a number from 0 to 1"),
        ({"gain_db": 3.0, "probability": {"gain": 0.5}}, "names 'gain', which is no effect"),
    ],
)
def test_invalid_parameters_are_refused(parameters, message):
    for method in ("fit", "fit_transform"):
        with pytest.raises(ValueError, match=message):
            getattr(augmenter(**parameters), method)(clips())


def test_settings_of_effects_that_are_off_count_for_nothing():
    X = clips()
    expected = augmenter(gain_db=(-6, 6)).fit_transform(X)
    views = augmenter(
        gain_db=(-6, 6), noise_exponent=2.0, room_drr_db=0.0, probability={"tilt_db": 0.5}
    ).fit_transform(X)
    np.testing.assert_array_equal(views, expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("room_rt60", 1e9),
        ("pitch_shift", (0, 500)),
        ("time_stretch", 1e-9),
        ("speed", (0.01, 1)),
        ("tilt_db", 300),
        ("microphone_db", -1),
        ("microphone_db", (0, 300)),
    ],
)
def test_values_that_leave_no_speech_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name}=.*values are from"):
        AudioAugmenter(**{name: value}).fit_transform(np.ones((1, 100), np.float32))
