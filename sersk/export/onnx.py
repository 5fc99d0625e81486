"""A model as a file of ONNX."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sersk.export._features import add_features
from sersk.export._networks import add_network
from sersk.export._onnx_graph import OnnxGraph
from sersk.export._spectra import add_clip
from sersk.export._system import System, read_system, refuse, refuse_features
from sersk.export._vectors import add_discriminant, add_first_class, add_normalizer
from sersk.export._whisper import add_whisper
from sersk.features import WhisperEncoder


def export_onnx(model: Any, path: str | os.PathLike[str], *, start: str = "waveform") -> Path:
    """Write a fitted model as one ONNX file, from a waveform to probabilities.

    The file needs no sersk, no TensorFlow and no scikit-learn: ONNX Runtime runs it from Python,
    JavaScript, C++, Java, C# and others. All of the pipeline is in it: cutting or padding to the
    length of a clip, features, normalisation and classifier.

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
    ImportError
        If the package onnx is not installed.
    TypeError
        If `model` is no such pipeline.
    ValueError
        If a step, a layer or a setting can't be exported; the message names it.
    OSError
        If the file can't be written; no part of it is left.

    See Also
    --------
    export_litert : The same for LiteRT (TensorFlow Lite), for phones and microcontrollers.
    save_model : A file for sersk.

    Notes
    -----
    The graph takes one clip. Its input is ``waveform``, float32 of shape (n_samples,) at the
    model's sample rate, in [-1, 1], mono, of any length; or ``features``, float32 of the shape of
    the features of one clip. Its output is ``probabilities``, float32 of shape (n_classes,). The
    metadata hold, as JSON, ``labels`` in the order of the probabilities, ``sample_rate`` (Hz),
    ``duration`` (s), and ``card``, what `describe_model` returns.

    The probabilities are those of the pipeline to 1e-4. The graph checks nothing: it gives
    probabilities for silence and noise too.

    Exported are mel spectrograms, MFCC, stacks of both, and `WhisperEncoder` with pooling, whose
    weights become part of the file; `FeatureNormalizer`; `DiscriminantClassifier` and
    `CorpusDiscriminant`, the networks of sersk, and networks of your own that are made of the same
    layers. Functionals are not: their pitch tracking is a search. Refused are also other features,
    denoisers, `SpeakerNormalizer` and other classifiers.

    The operators are those of opset 17.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk import export_onnx, make_emotional_speech, make_ser_pipeline
    >>> corpus = make_emotional_speech(n_speakers=2, n_repetitions=1, random_state=0)
    >>> pipeline = make_ser_pipeline(preset="functionals", augmentation=False)
    >>> model = pipeline.fit(corpus.data, corpus.target, classifier__groups=corpus.groups)
    >>> with TemporaryDirectory() as folder:
    ...     export_onnx(model, Path(folder, "model.onnx"))
    Traceback (most recent call last):
        ...
    ValueError: export_onnx: step 'features' (FunctionalsTransformer) can't be exported: its pitch
    tracking is a search, ...; pass start='features' to export the classifier alone, ...
    """
    system = read_system(model, start, "export_onnx")
    _require_onnx()
    graph = OnnxGraph()
    if system.loader is None:
        features = graph.input("features", system.input_shape)
    else:
        waveform = graph.input("waveform", ["n_samples"])
        clip, n_samples = add_clip(graph, system.loader, waveform)
        features = _add_features(graph, system.features, clip, n_samples)
    if system.normalizer is not None:
        features = add_normalizer(graph, system.normalizer, features, len(system.input_shape))
    proba = _add_classifier(graph, system, features)
    path = Path(path)
    graph.save(path, {"probabilities": (proba, [len(system.facts["labels"])])}, system.facts)
    return path


def _add_features(graph: OnnxGraph, step: Any, clip: str, n_samples: int) -> str:
    features = None
    try:
        if type(step) is WhisperEncoder:
            features = add_whisper(graph, step, clip, n_samples)
        else:
            features = add_features(graph, step, clip, n_samples)
    except ValueError as reason:
        refuse_features("export_onnx", step, str(reason))
    if features is None:
        refuse_features("export_onnx", step)
    return features


def _add_classifier(graph: OnnxGraph, system: System, features: str) -> str:
    if not system.is_network:
        return add_discriminant(graph, system.classifier, features)
    try:
        proba = add_network(graph, system.classifier.model_, features)
    except ValueError as reason:
        refuse("export_onnx", "classifier", system.classifier, str(reason))
    return add_first_class(graph, system.classifier.model_, proba)


def _require_onnx() -> None:
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "export_onnx needs the package onnx: pip install 'sersk[onnx]'."
        ) from error
