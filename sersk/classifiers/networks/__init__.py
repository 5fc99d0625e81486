"""Architectures, one a file: functions ``(input_shape, n_classes, **sizes) -> keras.Model``.

A new network is one new file and one line in `NETWORKS`. How a network is trained is the
classifier's business, not theirs.
"""

from collections.abc import Callable
from typing import Any

from sersk.classifiers.networks.cnn import cnn
from sersk.classifiers.networks.cnn_lstm import cnn_lstm
from sersk.classifiers.networks.lstm import lstm
from sersk.classifiers.networks.transformer import transformer

# the name that SpeechEmotionClassifier(model=...) takes -> the function that builds it
NETWORKS: dict[str, Callable[..., Any]] = {
    "cnn": cnn,
    "cnn_lstm": cnn_lstm,
    "lstm": lstm,
    "transformer": transformer,
}

__all__ = ["NETWORKS", "cnn", "cnn_lstm", "lstm", "transformer"]
