"""A model as a file of LiteRT, which was TensorFlow Lite."""

from __future__ import annotations

import json
import os
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sersk._utils.files import replacing
from sersk._utils.quiet_tensorflow import import_tensorflow_quietly
from sersk.export._features import add_features
from sersk.export._operations import Operations
from sersk.export._spectra import add_clip
from sersk.export._system import System, read_system, refuse, refuse_features
from sersk.export._vectors import add_discriminant, add_first_class, add_normalizer
from sersk.features import WhisperEncoder


def export_litert(model: Any, path: str | os.PathLike[str], *, start: str = "waveform") -> Path:
    """Write a fitted model as one LiteRT file (``.tflite``), from a waveform to probabilities.

    LiteRT, which was TensorFlow Lite, runs such files on phones and small computers.

    Parameters
    ----------
    model : estimator
        A fitted pipeline as `make_ser_pipeline` makes it, or a search that fitted one.
    path : str or path-like
        The file to write.
    start : {"waveform", "features"}, default="waveform"
        What the graph takes. "waveform": a clip. "features": the features of a clip, for features
        that can't be exported; the graph is then the normalisation and the classifier.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    TypeError
        If `model` is no such pipeline.
    ValueError
        If a step or a setting can't be exported; the message names it.
    OSError
        If the file can't be written; no part of it is left.

    See Also
    --------
    export_onnx : The same for ONNX Runtime, which also takes `WhisperEncoder`.

    Notes
    -----
    The graph takes one clip, as float32 of shape (n_samples,), in [-1, 1], mono, at the model's
    sample rate, of the loader's `offset` and `duration` together. The shape is fixed, since the
    accelerators of phones need it: pad a shorter recording with zeros at its end, and cut a longer
    one. With ``start="features"`` it takes the features of one clip. The output is the
    probabilities, float32 of shape (n_classes,).

    The probabilities are those of the pipeline to 1e-4. Exported is what `export_onnx` exports,
    but for `WhisperEncoder`, since a clip without its padding has no fixed length. Networks of your
    own may be made of any layers that TensorFlow's converter takes.

    Behind the graph is a ZIP archive, as in TensorFlow Lite's metadata, with ``labels.txt`` and
    ``sersk.json``, which holds the metadata of `export_onnx`.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sersk import export_litert
    >>> export_litert(DummyClassifier(), "model.tflite")
    Traceback (most recent call last):
        ...
    TypeError: export_litert: model is of type DummyClassifier; pass a fitted pipeline as ...
    """
    system = read_system(model, start, "export_litert")
    import_tensorflow_quietly()
    from sersk.export._tensorflow_graph import TensorFlowGraph, convert

    ops = TensorFlowGraph()
    n_samples = 0 if system.loader is None else count_samples(system.loader)

    def compute(value: Any) -> Any:
        features = value
        if system.loader is not None:
            clip, n_kept = add_clip(ops, system.loader, value)
            features = _add_features(ops, system.features, clip, n_kept)
        if system.normalizer is not None:
            shape = system.input_shape
            features = add_normalizer(ops, system.normalizer, features, len(shape))
        return _add_classifier(ops, system, features)

    converted = BytesIO(convert(compute, (n_samples,) if n_samples else system.input_shape))
    # As TensorFlow Lite's metadata do: a ZIP archive behind the graph, which runtimes ignore.
    converted.seek(0, SEEK_END)
    with ZipFile(converted, "a") as archive:
        archive.writestr("labels.txt", "".join(f"{label}\n" for label in system.facts["labels"]))
        archive.writestr("sersk.json", json.dumps(system.facts))
    path = Path(path)
    with replacing(path) as file:
        file.write(converted.getbuffer())
    return path


def count_samples(loader: Any) -> int:
    """Return how many samples of a recording a loader reads: its `offset` and its `duration`.

    Parameters
    ----------
    loader : AudioLoader
        The loader.

    Returns
    -------
    n_samples : int
        Samples at its rate.
    """
    return int(loader.offset * loader.sample_rate) + round(loader.duration * loader.sample_rate)


def _add_features(ops: Operations, step: Any, clip: Any, n_samples: int) -> Any:
    if type(step) is WhisperEncoder:
        why = "a clip without its padding has no fixed length; export_onnx takes it"
        refuse("export_litert", "features", step, why)
    features = add_features(ops, step, clip, n_samples)
    if features is None:
        refuse_features("export_litert", step)
    return features


def _add_classifier(ops: Operations, system: System, features: Any) -> Any:
    if not system.is_network:
        return add_discriminant(ops, system.classifier, features)
    network = system.classifier.model_
    output = network(ops.reshape(features, (1, *system.input_shape)), training=False)
    return add_first_class(ops, network, ops.reshape(output, (-1,)))
