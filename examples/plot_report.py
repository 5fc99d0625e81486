"""
The evaluation report and its figures
=====================================

One call cross-validates by speaker and keeps every prediction. Scores, intervals and figures are
all computed from the predictions.

The clips are synthetic babble, made by a program: the scores say nothing about speech.
"""

# %%
# A simple classifier on means and spreads of mel bands, so that this takes seconds. With
# recordings, use ``make_ser_pipeline()``.

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sersk import (
    AudioLoader,
    MelSpectrogramTransformer,
    evaluate_speaker_independent,
    make_emotional_speech,
)


def summarize_bands(X):
    return np.concatenate([X.mean(axis=-1), X.std(axis=-1)], axis=-1)


corpus = make_emotional_speech(n_speakers=10, n_repetitions=4, random_state=0)
pipeline = make_pipeline(
    AudioLoader(duration=2.0),
    MelSpectrogramTransformer(n_mels=32),
    FunctionTransformer(summarize_bands),
    StandardScaler(),
    LogisticRegression(C=0.05, max_iter=1000),
)
report = evaluate_speaker_independent(
    pipeline,
    corpus.data,
    corpus.target,
    corpus.groups,
    cv=5,
    learning_curve=(0.25, 0.5),
    corpus=corpus,
)
print(report)

# %%
# The confusion matrix. The diagonal holds the recalls; their mean is the UAR.

import matplotlib.pyplot as plt

from sersk import ConfusionDisplay, LearningCurveDisplay, ReliabilityDisplay, SpeakersDisplay

ConfusionDisplay.from_report(report)
plt.show()

# %%
# The UAR of each speaker. The interval of a speaker is over that speaker's clips (Wilson), the
# grey one over speakers (bootstrap).

SpeakersDisplay.from_report(report)
plt.show()

# %%
# Calibration: points below the diagonal are overconfident.

ReliabilityDisplay.from_report(report)
plt.show()

# %%
# More speakers would help if the lower curve still rises. Bands are one sample standard deviation
# over the folds.

LearningCurveDisplay.from_report(report)
plt.show()

# %%
# The displays also take predictions from other sources, and any axes.

rows = report.predictions
men = rows["speaker"].isin(corpus.frame.query("sex == 'male'")["speaker"])
figure, axes = plt.subplots(1, 2, figsize=(11.5, 5.4), layout="constrained")
for ax, name, part in [(axes[0], "men", rows[men]), (axes[1], "women", rows[~men])]:
    ConfusionDisplay.from_predictions(part["y_true"], part["y_pred"], ax=ax)
    ax.set_title(name)
plt.show()

# %%
# ``report.save("report.html")`` writes the report with its figures as one page; other formats are
# ``.md``, ``.json`` and ``.txt``.
