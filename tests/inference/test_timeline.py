"""Timelines: each window is predicted as a separate clip, and silence is not predicted."""

import subprocess
import sys

import numpy as np
import pytest
import soundfile
import soxr
from sklearn.model_selection import GridSearchCV

from sersk import (
    SpeechDetector,
    Timeline,
    TimelineDisplay,
    make_emotional_speech,
    make_ser_pipeline,
    predict_timeline,
)
from sersk.audio.loading import AudioFileError

# Windows are shorter than the clips of the model's training, and have gaps of digital silence.
pytestmark = pytest.mark.filterwarnings("ignore::sersk.UnlikeTrainingWarning")

RATE = 16_000


@pytest.fixture(scope="module")
def speech():
    """Return synthetic speech of 13.3 s at 16 kHz, with faint background noise."""
    clips = make_emotional_speech(3, 2, duration=2.0, sample_rate=RATE, random_state=1).data
    rng = np.random.default_rng(0)
    sound = clips[:7].ravel()[: round(13.3 * RATE)]
    return (sound + rng.normal(scale=1e-4, size=len(sound))).astype(np.float32)


def cut(sound, timeline):
    bounds = np.round(np.stack([timeline.start, timeline.end], axis=1) * RATE).astype(int)
    return [sound[begin:end] for begin, end in bounds]


@pytest.mark.parametrize(("window", "hop"), [(None, 1.0), (2.0, 0.3), (1.37, 0.5), (0.5, 1.25)])
def test_a_window_equals_the_models_prediction_of_its_samples(small_model, speech, window, hop):
    timeline = predict_timeline(small_model, speech, window, hop, speech_detector=False)
    expected = small_model.predict_proba(cut(speech, timeline))
    np.testing.assert_allclose(timeline.probabilities, expected, atol=1e-5)
    assert timeline.labels.tolist() == small_model.predict(cut(speech, timeline)).tolist()
    assert timeline.window == pytest.approx(2.0 if window is None else window)


def test_windows_cover_the_whole_recording(small_model, speech):
    timeline = predict_timeline(small_model, speech, hop=0.75)
    np.testing.assert_allclose(timeline.start, 0.75 * np.arange(len(timeline)))
    assert timeline.end[-1] == timeline.duration == pytest.approx(13.3)
    assert (timeline.end - timeline.start)[:-1] == pytest.approx(2.0)
    assert timeline.end[-2] < timeline.duration
    whole = predict_timeline(small_model, speech[: 4 * RATE], hop=1.0)  # no sample is left over
    np.testing.assert_allclose(whole.end, [2, 3, 4])


def test_a_short_recording_is_one_window_padded_as_the_loader_pads(small_model, speech):
    timeline = predict_timeline(small_model, speech[:12_345], speech_detector=False)
    assert timeline.end.tolist() == [12_345 / RATE]
    expected = small_model.predict_proba([speech[:12_345]])
    np.testing.assert_allclose(timeline.probabilities, expected, atol=1e-5)


@pytest.mark.parametrize(("suffix", "rate"), [("wav", 48_000), ("flac", 44_100), ("ogg", 22_050)])
def test_files_are_resampled_as_a_whole(small_model, speech, tmp_path, suffix, rate):
    path = tmp_path / f"a long récording.{suffix}"
    stereo = np.stack([soxr.resample(speech, RATE, rate)] * 2, axis=1)
    soundfile.write(path, stereo, rate)
    read = soundfile.read(path, dtype="float32")[0].mean(axis=1)
    timeline = predict_timeline(small_model, path, speech_detector=False)
    windows = cut(soxr.resample(read, rate, RATE), timeline)
    np.testing.assert_allclose(
        timeline.probabilities, small_model.predict_proba(windows), atol=1e-5
    )
    assert timeline.name == str(path)
    assert repr(str(path)) in repr(timeline)


def test_a_path_a_waveform_and_blocks_of_any_sizes_are_the_same(small_model, speech, tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, speech, RATE, subtype="FLOAT")
    sizes = np.random.default_rng(0).integers(0, 9000, size=10_000).cumsum()
    blocks = (part for part in np.split(speech, sizes[sizes < len(speech)]))
    expected = predict_timeline(small_model, speech, hop=0.5)
    for audio in (path, str(path), speech.tolist(), blocks):
        timeline = predict_timeline(small_model, audio, hop=0.5)
        np.testing.assert_allclose(timeline.probabilities, expected.probabilities, atol=1e-5)
        assert timeline.labels.tolist() == expected.labels.tolist()
        np.testing.assert_allclose(timeline.stretches, expected.stretches)
        assert timeline.envelope.shape == expected.envelope.shape


def test_waveforms_of_another_rate_and_of_integers(small_model, speech):
    pcm = np.round(soxr.resample(speech, RATE, 44_100) * 20_000).astype(np.int16)
    timeline = predict_timeline(small_model, pcm, sample_rate=44_100)
    other = predict_timeline(small_model, pcm / 32_768, sample_rate=44_100)
    np.testing.assert_allclose(timeline.probabilities, other.probabilities, atol=1e-5)
    assert timeline.duration == pytest.approx(13.3, abs=1e-3)


def test_batches_change_nothing(small_model, speech):
    few = predict_timeline(small_model, speech, batch_size=1)
    many = predict_timeline(small_model, speech, batch_size=100)
    np.testing.assert_allclose(few.probabilities, many.probabilities, atol=1e-5)


def test_silence_is_not_predicted(small_model, speech):
    quiet = np.random.default_rng(0).normal(scale=1e-4, size=5 * RATE)
    sound = np.concatenate([speech[: 4 * RATE], np.zeros(5 * RATE), speech[: 4 * RATE], quiet])
    timeline = predict_timeline(small_model, sound, hop=0.5)
    silent = ((timeline.start >= 4) & (timeline.end <= 9)) | (timeline.start >= 13)
    heard = timeline.end <= 4
    assert silent.sum() > 8
    assert not timeline.speech[silent].any()
    assert timeline.speech[heard].all()
    assert np.isnan(timeline.probabilities[silent]).all()
    assert set(timeline.labels[silent]) == {None}
    np.testing.assert_allclose(timeline.probabilities[heard].sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(timeline.stretches, [[0, 4], [9, 13]], atol=0.45)
    frame = timeline.to_frame()
    assert frame["label"].isna().to_numpy().tolist() == (~timeline.speech).tolist()


def test_without_a_detector_windows_of_nothing_are_not_predicted(small_model, speech):
    sound = np.concatenate([speech[: 4 * RATE], np.zeros(3 * RATE), 1e-3 * speech[: 2 * RATE]])
    timeline = predict_timeline(small_model, sound, speech_detector=False)
    assert timeline.start[~timeline.speech].tolist() == [4.0, 5.0]
    np.testing.assert_allclose(timeline.stretches, [[0, 9]])


def test_the_detector_can_be_chosen(small_model, speech):
    strict = SpeechDetector(min_speech=1.9)
    assert not predict_timeline(small_model, speech, speech_detector=strict).speech.any()
    with pytest.raises(TypeError, match="speech_detector is of type str; it is a SpeechDetector"):
        predict_timeline(small_model, speech, speech_detector="yes")


def test_normalizer_and_short_floats_are_those_of_the_model(speech):
    corpus = make_emotional_speech(1, 2, duration=1.0, sample_rate=RATE, random_state=0)
    model = make_ser_pipeline(
        "lstm", features="mfcc", normalization="corpus", augmentation=False, duration=1.0,
        sample_rate=RATE, epochs=1, model__lstm_units=(4,), random_state=0,
    ).set_params(frontend__dtype="float16", frontend__features__fmax=8000.0)  # fmt: skip
    model.fit(corpus.data, corpus.target)
    timeline = predict_timeline(model, speech, speech_detector=False)
    expected = model.predict_proba(cut(speech, timeline))
    np.testing.assert_allclose(timeline.probabilities, expected, atol=1e-5)


def test_the_offset_of_the_loader_is_for_clips_and_not_for_windows(small_model, speech):
    expected = predict_timeline(small_model, speech)
    loader = small_model["frontend"]["loader"]
    try:
        loader.set_params(offset=0.5, input_sample_rate=8000)
        timeline = predict_timeline(small_model, speech)
        assert loader.offset == 0.5  # the model is unchanged
    finally:
        loader.set_params(offset=0.0, input_sample_rate=None)
    np.testing.assert_array_equal(timeline.probabilities, expected.probabilities)


def test_a_search_is_replaced_by_its_best_pipeline(small_model, speech):
    search = GridSearchCV(small_model, {})
    search.best_estimator_ = small_model
    expected = predict_timeline(small_model, speech)
    timeline = predict_timeline(search, speech)
    np.testing.assert_array_equal(timeline.probabilities, expected.probabilities)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 4.0}, r"window=4 s is longer than the clips .* Pass window=2 or less"),
        ({"window": 0}, "window=0; it is a time in s, above 0"),
        ({"window": np.nan}, "window=nan; it is a time"),
        ({"window": "a"}, "window='a'; it is a time"),
        ({"hop": None}, "hop=None; it is a time in s, at least a sample"),
        ({"hop": 0}, "hop=0; it is a time in s, at least a sample"),
        ({"hop": -1.0}, "hop=-1.0; it is a time in s"),
        ({"batch_size": 0}, "batch_size=0; it is a number of windows"),
    ],
)
def test_invalid_parameters_are_refused_with_valid_values(small_model, speech, options, message):
    with pytest.raises(ValueError, match=message):
        predict_timeline(small_model, speech, **options)


def test_invalid_models_are_refused_with_a_remedy(small_model, speech):
    with pytest.raises(TypeError, match="a fitted pipeline as make_ser_pipeline makes it"):
        predict_timeline(small_model["classifier"], speech)
    with pytest.raises(ValueError, match="normalization='corpus'"):
        predict_timeline(make_ser_pipeline(normalization="speaker"), speech)


def test_an_unfitted_model_is_named(speech):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        predict_timeline(make_ser_pipeline(), speech)


def test_bad_recordings_are_named_with_the_reason(small_model, speech, tmp_path):
    path = tmp_path / "cut.wav"
    soundfile.write(path, speech, RATE)
    path.write_bytes(path.read_bytes()[:100_000])
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "empty.wav").touch()
    soundfile.write(tmp_path / "nothing.wav", speech[:0], RATE)
    cases = [
        (path, "is truncated"),
        (tmp_path / "text.wav", "is not audio"),
        (tmp_path / "empty.wav", "is empty"),
        (tmp_path / "nothing.wav", "has 0 samples"),
        (tmp_path / "nowhere.wav", "does not exist"),
        (tmp_path, "is a directory"),
        (speech[:0], "has 0 samples"),
        (iter([]), "has 0 samples"),
        (np.append(speech, np.nan), r"contains NaN or infinity \(the first 13.300 s"),
    ]
    for audio, reason in cases:
        with pytest.raises(AudioFileError, match=reason) as caught:
            predict_timeline(small_model, audio)
        assert len(caught.value.failures) == 1


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (b"RIFF", "write bytes and open files to a path"),
        (3, "audio is of type int; it is a path"),
        (np.zeros((2, 100)), "Average its channels first"),
        ([np.zeros((2, 100))], "Average its channels first"),
    ],
)
def test_input_that_is_not_a_recording_is_refused(small_model, audio, message):
    with pytest.raises((TypeError, ValueError), match=message):
        predict_timeline(small_model, audio)


def test_a_wav_file_from_a_pipe_is_read_to_its_end(small_model, speech, tmp_path):
    path = tmp_path / "pipe.wav"
    soundfile.write(path, speech, RATE)
    expected = predict_timeline(small_model, path)
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[4:8] = data[at : at + 4] = b"\0\0\0\0"  # as a program writes it that cannot seek
    path.write_bytes(data)
    timeline = predict_timeline(small_model, path)
    np.testing.assert_array_equal(timeline.probabilities, expected.probabilities)


def test_the_envelope_covers_every_sample_in_few_bins(small_model, speech):
    sound = np.tile(speech, 12)
    timeline = predict_timeline(small_model, sound, hop=10.0)
    assert 1000 < len(timeline.envelope) <= 4001
    assert timeline.envelope[:, 1].max() == sound.max()
    assert timeline.envelope[:, 0].min() == sound.min()
    assert np.all(np.diff(timeline.envelope_times) > 0)
    width = timeline.envelope_times[1] - timeline.envelope_times[0]
    inside = [
        sound[max(0, round((t - width / 2) * RATE)) : round((t + width / 2) * RATE)]
        for t in timeline.envelope_times
    ]
    np.testing.assert_allclose(timeline.envelope[:, 1], [part.max() for part in inside])
    np.testing.assert_allclose(timeline.envelope[:, 0], [part.min() for part in inside])


@pytest.fixture
def agg():
    """Draw figures without a display, and close them at the end."""
    import matplotlib

    before = matplotlib.get_backend()
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    yield plt
    plt.close("all")
    matplotlib.use(before)


def test_the_display_shows_what_the_timeline_holds(small_model, speech, agg):
    sound = np.concatenate([speech[: 4 * RATE], np.zeros(5 * RATE), speech[: 4 * RATE]])
    display = predict_timeline(small_model, sound, hop=0.5).plot(title="a $ b")
    timeline = display.timeline
    assert display.figure_ is display.ax_.figure is display.waveform_ax_.figure
    n_classes = len(timeline.classes)
    tops = np.array([area.get_data().values for area in display.ax_.patches[:n_classes]])
    np.testing.assert_allclose(tops.T, np.cumsum(timeline.probabilities, axis=1))
    edges = display.ax_.patches[0].get_data().edges
    middles = (timeline.start + timeline.end) / 2
    np.testing.assert_allclose((edges[1:] + edges[:-1])[:-1] / 2, middles[:-1])
    colors = {area.get_facecolor() for area in display.ax_.patches[:n_classes]}
    assert len(colors) == n_classes
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    ends = f"no full window:\nless than {timeline.window / 2:.3g} s from an end"
    assert legend == [ends, "no speech", *map(str, timeline.classes[::-1])]
    assert display.ax_.get_ylabel() == "probability"
    assert display.waveform_ax_.get_xlabel() == "time (s)"
    assert display.waveform_ax_.get_xlim() == display.ax_.get_xlim() == (0, timeline.duration)
    assert hatched(display.waveform_ax_, "///")
    half = timeline.window / 2
    for ax in (display.ax_, display.waveform_ax_):
        assert hatched(ax, "..") == pytest.approx([0, half, timeline.duration - half, 13.0])
    display.figure_.canvas.draw()


def hatched(ax, hatch):
    """Return begin and end of the stretches with a hatch."""
    found = [area for area in ax.patches if area.get_hatch() == hatch]
    return [time for one in found for time in (one.get_x(), one.get_x() + one.get_width())]


def test_a_recording_shorter_than_the_window_is_all_at_its_ends(small_model, speech, agg):
    timeline = predict_timeline(small_model, speech[: int(0.9 * RATE)])
    ax = timeline.plot().ax_
    assert hatched(ax, "..") == pytest.approx([0, timeline.duration])
    # its one window is drawn where the recording is, and not around the middle of a full one
    assert ax.patches[0].get_data().edges.tolist() == [0, timeline.duration]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend[0] == f"shorter than\na window of {timeline.window:.3g} s"


def test_the_display_draws_on_given_axes(small_model, speech, agg):
    timeline = predict_timeline(small_model, speech)
    _, ax = agg.subplots()
    display = timeline.plot(ax=ax)
    assert display.ax_ is ax
    assert display.waveform_ax_.figure is ax.figure
    _, pair = agg.subplots(2, sharex=True)
    display = TimelineDisplay(timeline).plot(pair)
    assert (display.ax_, display.waveform_ax_) == tuple(pair)
    display.figure_.canvas.draw()


def test_long_recordings_have_minutes_on_the_axis(small_model, speech, agg):
    timeline = predict_timeline(small_model, np.tile(speech, 15), hop=5.0)
    display = timeline.plot()
    display.figure_.canvas.draw()
    assert display.waveform_ax_.get_xlabel() == "time (min:s)"
    assert "1:00" in [label.get_text() for label in display.waveform_ax_.get_xticklabels()]


def test_progress_is_shown_on_request(small_model, speech, capfd):
    predict_timeline(small_model, speech, verbose=1)
    assert "Listening" in capfd.readouterr().err
    predict_timeline(small_model, speech)
    assert capfd.readouterr().err == ""


def test_repr_counts_windows(small_model, speech):
    text = repr(predict_timeline(small_model, speech, hop=1.0))
    assert text.startswith("Timeline of 13.3 s: 13 windows of 2 s every 1 s, ")
    assert isinstance(predict_timeline(small_model, speech), Timeline)


def test_importing_the_name_loads_no_tensorflow():
    code = (
        "import sersk, sys; sersk.predict_timeline, sersk.SpeechDetector; "
        "assert not {'tensorflow', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
