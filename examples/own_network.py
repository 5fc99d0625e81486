"""
A network of your own
=====================

Any function from the shape of the features and the number of emotions to a Keras model is a
network; its keyword arguments are hyperparameters, to be set and searched by name.

The clips are synthetic babble, made by a program: the scores say nothing of speech.
"""

# %%
# Keras is imported inside, so that importing the function stays quick.

from sersk import make_emotional_speech, make_ser_pipeline


def attentive(input_shape, n_classes, *, units=16):
    """Let the network choose which moments of a clip to listen to."""
    from keras import Model, layers

    inputs = layers.Input(input_shape)  # (n_bands, n_frames)
    frames = layers.Permute((2, 1))(inputs)
    frames = layers.Conv1D(units, 5, strides=2, activation="relu")(frames)
    weights = layers.Softmax(axis=1)(layers.Dense(1)(frames))  # one a frame, of sum 1
    heard = layers.Dot(axes=1)([weights, frames])
    return Model(inputs, layers.Dense(n_classes, activation="softmax")(layers.Flatten()(heard)))


# %%
# It takes the place of the published one, with everything around it unchanged.

corpus = make_emotional_speech(
    n_speakers=4, n_repetitions=4, emotions=("anger", "sad"), random_state=0
)
known = corpus.groups != corpus.groups[-1]
pipeline = make_ser_pipeline(
    attentive, augmentation=False, duration=2.0, epochs=15, model__units=32, random_state=0
)
pipeline.fit(corpus.data[known], corpus.target[known], classifier__groups=corpus.groups[known])
print(f"accuracy on an unseen voice: {pipeline.score(corpus.data[~known], corpus.target[~known])}")

# %%
# A misspelt hyperparameter is named before anything is trained.

try:
    pipeline.set_params(classifier__model__unit=64).fit(corpus.data, corpus.target)
except ValueError as error:
    print(error)
