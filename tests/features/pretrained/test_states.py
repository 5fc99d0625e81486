"""PretrainedEncoder against transformers itself: states, layers, pooling, batches, windows."""

import numpy as np
import pytest

reason = "PyTorch or transformers is not installed (pip install sersk[encoders])"
torch = pytest.importorskip("torch", reason=reason)
transformers = pytest.importorskip("transformers", reason=reason)

from sersk import PretrainedEncoder, WhisperEncoder, as_views  # noqa: E402
from sersk.testing import check_feature  # noqa: E402

RNG = np.random.default_rng(0)
NOISE = (RNG.normal(size=64_000) * 0.1 * np.sin(np.arange(64_000) / 3000)).astype(np.float32)
CLIPS = np.stack([NOISE[:16_000], NOISE[16_000:32_000] * 0.3, NOISE[32_000:48_000]])


def own_states(folder, clip):
    """Return transformers' states of a clip before each block, and its output."""
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    network = transformers.AutoModel.from_pretrained(folder)
    network = getattr(network, "encoder", network) if "whisper" in str(folder) else network
    inputs = extractor(clip, sampling_rate=16_000, return_tensors="pt")
    inputs.pop("attention_mask", None)
    with torch.no_grad():
        output = network(**inputs, output_hidden_states=True)
    states = [*output.hidden_states[:-1], output.last_hidden_state]
    return [state[0].numpy() for state in states]


def encode(folder, clips, **parameters):
    return PretrainedEncoder(folder, 16_000, **parameters).fit_transform(clips)


def assert_close(found, expected, tolerance=5e-5):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


def test_states_are_those_of_transformers(waveform_model):
    found = encode(waveform_model, CLIPS, layers=[0, 1, 2, "last"], pooling=None)
    assert found.dtype == np.float32
    assert found.shape == (3, 64, 49)
    for clip, states in zip(CLIPS, found, strict=True):
        assert_close(states, np.concatenate(own_states(waveform_model, clip), axis=1).T)


def test_the_last_block_is_before_the_last_normalisation(find_model):
    """As in WhisperEncoder; where an encoder does not end with one, they are the same."""
    for name, is_normalized in {"wavlm base": False, "wavlm large": True, "whisper": True}.items():
        states = encode(find_model(name), CLIPS, layers=[3, "last"], pooling=None)
        block, last = np.split(states.swapaxes(1, 2), 2, axis=2)
        assert np.array_equal(last, block) == (not is_normalized)
        assert_close(last, torch.nn.functional.layer_norm(torch.tensor(block), (16,)).numpy())


def test_whisper_is_the_one_in_numpy(find_model):
    folder, layers = find_model("whisper"), [0, 1, 2, 3, "last"]
    clips = np.stack([NOISE, np.concatenate([NOISE[:31_111], np.zeros(32_889)])])
    expected = WhisperEncoder(folder, 16_000, layers=layers, pooling=None).fit_transform(clips)
    assert_close(encode(folder, clips, layers=layers, pooling=None), expected)
    assert_close(encode(folder, clips, layers=layers, pooling=None, batch_size=2), expected)


def test_whisper_of_30_s_is_that_of_transformers(find_model):
    folder = find_model("whisper")
    sound = np.tile(NOISE, 8)[:480_000]
    found = encode(folder, sound[np.newaxis], layers=[0, 1, 2, "last"], pooling=None)[0]
    assert_close(found, np.concatenate(own_states(folder, sound), axis=1).T, 1e-4)


def test_pooling_and_layers(find_model):
    folder = find_model("hubert large")
    states = encode(folder, CLIPS, layers=[1, 3], pooling=None).astype(float)
    first, third = states[:, :16], states[:, 16:]
    both = [first.mean(axis=2), first.std(axis=2), third.mean(axis=2), third.std(axis=2)]
    assert_close(encode(folder, CLIPS, layers=[1, 3]), np.hstack(both))
    assert_close(encode(folder, CLIPS, layers=3, pooling="max"), third.max(axis=2))
    averaged = encode(folder, CLIPS, layers=(1, 3), combine="mean", pooling=["std"])
    assert_close(averaged, ((first + third) / 2).std(axis=2))


def test_names_and_times(find_model):
    encoder = PretrainedEncoder(find_model("hubert base"), layers=[0, "last"])
    names = encoder.get_feature_names_out()
    assert names[[0, 16, -1]].tolist() == ["block0_mean_000", "block0_std_000", "last_std_015"]
    frames = encoder.set_params(pooling=None).fit(np.zeros((1, 22_050)))
    assert frames.n_frames_ == 49
    # the convolutions of a frame see 400 samples of 16 kHz
    np.testing.assert_allclose(frames.frame_times_[:2], [0.0125, 0.0325])
    frame = encoder.set_params(pooling="max").set_output(transform="pandas")
    assert frame.fit_transform(np.ones((2, 999))).columns[0] == "block0_max_000"


def test_clips_of_a_batch_do_not_change_each_other(any_model):
    """Of different lengths, where the shorter are padded, and with views."""
    clips = np.zeros((4, 16_000), np.float32)
    for row, length in zip(clips, (16_000, 9_000, 9_001, 3_333), strict=True):
        row[:length] = NOISE[:length]
    parameters = {"layers": [0, 2, "last"], "pooling": ("mean", "std", "max")}
    alone = encode(any_model, clips, **parameters)
    assert_close(encode(any_model, clips, batch_size=3, **parameters), alone)
    views = as_views(np.stack([clips, clips[::-1]], axis=1))
    assert_close(encode(any_model, views, batch_size=8, **parameters)[:, 1], alone[::-1])


def test_a_padded_batch_is_a_batch(find_model):
    """Encoders with masks take clips of different lengths together, others do not."""
    from sersk.features.pretrained.description import describe_model
    from sersk.features.pretrained.models import find_network

    for name, together in {"wavlm large": True, "wavlm base": False, "data2vec": False}.items():
        network = find_network(describe_model(find_model(name), None), [1], "cpu")
        sizes, run = [], network.run
        network.run = lambda windows, layers, run=run, sizes=sizes: (
            sizes.append(len(windows)) or run(windows, layers)
        )
        network.encode([NOISE[:4000], NOISE[:5000], NOISE[5000:9000]], 16_000, [1], 3)
        del network.run
        assert sizes == ([3] if together else [2, 1])


@pytest.mark.parametrize("sample_rate", [16_000, 22_050])
def test_padding_counts_for_nothing(find_model, sample_rate):
    padded = np.zeros((1, 30_000), np.float32)
    padded[0, :16_000] = CLIPS[0]
    encoder = PretrainedEncoder(find_model("wav2vec2 base"), sample_rate)
    alone = encoder.fit_transform(CLIPS[:1])
    np.testing.assert_array_equal(encoder.fit_transform(padded), alone)
    padded[0, 16_000:] = 1e-7  # what a filter leaves of the end of a clip
    np.testing.assert_array_equal(encoder.fit_transform(padded), alone)
    states = encoder.set_params(pooling=None).fit_transform(padded)[0]
    n_sound = round(16_000 / sample_rate * 50)
    assert (states[:, : n_sound - 2] != 0).all()
    assert (states[:, n_sound + 1 :] == 0).all()


def test_long_clips_are_cut_into_windows_of_one_length(find_model):
    """40 s are two windows with the frames of the whole; the clip is standardised before."""
    folder = find_model("wavlm large")
    sound = np.tile(NOISE, 10) + np.float32(0.01)
    found = encode(folder, sound[np.newaxis], layers=2, pooling=None)[0]
    assert found.shape == (16, 1999)
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    normal = extractor(sound, sampling_rate=16_000, return_tensors="pt").input_values
    network = transformers.AutoModel.from_pretrained(folder)
    parts = []
    for begin, end in ((0, 1000), (1000, 2000)):
        part = normal[:, begin * 320 : (end - 1) * 320 + 400]
        with torch.no_grad():
            parts.append(network(part, output_hidden_states=True).hidden_states[2][0].numpy())
    assert_close(found, np.concatenate(parts).T)
    assert_close(encode(folder, sound[np.newaxis], layers=2, pooling=None, batch_size=2)[0], found)


@pytest.mark.parametrize("n_samples", [1, 399, 401, 480_000, 480_160])
def test_clips_of_any_length(find_model, n_samples):
    encoder = PretrainedEncoder(find_model("hubert base"), 16_000, layers=0)
    X = RNG.normal(size=(1, n_samples))
    assert np.isfinite(encoder.fit_transform(X)).all()
    assert np.isfinite(encoder.transform(np.zeros_like(X))).all()
    frames = encoder.set_params(pooling=None).fit_transform(X)
    assert frames.shape[2] == encoder.n_frames_ == max(0, n_samples - 400) // 320 + 1


def test_a_clip_that_is_too_loud_has_no_states(find_model):
    clips = np.stack([CLIPS[0], CLIPS[1] * np.float32(1e37)])
    vectors = encode(find_model("whisper"), clips, batch_size=2)
    assert np.isfinite(vectors[0]).all()
    assert np.isnan(vectors[1]).all()
    # standardised in double precision, it is like the others
    quiet = encode(find_model("wavlm large"), clips[1:])
    assert_close(quiet, encode(find_model("wavlm large"), CLIPS[1:2]), 1e-4)


@pytest.mark.parametrize(
    ("name", "pooling"),
    [("wav2vec2 base", ("mean", "attention")), ("wavlm large", None), ("whisper", "max")],
)
def test_the_contract_of_features(find_model, name, pooling):
    check_feature(PretrainedEncoder(find_model(name), layers=[1, 2], pooling=pooling))
