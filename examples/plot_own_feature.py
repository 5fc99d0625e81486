"""
A feature of your own
=====================

A feature transformer computes bands over frames from waveforms. The base class computes the power
spectra and has checks, tags and ``fit``; a subclass computes the features from the spectra.

The clips are synthetic babble, made by a program: the scores say nothing about speech.
"""

# %%
# Power in a few wide bands. ``frames`` computes it for a block of frames; ``finish`` gets all
# frames of a clip and subtracts their mean.

import numpy as np

from sersk import SpectralTransformer
from sersk.testing import check_feature


class WideBands(SpectralTransformer):
    """Power in bands an octave wide, in decibels above the clip's mean."""

    def __init__(self, *, sample_rate=22050, n_bands=6, n_fft=1024, hop_length=256):
        self.sample_rate = sample_rate
        self.n_bands = n_bands
        self.n_fft = n_fft
        self.hop_length = hop_length

    def edges(self):
        return 125.0 * 2.0 ** np.arange(self.n_bands + 1)  # Hz

    def fit_waveforms(self, X):
        super().fit_waveforms(X)
        self.band_frequencies_ = self.edges()[:-1] * np.sqrt(2)  # for figures

    def frames(self, power):
        frequencies = np.arange(power.shape[1]) * self.sample_rate / self.n_fft
        band = np.digitize(frequencies, self.edges()) - 1
        bands = np.stack([power[:, band == i].sum(axis=1) for i in range(self.n_bands)])
        return 10 * np.log10(bands + 1e-10)

    def finish(self, frames):
        return frames - frames.mean()

    def get_feature_names_out(self, input_features=None):
        return np.array([f"{f:.0f}Hz" for f in self.edges()[:-1]], dtype=object)


# %%
# The checker raises an error if the class breaks the contract of features.

check_feature(WideBands())

# %%
# A display draws it like the features of sersk.

import matplotlib.pyplot as plt

from sersk import FeaturesDisplay, make_emotional_speech

corpus = make_emotional_speech(
    n_speakers=5, n_repetitions=4, emotions=("anger", "sad"), random_state=0
)
FeaturesDisplay.from_estimator(WideBands(), corpus.data[0], name=corpus.target[0])
plt.show()

# %%
# Pass the feature to the pipeline, which computes it for views too. Its parameters are searched as
# ``frontend__features__n_bands``.

from sersk import make_ser_pipeline

pipeline = make_ser_pipeline(
    features=WideBands(),
    duration=2.0,
    epochs=6,
    batch_size=8,
    model__filters=(8,),
    model__dense_units=(),
    random_state=0,
)
known = corpus.groups != corpus.groups[-1]
pipeline.fit(corpus.data[known], corpus.target[known], classifier__groups=corpus.groups[known])
print("features:", pipeline[0].transform(corpus.data[:2]).shape)
print(
    f"accuracy on an unseen speaker: {pipeline.score(corpus.data[~known], corpus.target[~known])}"
)

# %%
# Features of a stack must have the same number of frames; otherwise ``fit`` raises an error.

from sersk import FeatureStack, MelSpectrogramTransformer

stack = FeatureStack([("mel", MelSpectrogramTransformer(n_mels=64)), ("bands", WideBands())])
try:
    stack.fit(corpus.data[:2])
except ValueError as error:
    print(error)
stack.set_params(bands__hop_length=512).fit(corpus.data[:2])
FeaturesDisplay.from_estimator(stack, corpus.data[0])
plt.show()
