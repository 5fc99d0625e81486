"""
A network of your own
=====================

A network is any function that takes the shape of the features and the number of emotions, and
returns a Keras model. Its keyword arguments are hyperparameters, set and searched by name.

The clips are synthetic babble, made by a program: the scores say nothing about speech.
"""

# %%
# Keras is imported inside the function, so that importing this module is quick.

from sersk import make_emotional_speech, make_ser_pipeline
from sersk.classifiers.networks.layers import check_bands_by_frames
from sersk.testing import check_network


def attentive(input_shape, n_classes, *, units=16):
    """Weigh the frames of a clip by learned weights, and sum them."""
    from keras import Model, layers

    check_bands_by_frames(input_shape, "attentive")
    inputs = layers.Input(input_shape)  # (n_bands, n_frames)
    frames = layers.Permute((2, 1))(inputs)
    frames = layers.Conv1D(units, 5, strides=2, activation="relu")(frames)
    weights = layers.Softmax(axis=1, name="weights")(layers.Dense(1)(frames))  # sum over frames: 1
    pooled = layers.Flatten()(layers.Dot(axes=1)([weights, frames]))
    outputs = layers.Dense(n_classes, activation="softmax", dtype="float32")(pooled)
    return Model(inputs, outputs)


# %%
# The checker builds the network for several shapes, trains it for a step, saves it and loads it.

check_network(attentive)


# %%
# The network replaces the published one; the rest of the pipeline is unchanged.

corpus = make_emotional_speech(
    n_speakers=4, n_repetitions=4, emotions=("anger", "sad"), random_state=0
)
known = corpus.groups != corpus.groups[-1]
pipeline = make_ser_pipeline(
    attentive, augmentation=False, duration=2.0, epochs=15, model__units=32, random_state=0
)
pipeline.fit(corpus.data[known], corpus.target[known], classifier__groups=corpus.groups[known])
accuracy = pipeline.score(corpus.data[~known], corpus.target[~known])
print(f"accuracy on an unseen speaker: {accuracy}")

# %%
# The weights that the network learned for the frames of a clip:

import matplotlib.pyplot as plt
import numpy as np
from keras import Model

from sersk import FeaturesDisplay

clip = corpus.data[~known][:1]
features = pipeline[0].transform(clip)
network = pipeline[-1].model_
attention = Model(network.inputs, network.get_layer("weights").output)
weights = attention.predict(features, verbose=0)[0, :, 0]
figure, (above, below) = plt.subplots(2, sharex=True, layout="constrained")
FeaturesDisplay.from_estimator(pipeline[0]["features"], clip[0], ax=above, colorbar=False)
times = (2 * np.arange(len(weights)) + 2.5) * 512 / 22050  # s, of every second frame
below.plot(times, weights, color="#0072B2")
below.set(xlabel="time (s)", ylabel="weight of a frame", ylim=(0, None))
plt.show()

# %%
# A misspelt hyperparameter is refused before anything is trained.

try:
    pipeline.set_params(classifier__model__unit=64).fit(corpus.data, corpus.target)
except ValueError as error:
    print(error)
