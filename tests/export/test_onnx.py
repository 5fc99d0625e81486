"""The probabilities of an ONNX file are those of the pipeline, and what can't be in it is named."""

import json
import sys

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.svm import SVC

from sersk import (
    ChromaTransformer,
    CorpusDiscriminant,
    FeatureStack,
    HighPassFilter,
    MelSpectrogramTransformer,
    MFCCTransformer,
    WhisperEncoder,
    export_onnx,
    make_ser_pipeline,
)
from sersk.export._onnx_graph import OnnxGraph
from sersk.export._resampling import add_resampling
from sersk.signal import resample
from sersk.testing import make_whisper_folder

onnxruntime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")
# Some clips are longer than those of the models and are cut, and some are noise.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sersk.ClipTruncatedWarning"),
    pytest.mark.filterwarnings("ignore::sersk.UnlikeTrainingWarning"),
]
TOLERANCE = 1e-4  # of probabilities
STACK = FeatureStack(
    [
        ("mel", MelSpectrogramTransformer(n_fft=1000, n_mels=40, normalization=None)),
        ("mfcc", MFCCTransformer(n_mfcc=13, n_fft=1024, top_db=None, normalization=None)),
    ]
)


def run(path, name, clips):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.stack([session.run(None, {name: np.float32(clip)})[0] for clip in clips])


def assert_equal(pipeline, path, clips):
    export_onnx(pipeline, path)
    expected = pipeline.predict_proba(clips)
    assert np.ptp(expected, axis=0).max() > 20 * TOLERANCE  # the clips differ
    np.testing.assert_allclose(run(path, "waveform", clips), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("cnn", {}),
        ("cnn_lstm", {"features": MFCCTransformer(delta=2), "offset": 0.02}),
        ("lstm", {"features": STACK, "normalization": "corpus"}),
        ("transformer", {"normalization": "corpus"}),
    ],
)
def test_networks(network, options, make_network, clips, tmp_path):
    assert_equal(make_network(network, **options), tmp_path / "model.onnx", clips)


@pytest.mark.recordings
def test_recordings(make_network, ravdess_path, tmp_path):
    files = sorted(ravdess_path.rglob("*.wav"))[:60:10]
    pipeline = make_network("cnn")
    loader = pipeline["frontend"].named_steps["loader"]
    loader.set_params(offset=0.5)
    clips = list(type(loader)(sample_rate=16_000, duration=4.0).transform(files))
    assert_equal(pipeline, tmp_path / "model.onnx", clips)


@pytest.mark.parametrize(
    ("sample_rate", "encoder"),
    [
        (22050, {"layers": [0, 2], "pooling": ("mean", "std", "max", "attention")}),
        (16000, {"layers": [1, "last"], "combine": "mean"}),
    ],
)
def test_encoders(sample_rate, encoder, corpus, clips, tmp_path):
    step = WhisperEncoder(make_whisper_folder(tmp_path), **encoder)
    pipeline = make_ser_pipeline(
        "discriminant",
        features=step,
        augmentation=False,
        sample_rate=sample_rate,
        duration=1.0,
        normalization="corpus",
    )
    pipeline.set_params(frontend__loader__allow_silence=True)
    pipeline.fit(corpus.data, corpus.target)
    assert_equal(pipeline, tmp_path / "model.onnx", [*clips, np.zeros(16_000, np.float32)])


def test_resampling_is_that_of_the_pipeline(tmp_path):
    noise = np.random.default_rng(0).normal(size=30_000).cumsum().astype(np.float32) / 100
    for rate in (8000, 11025, 22050, 44100, 48000):
        graph = OnnxGraph()
        waveform = graph.input("waveform", [len(noise)])
        end = np.array([29_001])
        resampled = add_resampling(graph, waveform, len(noise), end, rate, 16_000)
        graph.save(tmp_path / "graph.onnx", {"resampled": (resampled, ["n"])}, {})
        (found,) = run(tmp_path / "graph.onnx", "waveform", [noise])
        expected = resample(noise[:29_001], rate, 16_000)
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6 * np.abs(noise).max())


def test_functionals_start_at_the_features(corpus, tmp_path):
    pipeline = make_ser_pipeline(preset="functionals", sample_rate=16_000, augmentation=False)
    pipeline.fit(corpus.data, corpus.target)
    path = tmp_path / "model.onnx"
    with pytest.raises(ValueError, match=r"Functionals.* is a search.*start='features'"):
        export_onnx(pipeline, path)
    assert not path.exists()
    export_onnx(pipeline, path, start="features")
    vectors = pipeline["frontend"].transform(corpus.data)
    expected = pipeline.predict_proba(corpus.data)
    np.testing.assert_allclose(run(path, "features", vectors), expected, rtol=0, atol=TOLERANCE)
    # two corpora, one of which lacks emotions
    fewer = np.isin(corpus.target, np.unique(corpus.target)[:2]) & (np.arange(len(vectors)) % 2 > 0)
    names = np.where(fewer, "talks", "acted")
    speakers = [f"{name}-{i // 2 % 2}" for i, name in enumerate(names)]
    several = CorpusDiscriminant().fit(vectors, corpus.target, groups=speakers)
    assert len(several.corpora_) == 2
    pipeline.steps[-1] = ("classifier", several)
    export_onnx(pipeline, path, start="features")
    expected = several.predict_proba(vectors)
    np.testing.assert_allclose(run(path, "features", vectors), expected, rtol=0, atol=TOLERANCE)


def test_a_network_with_one_sigmoid(corpus, make_network, clips, tmp_path):
    def one_sigmoid(input_shape, n_classes):
        import keras

        flat = [keras.Input(input_shape), keras.layers.GlobalAveragePooling1D()]
        return keras.Sequential([*flat, keras.layers.Dense(1, activation="sigmoid")])

    pipeline = make_network(
        "own", model=one_sigmoid, loss="binary_crossentropy", y=corpus.target == "anger"
    )
    assert_equal(pipeline, tmp_path / "model.onnx", clips)


def test_the_metadata(make_network, corpus, tmp_path):
    path = export_onnx(make_network("cnn"), tmp_path / "model.onnx")
    assert path == tmp_path / "model.onnx"
    session = onnxruntime.InferenceSession(path)
    facts = session.get_modelmeta().custom_metadata_map
    assert json.loads(facts["labels"]) == sorted(set(corpus.target))
    assert (facts["start"], facts["sample_rate"], facts["duration"]) == ("waveform", "16000", "1.0")
    assert json.loads(facts["card"])["network"]["name"] == "cnn"
    assert session.get_inputs()[0].shape == ["n_samples"]
    assert session.get_outputs()[0].name == "probabilities"


def own_layers(input_shape, n_classes):
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.GRU(4),
            layers.Dense(n_classes, activation="softmax"),
        ]
    )


def test_what_cannot_be_exported_is_named(make_network, corpus, tmp_path, monkeypatch):
    path = tmp_path / "model.onnx"

    def refuses(model, match, **start):
        with pytest.raises((ValueError, TypeError), match=match):
            export_onnx(model, path, **start)
        assert not path.exists()

    refuses(DummyClassifier(), r"^export_onnx: model is of type DummyClassifier")
    network = make_network("cnn", denoiser=HighPassFilter(), features=ChromaTransformer())
    refuses(network, r"step 'denoiser' \(HighPassFilter\)")
    network.set_params(frontend__denoiser="passthrough")
    refuses(network, r"step 'features' \(ChromaTransformer\).*start='features'")
    refuses(network, "start='sound' is none of", start="sound")
    network["classifier"].precision = "mixed_bfloat16"
    refuses(network, "precision='mixed_bfloat16'", start="features")
    own = make_network("own", model=own_layers)
    refuses(own, r"'classifier' \(SpeechEmotionClassifier\).* 'gru.*' .* of type GRU")
    svm = make_ser_pipeline(SVC(), sample_rate=16_000, augmentation=False, duration=1.0)
    refuses(svm.fit(corpus.data, corpus.target), r"\(VectorClassifier\)", start="features")
    monkeypatch.setitem(sys.modules, "onnx", None)
    network["classifier"].precision = "float32"
    with pytest.raises(ImportError, match=r"pip install 'sersk\[onnx\]'"):
        export_onnx(network, path, start="features")


def test_a_file_that_cannot_be_written(make_network, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        export_onnx(make_network("cnn"), tmp_path / "folder")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]
