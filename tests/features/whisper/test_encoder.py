"""WhisperEncoder against Keras and librosa: log-mel, states, pooling, padding, long clips."""

import re
import threading

import librosa
import numpy as np
import pytest
import scipy.special
import scipy.stats
import soundfile
from threadpoolctl import threadpool_limits

from sersk import AudioLoader, FrontEnd, WhisperEncoder, as_views, load_ravdess
from sersk.features.whisper.folders import open_folder
from sersk.features.whisper.log_mel import log_mel, mel_filters
from sersk.features.whisper.maths import gelu, sinusoids
from sersk.features.whisper.network import Encoder, tensor_names
from sersk.testing import check_feature, make_whisper_folder

# audioread, which librosa imports, imports modules that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:.*slated for removal:DeprecationWarning")

RNG = np.random.default_rng(0)
NOISE = (RNG.normal(size=64_000) * 0.1 * np.sin(np.arange(64_000) / 3000)).astype(np.float32)


def keras_states(mel, tensors, n_blocks, n_heads):
    """Return the states before the first block, after each, and after the last normalisation.

    In double precision, by the layers of Keras.
    """
    from keras import layers, ops

    def build(layer, *weights):
        inputs = np.zeros((1, 1, weights[0].shape[0]))
        layer(inputs, inputs) if isinstance(layer, layers.MultiHeadAttention) else layer(inputs)
        layer.set_weights(weights)
        return layer

    def dense(name):
        weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        return build(layers.Dense(len(bias), dtype="float64"), weight.T, bias)

    def norm(name):
        layer = layers.LayerNormalization(epsilon=1e-5, dtype="float64")
        return build(layer, tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def convolution(name, stride):
        weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        layer = layers.Conv1D(len(bias), 3, stride, dtype="float64")
        layer.build((1, None, weight.shape[1]))
        layer.set_weights([weight.transpose(2, 1, 0), bias])
        return layer

    def attention(name, width):
        size = width // n_heads
        layer = layers.MultiHeadAttention(n_heads, size, dtype="float64")
        parts = []
        for letter in "qkv":
            weight = tensors[f"{name}.{letter}_proj.weight"]
            bias = tensors.get(f"{name}.{letter}_proj.bias", np.zeros(width))
            parts += [weight.T.reshape(width, n_heads, size), bias.reshape(n_heads, size)]
        out = tensors[f"{name}.out_proj.weight"].T.reshape(n_heads, size, width)
        return build(layer, *parts, out, tensors[f"{name}.out_proj.bias"])

    def exact_gelu(x):
        return x * 0.5 * (1 + scipy.special.erf(np.asarray(x) / np.sqrt(2)))

    x = mel[np.newaxis].astype(float)
    for name, stride in (("conv1", 1), ("conv2", 2)):
        x = exact_gelu(convolution(name, stride)(ops.pad(x, ((0, 0), (1, 1), (0, 0)))))
    x = x + tensors["embed_positions.weight"][: x.shape[1]]
    states = [x[0]]
    for block in range(n_blocks):
        prefix = f"layers.{block}"
        normalized = norm(f"{prefix}.self_attn_layer_norm")(x)
        attend = attention(f"{prefix}.self_attn", x.shape[-1])
        x = x + np.asarray(attend(normalized, normalized))
        hidden = exact_gelu(dense(f"{prefix}.fc1")(norm(f"{prefix}.final_layer_norm")(x)))
        x = x + np.asarray(dense(f"{prefix}.fc2")(hidden))
        states.append(x[0])
    return [*states, np.asarray(norm("layer_norm")(x))[0]]


def compare(folder, tolerance=1e-4):
    """Compare all layers of a model with Keras."""
    tensors = open_folder(folder)
    size = tensors.size
    mel = log_mel(NOISE, size.n_mels)
    layers = [*range(size.n_blocks + 1), "last"]
    found = Encoder(open_folder(folder)).run(mel, layers)
    weights = tensors.read(tensor_names(size.n_blocks, norm=True))
    expected = keras_states(mel, weights, size.n_blocks, size.n_heads)
    for states, right in zip(found, expected, strict=True):
        assert states.dtype == np.float32
        assert states.shape == (200, size.width)
        # the widest states of tiny.en reach 20, hence relative to the largest
        np.testing.assert_allclose(states, right, rtol=0, atol=tolerance * np.abs(right).max())


def test_states_of_all_layers(small_whisper):
    compare(small_whisper)


def test_states_of_a_model_with_128_bands(tmp_path):
    compare(make_whisper_folder(tmp_path, n_mels=128, n_blocks=1, n_heads=4))


def test_states_of_tiny_en(tiny_en):
    compare(tiny_en)


def test_tiny_en_gives_the_states_of_transformers(tiny_en):
    """Four numbers of frame 100 after each block, by transformers 5 and torch 2.13, float32."""
    expected = {
        0: [-0.61199, 0.78237, 0.84752, -0.92974],
        1: [0.41138, 0.70246, 0.34307, 0.15902],
        2: [0.65285, 0.41635, -0.13211, 0.1211],
        3: [0.89984, 0.74303, -1.40341, -0.35552],
        4: [2.18874, 1.43332, -1.22264, -0.46749],
        "last": [0.80029, 0.47165, -1.90469, -0.911],
    }
    encoder = Encoder(open_folder(tiny_en))
    for layer, states in zip(expected, encoder.run(log_mel(NOISE), list(expected)), strict=True):
        np.testing.assert_allclose(states[100, :4], expected[layer], atol=1e-4)


def test_gelu_is_exact():
    x = np.linspace(-12, 12, 300_001, dtype=np.float32)
    exact = x * 0.5 * (1 + scipy.special.erf(x.astype(float) / np.sqrt(2)))
    np.testing.assert_allclose(gelu(x.copy()), exact, rtol=0, atol=5e-7)


@pytest.mark.parametrize("n_mels", [80, 128])
def test_log_mel_is_that_of_openai(n_mels):
    """Its function: power, Slaney's bands, log10, at most 8 below the maximum, (x + 4) / 4."""
    bands = librosa.filters.mel(sr=16_000, n_fft=400, n_mels=n_mels)
    np.testing.assert_allclose(mel_filters(n_mels).T, bands, atol=1e-8)
    sound = NOISE.astype(float)
    padded = np.pad(sound, 200, mode="reflect")
    frames = np.stack([padded[i : i + 400] for i in range(0, len(sound), 160)], axis=1)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    spectra = np.fft.rfft(frames * hann[:, np.newaxis], axis=0)
    logs = np.log10(np.maximum(bands @ np.abs(spectra) ** 2, 1e-10))
    expected = (np.maximum(logs, logs.max() - 8) + 4) / 4
    np.testing.assert_allclose(log_mel(NOISE, n_mels).T, expected, atol=1e-4)


def test_log_mel_of_short_input_is_the_beginning_of_that_of_30_s():
    padded = np.zeros(480_000, np.float32)
    padded[:64_000] = NOISE
    np.testing.assert_allclose(log_mel(NOISE)[:398], log_mel(padded)[:398], atol=1e-6)


def test_pooling_and_layers(small_whisper):
    X = np.stack([NOISE, NOISE[::-1]])
    states = WhisperEncoder(small_whisper, 16_000, layers=[1, 3], pooling=None).fit_transform(X)
    assert states.shape == (2, 48, 200)
    mean, std, peak = states.mean(axis=2), states.std(axis=2), states.max(axis=2)

    def vectors(**parameters):
        encoder = WhisperEncoder(small_whisper, 16_000, layers=[1, 3]).set_params(**parameters)
        found = encoder.fit_transform(X)
        assert found.shape[1] == len({*encoder.get_feature_names_out()})
        return found

    side_by_side = np.hstack([mean[:, :24], std[:, :24], mean[:, 24:], std[:, 24:]])
    np.testing.assert_allclose(vectors(), side_by_side, atol=1e-5)
    np.testing.assert_allclose(vectors(pooling="max"), peak, atol=1e-5)
    averaged = (mean[:, :24] + mean[:, 24:]) / 2
    np.testing.assert_allclose(vectors(combine="mean", pooling=["mean"]), averaged, atol=1e-5)
    # a softmax over time of the mean square of standardised states
    first = states[:, :24].astype(float)
    standard = scipy.stats.zscore(first, axis=2)
    weights = scipy.special.softmax((standard**2).mean(axis=1), axis=1)
    expected = np.einsum("ift,it->if", first, weights)
    np.testing.assert_allclose(vectors(layers=1, pooling="attention"), expected, atol=1e-4)


def test_names_and_times(small_whisper):
    encoder = WhisperEncoder(small_whisper, layers=[0, "last"], pooling=("max", "std"))
    names = encoder.get_feature_names_out()
    assert names[[0, 24, -1]].tolist() == ["block0_max_000", "block0_std_000", "last_std_023"]
    frames = encoder.set_params(pooling=None).fit(np.zeros((1, 22_050)))
    assert frames.n_frames_ == 50
    np.testing.assert_allclose(frames.frame_times_[:3], [0, 0.02, 0.04])
    vectors = WhisperEncoder(small_whisper).set_output(transform="pandas")
    assert vectors.fit_transform(np.ones((2, 999))).columns[0] == "block2_mean_000"
    with pytest.raises(AttributeError, match="can't be a data frame"):
        frames.set_output(transform="pandas")


@pytest.mark.parametrize("sample_rate", [16_000, 22_050])
def test_padding_counts_for_nothing(small_whisper, sample_rate):
    padded = np.zeros((1, 100_000), np.float32)
    padded[0, :64_000] = NOISE
    encoder = WhisperEncoder(small_whisper, sample_rate, pooling=("mean", "std", "max"))
    alone = encoder.fit_transform(NOISE[np.newaxis])
    np.testing.assert_array_equal(encoder.fit_transform(padded), alone)
    padded[0, 64_000:] = 1e-7  # what a filter leaves of the end of a clip
    np.testing.assert_array_equal(encoder.fit_transform(padded), alone)
    states = encoder.set_params(pooling=None).fit_transform(padded)[0]
    n_sound = round(64_000 / sample_rate * 50)
    assert (states[:, : n_sound - 1] != 0).all()
    assert (states[:, n_sound + 1 :] == 0).all()


def test_a_scaled_clip_is_heard_to_the_same_end(small_whisper):
    padded = np.pad(NOISE, (0, 999))[np.newaxis]
    encoder = WhisperEncoder(small_whisper, 16_000, pooling=None)
    quiet, loud = encoder.fit_transform(padded * 1e-6), encoder.fit_transform(padded)
    np.testing.assert_array_equal(quiet == 0, loud == 0)


def test_long_clips_are_cut_into_windows_of_one_length(small_whisper):
    """70 s are three windows; each is encoded as if the others were not there."""
    sound = np.tile(NOISE, 18)[: 70 * 16_000]
    encoder = WhisperEncoder(small_whisper, 16_000, pooling=None)
    states = encoder.fit_transform(sound[np.newaxis])[0]
    assert states.shape == (24, 3500)
    mel = log_mel(sound)
    network = Encoder(open_folder(small_whisper))
    parts = [mel[:2334], mel[2334:4668], mel[4668:]]
    expected = np.concatenate([network.run(part, [2])[0] for part in parts])
    np.testing.assert_allclose(states.T, expected, atol=1e-5)


@pytest.mark.parametrize("n_samples", [1, 100, 399, 401, 480_000, 480_160])
def test_clips_of_any_length(small_whisper, n_samples):
    X = RNG.normal(size=(2, n_samples))
    assert np.isfinite(WhisperEncoder(small_whisper, 16_000).fit_transform(X)).all()
    assert np.isfinite(WhisperEncoder(small_whisper, 16_000).transform(np.zeros_like(X))).all()


def test_views_and_clips_that_are_too_loud(small_whisper):
    X = np.stack([NOISE[:9000], NOISE[9000:18_000], NOISE[:9000] * 1e30])
    encoder = WhisperEncoder(small_whisper, layers="last")
    vectors = encoder.fit_transform(X)
    assert np.isfinite(vectors[:2]).all()
    assert np.isnan(vectors[2]).all()
    views = encoder.transform(as_views(np.stack([X, X[::-1]], axis=1)))
    np.testing.assert_array_equal(views[:, 0], vectors)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"layers": [1, "last"], "combine": "mean", "pooling": ("max", "attention")},
        {"layers": 0, "pooling": None},
    ],
    ids=str,
)
def test_the_contract_of_features(small_whisper, parameters):
    check_feature(WhisperEncoder(small_whisper, **parameters))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"layers": 4}, "layers=4; expected numbers from 0 to 3"),
        ({"layers": []}, "layers=[]; expected"),
        ({"layers": [1, "first"]}, "layers=[1, 'first']; expected"),
        ({"pooling": ("mean", "median")}, "pooling=('mean', 'median'); expected None or"),
        ({"pooling": []}, "pooling=[]; expected None or"),
        ({"combine": "sum"}, "'combine' parameter"),
        ({"model": "tiny.de"}, "'tiny.de' is neither a folder with weights"),
    ],
    ids=str,
)
def test_wrong_parameters(small_whisper, parameters, message):
    encoder = WhisperEncoder(small_whisper).set_params(**parameters)
    with pytest.raises(ValueError, match=re.escape(message)):
        encoder.fit(np.ones((2, 1000)))


def test_only_the_blocks_that_are_asked_for_are_read(small_whisper):
    read = []

    class Recorder:
        def __init__(self):
            self.tensors = open_folder(small_whisper)
            self.size = self.tensors.size

        def read(self, names):
            read.extend(names)
            return self.tensors.read(names)

    encoder = Encoder(Recorder())
    encoder.run(log_mel(NOISE), [1])
    assert read == tensor_names(1)
    encoder.run(log_mel(NOISE), [0, 1])
    assert read == tensor_names(1)
    encoder.run(log_mel(NOISE), [2])
    assert read == tensor_names(2)


def test_the_bits_do_not_depend_on_threads(small_whisper):
    """BLAS with two threads would sum in another order; and two threads may transform at once."""
    X = RNG.normal(size=(4, 30_000)).astype(np.float32)
    encoder = WhisperEncoder(small_whisper)
    expected = encoder.fit_transform(X)
    results = {}

    def work(i):
        results[i] = encoder.transform(X[i:])

    with threadpool_limits(2, user_api="blas"):
        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for i in range(4):
        np.testing.assert_array_equal(results[i], expected[i:])


@pytest.mark.recordings
def test_real_speech_in_a_front_end(ravdess_path, tiny_en):
    """From files, in parallel, as from waveforms; the padding of the loader is left out."""
    corpus = load_ravdess(ravdess_path)
    files = corpus.data[:3]
    steps = [("loader", AudioLoader(duration=6.0)), ("features", WhisperEncoder(tiny_en))]
    frontend = FrontEnd(steps, chunk_size=1, n_jobs=2)
    vectors = frontend.fit_transform(files)
    assert vectors.shape == (3, 768)
    for file, vector in zip(files, vectors, strict=True):
        sound, rate = soundfile.read(file, dtype="float32")
        alone = WhisperEncoder(tiny_en, rate).fit_transform(sound[np.newaxis])[0]
        assert np.corrcoef(alone, vector)[0, 1] > 0.999


def test_positions():
    positions = sinusoids(1500, 16)
    assert positions.shape == (1500, 16)
    np.testing.assert_allclose(positions[:, 0], np.sin(np.arange(1500)), atol=1e-5)
    np.testing.assert_allclose(positions[:, -1], np.cos(np.arange(1500) / 10_000), atol=1e-5)
