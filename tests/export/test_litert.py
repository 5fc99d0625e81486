"""The probabilities of a LiteRT file are those of the pipeline."""

import json
from zipfile import ZipFile

import numpy as np
import pytest

from sersk import MFCCTransformer, WhisperEncoder, export_litert, make_ser_pipeline
from sersk.testing import make_whisper_folder

interpreter = pytest.importorskip("ai_edge_litert.interpreter")
# Some clips are longer than those of the models and are cut, and some are noise.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sersk.ClipTruncatedWarning"),
    pytest.mark.filterwarnings("ignore::sersk.UnlikeTrainingWarning"),
]


def run(path, clips):
    model = interpreter.Interpreter(str(path), num_threads=1)
    model.allocate_tensors()
    (given,), (result,) = model.get_input_details(), model.get_output_details()
    found = []
    for clip in clips:
        n_samples = given["shape"][0]
        model.set_tensor(given["index"], np.pad(clip, (0, n_samples))[:n_samples])
        model.invoke()
        found.append(model.get_tensor(result["index"]))
    return np.stack(found)


@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("cnn_lstm", {"features": MFCCTransformer(), "offset": 0.02}),
        ("transformer", {"normalization": "corpus"}),
    ],
)
def test_networks(network, options, make_network, clips, tmp_path):
    pipeline = make_network(network, **options)
    path = export_litert(pipeline, tmp_path / "model.tflite")
    np.testing.assert_allclose(run(path, clips), pipeline.predict_proba(clips), rtol=0, atol=1e-4)
    with ZipFile(path) as archive:
        labels = archive.read("labels.txt").decode().split()
        assert labels == json.loads(archive.read("sersk.json"))["labels"]
    assert labels == list(pipeline.classes_)


def test_a_discriminant_of_functionals_starts_at_the_features(corpus, tmp_path):
    pipeline = make_ser_pipeline(preset="functionals", sample_rate=16_000, augmentation=False)
    pipeline.fit(corpus.data, corpus.target)
    path = export_litert(pipeline, tmp_path / "model.tflite", start="features")
    vectors = pipeline["frontend"].transform(corpus.data)
    expected = pipeline.predict_proba(corpus.data)
    np.testing.assert_allclose(run(path, vectors), expected, rtol=0, atol=1e-4)


def test_an_encoder_is_refused(corpus, tmp_path):
    pipeline = make_ser_pipeline(
        "discriminant", features=WhisperEncoder(make_whisper_folder(tmp_path)), augmentation=False
    )
    pipeline.fit(corpus.data, corpus.target)
    with pytest.raises(ValueError, match=r"^export_litert: .*\(WhisperEncoder\).*export_onnx"):
        export_litert(pipeline, tmp_path / "model.tflite")
