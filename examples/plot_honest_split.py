"""
Honest and dishonest splits
===========================

The same clips, features and classifier, scored in three orders. Only one of the scores answers
the question how well emotions of somebody new are recognised.

The clips are synthetic babble, made by a program: the scores say nothing of speech, but what
happens to them is what happens on recordings.
"""

# %%
# A corpus in which voices differ, and three views of each clip. The classifier remembers: it
# answers with the label of the most similar clip that it has heard.

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sersk import AudioAugmenter, MelSpectrogramTransformer, make_emotional_speech

corpus = make_emotional_speech(n_speakers=8, n_repetitions=6, random_state=0)
views = AudioAugmenter(pitch_shift=0.5, time_stretch=1.05).fit_transform(corpus.data)
pictures = MelSpectrogramTransformer(n_mels=40).fit_transform(views)
X = np.concatenate([pictures.mean(axis=-1), pictures.std(axis=-1)], axis=-1)
print("clips, views, features:", X.shape)
classifier = make_pipeline(StandardScaler(), KNeighborsClassifier(n_neighbors=1))

# %%
# The published order: every view becomes a clip of its own, and all of them are divided at random.
# Whatever is tested, a near copy of it has been learned by heart.

from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_score

n_clips, n_views, n_features = X.shape
y, speakers = corpus.target, corpus.groups
folds = StratifiedKFold(4, shuffle=True, random_state=0)
scores = {
    "views apart": cross_val_score(
        classifier,
        X.reshape(-1, n_features),
        np.repeat(y, n_views),
        cv=folds,
        scoring="balanced_accuracy",
    )
}

# %%
# Better: clips are divided first, and what is tested are clips as they are. Every voice is still
# on both sides.

scores["clips apart"] = cross_val_score(
    classifier, X[:, 0], y, cv=folds, scoring="balanced_accuracy"
)

# %%
# Honest: whole speakers are divided. One splitter, one ``groups``.

scores["speakers apart"] = cross_val_score(
    classifier,
    X[:, 0],
    y,
    groups=speakers,
    cv=StratifiedGroupKFold(4),
    scoring="balanced_accuracy",
)
for name, values in scores.items():
    print(f"{name:15} UAR {values.mean():.2f} +- {values.std():.2f}")

# %%
# Nothing was recognised better or worse: the number is what changed. On recordings the last step is
# the larger one: of the 87 % of the published order on RAVDESS, 71 % are left when clips are kept
# apart, and 46 % when speakers are (see the results in the documentation).

import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
means = [values.mean() for values in scores.values()]
spreads = [values.std() for values in scores.values()]
ax.bar(list(scores), means, yerr=spreads, color=["#E69F00", "#56B4E9", "#0072B2"], capsize=4)
ax.axhline(1 / 6, color="#D55E00", linestyle="--", label="chance")
ax.set(ylim=(0, 1.05), ylabel="UAR, mean and spread of 4 folds", title="What was kept apart")
ax.legend()
plt.show()

# %%
# In a pipeline of sersk the first order can't happen: views are made inside ``fit``, after the
# split, and never leave their clip. ``check_leaks`` tells who is on both sides of a split:

from sersk import check_leaks

train, test = next(folds.split(corpus.data, y))
leaks = check_leaks(corpus.data, y, speakers, folds=[(train, test)], near_duplicates=False)
print(len(leaks), "leaks, the first:", str(leaks[0])[:150])
