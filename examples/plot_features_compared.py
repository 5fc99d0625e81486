"""
Features compared
=================

Several features of the same clip, and their use.

The clips are synthetic babble, made by a program: the scores say nothing about speech.
"""

# %%
# Anger and sadness by the same speaker.

import matplotlib.pyplot as plt

from sersk import (
    FeaturesDisplay,
    MelSpectrogramTransformer,
    WaveformDisplay,
    make_emotional_speech,
)

corpus = make_emotional_speech(n_speakers=8, n_repetitions=3, emotions=("anger", "fear", "sad"))
anger, sad = corpus.data[corpus.target == "anger"][0], corpus.data[corpus.target == "sad"][0]
decibels = MelSpectrogramTransformer(normalization=None)
figure, axes = plt.subplots(2, 2, figsize=(10, 5.6), sharex=True, layout="constrained")
for column, clip, name in [(0, anger, "anger"), (1, sad, "sad")]:
    WaveformDisplay.from_clip(clip, name=name, ax=axes[0, column])
    FeaturesDisplay.from_estimator(decibels, clip, ax=axes[1, column])
plt.show()

# %%
# Mel spectrograms keep everything but phase. MFCCs leave out the harmonics and describe the shape
# of the spectrum; rows are normalised one by one. Chroma keeps the intonation within the octave.
# A stack concatenates the rows.

from sersk import ChromaTransformer, FeatureStack, MFCCTransformer

features = {
    "mel, 64 bands": MelSpectrogramTransformer(n_mels=64),
    "MFCC, 20 coefficients": MFCCTransformer(n_mfcc=20),
    "chroma": ChromaTransformer(),
    "all three": FeatureStack(
        [
            ("mel", MelSpectrogramTransformer(n_mels=64)),
            ("mfcc", MFCCTransformer(n_mfcc=20)),
            ("chroma", ChromaTransformer()),
        ]
    ),
}
figure, axes = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
for ax, (name, transformer) in zip(axes.flat, features.items(), strict=True):
    FeaturesDisplay.from_estimator(transformer, anger, name=name, ax=ax)
plt.show()

# %%
# UAR on unseen speakers, with the same simple classifier on means and spreads of rows:

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sersk import AudioLoader, evaluate_speaker_independent


def summarize_rows(X):
    return np.concatenate([X.mean(axis=-1), X.std(axis=-1)], axis=-1)


features["mel with level"] = MelSpectrogramTransformer(n_mels=64, normalization=None, ref=1.0)
for name, transformer in features.items():
    pipeline = make_pipeline(
        AudioLoader(duration=2.0),
        transformer,
        FunctionTransformer(summarize_rows),
        StandardScaler(),
        LogisticRegression(C=0.05, max_iter=1000),
    )
    report = evaluate_speaker_independent(pipeline, corpus.data, corpus.target, corpus.groups, cv=4)
    low, high = report.intervals["uar"]
    print(f"{name:22} UAR {report.uar:.2f}, 95 % over speakers {low:.2f} to {high:.2f}")

# %%
# A network uses more than means and spreads: compare features with your network by
# ``make_ser_pipeline(features=...)`` before you choose.
