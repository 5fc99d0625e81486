"""
A feature of your own
=====================

A feature transformer turns waveforms into bands over frames. The base class brings checks, tags
and ``fit``; only the computation is left to write.

The clips are synthetic babble, made by a program: the scores say nothing of speech.
"""

# %%
# Energy in a few wide bands, by the one short-time Fourier transform of the library. It works on
# the last axis, so that it serves clips and views alike, and learns nothing.

import numpy as np

from sersk import StatelessTransformer
from sersk.signal import power_spectrogram


class WideBands(StatelessTransformer):
    """Power in bands an octave wide, in decibels."""

    def __init__(self, *, sample_rate=22050, n_bands=6, hop_length=256):
        self.sample_rate = sample_rate
        self.n_bands = n_bands
        self.hop_length = hop_length

    def fit_waveforms(self, X):
        # with these, figures show frequencies (Hz) and times (s)
        self.band_frequencies_ = self._edges()[:-1] * np.sqrt(2)
        self.frame_times_ = np.arange(1 + X.shape[-1] // self.hop_length) * (
            self.hop_length / self.sample_rate
        )

    def _edges(self):
        return 125.0 * 2.0 ** np.arange(self.n_bands + 1)  # Hz

    def transform_waveforms(self, X):
        power = power_spectrogram(X, n_fft=1024, hop_length=self.hop_length)
        frequencies = np.linspace(0, self.sample_rate / 2, power.shape[-1])
        band = np.digitize(frequencies, self._edges()) - 1
        rows = [power[..., band == i].sum(axis=-1) for i in range(self.n_bands)]
        bands = np.stack(rows, axis=-2)  # (..., n_bands, n_frames)
        return (10 * np.log10(bands + 1e-10)).astype(np.float32)


# %%
# It is drawn like all others.

import matplotlib.pyplot as plt

from sersk import FeaturesDisplay, make_emotional_speech

corpus = make_emotional_speech(
    n_speakers=5, n_repetitions=4, emotions=("anger", "sad"), random_state=0
)
FeaturesDisplay.from_estimator(WideBands(), corpus.data[0], name=corpus.target[0])
plt.show()

# %%
# And takes its place in the pipeline by argument, views and all. Its parameters are searched as
# ``frontend__features__n_bands``.

from sersk import make_ser_pipeline

pipeline = make_ser_pipeline(
    features=WideBands(),
    duration=2.0,
    epochs=6,
    batch_size=8,
    model__filters=(8,),
    model__pool_size=2,
    model__dense_units=(),
    model__dropout=0.0,
    model__momentum=0.9,
    random_state=0,
)
known = corpus.groups != corpus.groups[-1]
pipeline.fit(corpus.data[known], corpus.target[known], classifier__groups=corpus.groups[known])
print("features:", pipeline[0].transform(corpus.data[:2]).shape)
print(f"accuracy on an unseen voice: {pipeline.score(corpus.data[~known], corpus.target[~known])}")

# %%
# In a stack with another feature they must have the same frames, or an error says so:

from sersk import FeatureStack, MelSpectrogramTransformer

stack = FeatureStack([("mel", MelSpectrogramTransformer(n_mels=64)), ("bands", WideBands())])
try:
    stack.fit(corpus.data[:2])
except ValueError as error:
    print(error)
stack.set_params(bands__hop_length=512).fit(corpus.data[:2])
FeaturesDisplay.from_estimator(stack, corpus.data[0])
plt.show()
