"""Architectures, one a file: functions ``(input_shape, n_classes, *, ...) -> keras.Model``.

A new network is one new file with a function of the file's name; nothing else names it. The
training is in `sersk.classifiers.training`.
"""

from sersk.classifiers.networks.registry import Networks

# The name that SpeechEmotionClassifier(model=...) takes -> the function that builds the network.
# Each function can be imported from here too: from sersk.classifiers.networks import cnn.
NETWORKS = Networks(__name__, __path__)

__all__ = ["NETWORKS"]
__all__ += list(NETWORKS)  # imports the files, thus binds the functions to their names
