"""A model as a file of LiteRT, which was TensorFlow Lite."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from sersk._utils.files import replacing
from sersk._utils.quiet_tensorflow import import_tensorflow_quietly
from sersk.export.features import add_features
from sersk.export.onnx import add_clip
from sersk.export.system import System, read_system, refuse_features
from sersk.export.vectors import add_discriminant, add_normalizer


def export_litert(
    model: Any, path: str | os.PathLike[str], *, start: str = "waveform"
) -> Path:
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
    The graph takes one clip. Its input is ``waveform``, float32 of shape (n_samples,): the samples
    of one clip of the model's `duration`, after the loader's `offset`, at its sample rate. Shorter
    clips are to be padded with zeros at the end, longer ones to be cut. Or it is ``features``,
    float32 of the shape of the features of one clip. The output has the shape (n_classes,).

    The probabilities are those of the pipeline to 1e-4. Exported is what `export_onnx` exports,
    but for `WhisperEncoder`, since a clip without its padding has no fixed length. Networks of your
    own may be made of any layers that TensorFlow's converter takes.

    The metadata of `export_onnx`, as JSON, are in the file's metadata named ``sersk``.

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
    import tensorflow as tf

    from sersk.export.tensorflow_graph import TensorFlowGraph

    ops = TensorFlowGraph()
    n_samples = 0
    if system.loader is not None:
        n_samples = round(system.loader.duration * system.loader.sample_rate)
        silence = tf.zeros(n_samples)
        try:
            known = add_features(ops, system.features, silence, n_samples)
        except ValueError as reason:
            refuse_features("export_litert", system.features, str(reason))
        if known is None:
            refuse_features("export_litert", system.features)
    def compute(value):
        features = value
        if system.loader is not None:
            features = add_features(ops, system.features, value, n_samples)
        return _add_classifier(ops, system, features)

    class Module(tf.Module):
        pass
    module = Module()
    if system.is_network:
        module.network = system.classifier.model_
    shape = (n_samples,) if system.loader is not None else system.input_shape
    name = "waveform" if system.loader is not None else "features"
    f = tf.function(compute, input_signature=[tf.TensorSpec(shape, tf.float32, name=name)])
    conv = tf.lite.TFLiteConverter.from_concrete_functions([f.get_concrete_function()], module)
    data = conv.convert()
    with replacing(Path(path)) as file:
        file.write(data)
    return Path(path)

def _add_classifier(ops, system, features):
    import tensorflow as tf
    if system.normalizer is not None:
        features = add_normalizer(ops, system.normalizer, features, len(system.input_shape))
    if not system.is_network:
        return add_discriminant(ops, system.classifier, features)
    proba = tf.reshape(system.classifier.model_(features[tf.newaxis], training=False), (-1,))
    if system.classifier.model_.output_shape[-1] == 1:
        return tf.concat([1-proba, proba], 0)
    return proba
