"""Displays of waveforms, features and views: data, axes and units."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import soundfile
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal

from sersk import (
    AudioAugmenter,
    AudioLoader,
    ChromaTransformer,
    FeaturesDisplay,
    FeatureStack,
    FrontEnd,
    MelSpectrogramTransformer,
    MFCCTransformer,
    PitchTransformer,
    ViewsDisplay,
    WaveformDisplay,
    make_emotional_speech,
)

RATE = 22050


@pytest.fixture(scope="module")
def clip():
    return make_emotional_speech(n_speakers=1, n_repetitions=1, emotions=("anger",)).data[0]


def new_axes(*shape):
    return Figure().subplots(*shape)


def draw_mel(clip, *, sample_rate=RATE, ax=None, **mel_params):
    mel = MelSpectrogramTransformer(
        **{"sample_rate": sample_rate, "normalization": None} | mel_params
    )
    return FeaturesDisplay.from_estimator(mel, clip, ax=ax)


def tick_texts(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def test_a_short_waveform_is_drawn_sample_by_sample():
    samples = np.sin(np.arange(1000) / 10).astype(np.float32)
    display = WaveformDisplay.from_clip(samples, sample_rate=8000, name="sine", ax=new_axes())
    assert_array_equal(display.artist_.get_ydata(), samples)
    assert_allclose(display.artist_.get_xdata(), np.arange(1000) / 8000)
    assert display.ax_.get_xlim() == (0, 0.125)
    assert display.ax_.get_xlabel() == "time (s)"
    assert display.ax_.get_title() == "sine"


def test_long_waveform_keeps_every_peak():
    samples = np.zeros(1_000_003, np.float32)
    samples[[17, 500_000, 1_000_002]] = 0.9, -0.7, 0.5
    ax = WaveformDisplay.from_clip(samples, ax=new_axes()).ax_
    corners = ax.collections[0].get_paths()[0].vertices
    assert len(corners) < 10_000
    for position, value in [(17, 0.9), (500_000, -0.7), (1_000_002, 0.5)]:
        near = np.abs(corners[:, 0] - position / RATE) < 0.03
        assert np.isclose(corners[near, 1], value).any()


def test_a_file_is_drawn_whole_and_at_the_requested_rate(tmp_path):
    path = tmp_path / "ein Klang λ.wav"
    soundfile.write(path, 0.5 * np.sin(np.arange(12_000) / 5), 16_000)
    display = WaveformDisplay.from_clip(path, sample_rate=8000, ax=new_axes())
    assert len(display.waveform) == 6000
    assert display.ax_.get_xlim() == (0, 0.75)


def test_waveform_of_integers_is_at_full_scale():
    display = WaveformDisplay.from_clip(np.array([0, 16384, -32768], np.int16), ax=new_axes())
    assert_allclose(display.artist_.get_ydata(), [0, 0.5, -1])


def test_silence_is_a_line_in_the_middle():
    low, high = WaveformDisplay.from_clip(np.zeros(100), ax=new_axes()).ax_.get_ylim()
    assert low == -high < 0


@pytest.mark.parametrize(
    ("clip", "options", "message"),
    [
        (np.zeros((2, 100)), {}, r"shape \(2, 100\).*pass one: X\[0\]"),
        ([], {}, "shape"),
        (["a.wav"], {}, "dtype"),
        ([0.0, np.nan, np.inf], {}, "2 of the 3 samples"),
        ([0.0], {"sample_rate": 0}, "sample_rate=0"),
        ([0.0], {"sample_rate": "8k"}, "sample_rate='8k'"),
        ("nowhere.wav", {}, "nowhere.wav.*does not exist"),
    ],
)
@pytest.mark.parametrize("draw", [WaveformDisplay.from_clip, draw_mel])
def test_input_that_is_not_a_clip_is_refused_and_leaves_no_figure(draw, clip, options, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        draw(clip, **options)
    assert plt.get_fignums() == []


def test_arguments_that_are_not_axes_are_refused(clip):
    with pytest.raises(TypeError, match="WaveformDisplay: ax is of type Figure"):
        WaveformDisplay.from_clip(clip, ax=Figure())


@pytest.mark.parametrize("draw", [WaveformDisplay.from_clip, draw_mel])
def test_only_given_axes_are_drawn_on(draw, clip):
    axes = new_axes(1, 2)
    assert draw(clip, ax=axes[1]).ax_ is axes[1]
    assert not axes[0].has_data()
    assert plt.get_fignums() == []


@pytest.mark.parametrize("draw", [WaveformDisplay.from_clip, draw_mel])
def test_without_axes_one_figure_is_made(draw, clip):
    display = draw(clip)
    assert plt.get_fignums() == [display.figure_.number]


def test_mel_shows_the_features_of_the_transformer(clip):
    mel = MelSpectrogramTransformer(n_mels=64)
    display = FeaturesDisplay.from_estimator(mel, clip, ax=new_axes())
    assert_array_equal(display.im_.get_array(), mel.transform(clip[np.newaxis])[0])
    assert not hasattr(mel, "n_features_in_")  # unchanged
    left, right, bottom, top = display.im_.get_extent()
    assert (left + right) / 2 == pytest.approx(43 * 512 / RATE)  # 87 frames, the first at 0 s
    assert (bottom, top) == (-0.5, 63.5)
    assert display.colorbar_.ax.get_ylabel() == "level (standard deviations of the clip)"


@pytest.mark.parametrize(("n_mels", "fmin"), [(128, 0), (64, 0), (40, 300), (13, 50)])
def test_frequency_ticks_are_at_their_bands(clip, n_mels, fmin):
    ax = draw_mel(clip, n_mels=n_mels, fmin=fmin, ax=new_axes()).ax_
    centres = MelSpectrogramTransformer(n_mels=n_mels, fmin=fmin).fit([clip]).band_frequencies_
    labels = tick_texts(ax)
    assert {"1,000", "2,000", "4,000"} <= set(labels)
    for row, label in zip(ax.get_yticks(), labels, strict=True):
        hertz = float(label.replace(",", ""))
        if centres[0] <= hertz <= centres[-1]:
            nearest = np.abs(centres - hertz).argmin()
            assert abs(nearest - row) <= 1
        assert fmin <= hertz <= 8000
    assert (np.diff(ax.get_yticks()) >= n_mels / 12).all()  # no two overlap


def test_level_of_mel_is_in_decibels(clip):
    axes = new_axes(1, 2)
    relative = draw_mel(clip, ax=axes[0])
    absolute = draw_mel(clip, ax=axes[1], ref=1.0, top_db=None)
    assert relative.colorbar_.ax.get_ylabel() == "level (dB relative to the maximum)"
    assert relative.im_.get_array().max() == pytest.approx(0, abs=1e-4)
    assert absolute.colorbar_.ax.get_ylabel() == "level (dB relative to a power of 1)"
    for display in (relative, absolute):  # 0 dB is no middle
        assert display.im_.get_cmap().name == "magma"
        values = display.im_.get_array()
        assert display.im_.get_clim() == (values.min(), values.max())


@pytest.mark.parametrize(
    ("features", "unit", "signed"),
    [
        (MelSpectrogramTransformer(), "level (standard deviations of the clip)", True),
        (MFCCTransformer(n_mfcc=13), "value (standard deviations of the row)", True),
        (MFCCTransformer(n_mfcc=13, normalization=None), "value (dB)", True),
        (PitchTransformer(), "value (about standard deviations)", True),
        (ChromaTransformer(), "value (relative to the frame's maximum)", False),
        (ChromaTransformer(normalization=None), "power (squared magnitude)", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_signed_features_diverge_from_0_and_every_value_has_a_unit(clip, features, unit, signed):
    display = FeaturesDisplay.from_estimator(features, clip, ax=new_axes())
    low, high = display.im_.get_clim()
    assert display.colorbar_.ax.get_ylabel() == unit
    assert display.im_.get_cmap().name == ("RdBu_r" if signed else "magma")
    if signed:
        assert low == -high
        assert np.allclose(display.im_.get_cmap()(0.5)[:3], 1, atol=0.05)  # 0 is white
    else:
        assert low >= 0
    assert display.ax_.get_xlabel() == "time (s)"
    assert "(" in display.ax_.get_ylabel()


def test_values_of_both_signs_diverge_and_a_dominant_row_takes_no_colour_from_the_others():
    own = FeaturesDisplay(np.array([[-1.0, 3.0], [0.5, 0.0]])).plot(new_axes())
    assert own.im_.get_clim() == (-3, 3)
    assert own.im_.get_cmap().name == "RdBu_r"
    negative = FeaturesDisplay(np.array([[-1.0, -3.0]])).plot(new_axes())
    assert negative.im_.get_cmap().name == "magma"
    forced = FeaturesDisplay(np.array([[-1.0, -3.0]]), signed=True).plot(new_axes())
    assert forced.im_.get_clim() == (-3, 3)
    chosen = FeaturesDisplay(np.array([[-1.0, 3.0]])).plot(new_axes(), cmap="viridis", vmax=1)
    assert chosen.im_.get_cmap().name == "viridis"
    assert chosen.im_.get_clim() == (-3, 1)
    level = np.array([[-500.0, -400.0], [20.0, -30.0], [5.0, 10.0]])
    mfcc = FeaturesDisplay(level).plot(new_axes())
    assert mfcc.im_.get_clim() == (-30, 30)
    assert mfcc.colorbar_.extend == "both"  # the colour bar says that there is more
    assert FeaturesDisplay(np.zeros((2, 3)), signed=True).plot(new_axes()).im_.get_clim() == (-1, 1)


def test_contours_without_normalisation_have_their_own_units(clip):
    pitch = PitchTransformer(contours=("pitch", "level"), normalization=None)
    display = FeaturesDisplay.from_estimator(pitch, clip, ax=new_axes())
    assert tick_texts(display.ax_) == ["pitch\n(semitones above 55 Hz)", "level\n(dB)"]
    assert display.value_label == "value (unit of each row)"


def test_rows_are_named(clip):
    chroma = FeaturesDisplay.from_estimator(ChromaTransformer(), clip, ax=new_axes())
    assert tick_texts(chroma.ax_)[:3] == ["C", "C#", "D"]
    ax = FeaturesDisplay.from_estimator(MFCCTransformer(n_mfcc=40), clip, ax=new_axes()).ax_
    names = MFCCTransformer(n_mfcc=40).get_feature_names_out()
    assert tick_texts(ax) == [names[int(row)] for row in ax.get_yticks()]
    assert len(ax.get_yticks()) <= 12


def test_parts_of_a_stack_are_labelled(clip):
    stack = FeatureStack(
        [("mel", MelSpectrogramTransformer(n_mels=64)), ("mfcc", MFCCTransformer(n_mfcc=20))]
    )
    ax = FeaturesDisplay.from_estimator(stack, clip, ax=new_axes()).ax_
    assert tick_texts(ax) == ["mel", "mfcc"]
    assert list(ax.get_yticks()) == [31.5, 73.5]
    assert [line.get_ydata()[0] for line in ax.lines] == [63.5]


def test_a_front_end_draws_the_features_used_in_prediction(clip):
    frontend = FrontEnd(
        [
            ("loader", AudioLoader(duration=1.0)),
            ("augmenter", AudioAugmenter()),
            ("features", MelSpectrogramTransformer(n_mels=32)),
        ]
    )
    display = FeaturesDisplay.from_estimator(frontend, clip, ax=new_axes())
    assert_array_equal(display.features, frontend.transform([clip])[0])


def test_estimators_without_features_are_refused(clip):
    with pytest.raises(ValueError, match="makes no features"):
        FeaturesDisplay.from_estimator("mel", clip)
    with pytest.raises(ValueError, match=r"shape \(1, 22050\)"):
        FeaturesDisplay.from_estimator(AudioAugmenter(), clip[:22050])
    with pytest.raises(ValueError, match=r"shape \(2, 3, 4\).*features\[0\]"):
        FeaturesDisplay(np.zeros((2, 3, 4))).plot()
    with pytest.raises(ValueError, match="2 frame_times for 4 frames"):
        FeaturesDisplay(np.zeros((3, 4)), frame_times=[0, 1]).plot()
    assert plt.get_fignums() == []


def test_features_without_labels():
    display = FeaturesDisplay(np.arange(12).reshape(3, 4)).plot(new_axes(), colorbar=False)
    assert display.ax_.get_xlabel() == "frame (number)"
    assert display.ax_.get_ylabel() == "row (number)"
    assert display.colorbar_ is None
    assert len(display.figure_.axes) == 1


def test_views_are_those_of_training(clip):
    augmenter = AudioAugmenter(
        pitch_shift=(-3, 3), noise_snr_db=(5, 20), gain_db=(-6, 6), random_state=7
    )
    mel = MelSpectrogramTransformer(n_mels=32)
    display = ViewsDisplay.from_estimator(augmenter, clip, features=mel, ax=new_axes(1, 5))
    expected = mel.transform(augmenter.fit_transform([clip]))[0]
    assert_array_equal(display.features, expected)
    for shown, view in zip(display.displays_, expected, strict=True):
        assert_array_equal(shown.im_.get_array(), view)
        # normalised levels: one scale for all views, symmetric around 0
        top = np.abs(expected).max()
        assert shown.im_.get_clim() == (-top, top)


def test_titles_of_views_show_the_drawn_values(clip):
    gains = [
        ViewsDisplay.from_estimator(
            AudioAugmenter(time_stretch=None, pitch_shift=None, gain_db=(-9, 9), random_state=seed),
            clip,
            features=MelSpectrogramTransformer(ref=1.0, top_db=None, normalization=None),
            ax=new_axes(1, 2),
        )
        for seed in range(3)
    ]
    for display in gains:
        title = display.axes_[1].get_title()
        measured = display.features[1].max() - display.features[0].max()
        assert float(title.removesuffix(" dB")) == pytest.approx(measured, rel=0.06)
    assert len({display.names[1] for display in gains}) == 3


def test_views_of_a_front_end_use_its_own_steps(clip):
    frontend = FrontEnd(
        [
            ("loader", AudioLoader(duration=1.0)),
            ("augmenter", AudioAugmenter(random_state=0)),
            ("features", MelSpectrogramTransformer(n_mels=32)),
        ]
    )
    axes = ViewsDisplay.from_estimator(frontend, clip, ax=new_axes(1, 3)).axes_
    shown = np.stack([ax.images[0].get_array() for ax in axes])
    assert_array_equal(shown, frontend.fit_transform([clip])[0])
    assert [ax.get_title() for ax in axes] == ["as it is", "1.2 times as fast", "+2 semitones"]
    assert [ax.get_ylabel() for ax in axes] == ["frequency (Hz, mel scale)", "", ""]


def test_many_views_are_drawn_in_several_rows(clip):
    augmenter = AudioAugmenter(pitch_shift=(-2, 2), time_stretch=None, n_views=6)
    display = ViewsDisplay.from_estimator(augmenter, clip)
    assert len(display.axes_) == 6
    assert len(display.figure_.axes) == 7  # and the colour bar
    assert len({ax.get_position().y0 for ax in display.axes_}) == 2
    assert plt.get_fignums() == [display.figure_.number]


def test_views_refuse_invalid_arguments(clip):
    with pytest.raises(ValueError, match=r"2 axes for 3 views.*plt.subplots\(1, 3\)"):
        ViewsDisplay.from_estimator(AudioAugmenter(), clip, ax=new_axes(1, 2))
    with pytest.raises(ValueError, match="has no AudioAugmenter"):
        ViewsDisplay.from_estimator(MelSpectrogramTransformer(), clip)
    with pytest.raises(ValueError, match="a name for each view"):
        ViewsDisplay(np.zeros((2, 3, 4)), ["one"]).plot()
    assert plt.get_fignums() == []


def test_augmenter_is_not_modified(clip):
    augmenter = AudioAugmenter()
    ViewsDisplay.from_estimator(augmenter, clip, ax=new_axes(1, 3))
    assert not hasattr(augmenter, "n_features_in_")
