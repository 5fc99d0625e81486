"""
Cross-validate by speaker
=========================

Every speaker is tested once, with a network that was trained on other speakers. Early stopping uses
held-out training speakers. With few clips we recommend ``preset="functionals"`` before a network; a
network shows here which speakers each part sees.

The clips are synthetic babble, made by a program: the scores say nothing about speech.
"""

# %%
# With metadata routing, ``groups`` are passed to all that request them: splitter and classifier.

import sklearn
from sklearn.model_selection import StratifiedGroupKFold, cross_validate

from sersk import MelSpectrogramTransformer, make_emotional_speech, make_ser_pipeline

sklearn.set_config(enable_metadata_routing=True)

corpus = make_emotional_speech(
    n_speakers=6, n_repetitions=3, emotions=("anger", "fear", "sad"), random_state=0
)
pipeline = make_ser_pipeline(
    features=MelSpectrogramTransformer(n_mels=64),
    augmentation=False,
    duration=2.0,
    epochs=10,
    batch_size=8,
    model__filters=(8, 16),
    model__dense_units=(),
    random_state=0,
)
result = cross_validate(
    pipeline,
    corpus.data,
    corpus.target,
    cv=StratifiedGroupKFold(n_splits=3),
    scoring={"UAR": "balanced_accuracy", "accuracy": "accuracy"},
    params={"groups": corpus.groups},
    return_estimator=True,
    return_indices=True,
)

# %%
# The speakers of each part: no speaker is in two parts of a fold.

for fold, fitted in enumerate(result["estimator"]):
    train, test = result["indices"]["train"][fold], result["indices"]["test"][fold]
    validation = train[fitted[-1].validation_indices_]
    print(f"fold {fold}")
    for part, clips in [
        ("trained on", sorted(set(train) - set(validation))),
        ("early stopping", validation),
        ("tested on", test),
    ]:
        print(f"  {part:15}", *sorted(set(corpus.groups[clips])))

# %%
# The same as a figure: a row for each fold, a column for each speaker.

import matplotlib.pyplot as plt
import numpy as np

names = np.unique(corpus.groups)
parts = np.zeros((3, len(names)))
for fold, fitted in enumerate(result["estimator"]):
    train, test = result["indices"]["train"][fold], result["indices"]["test"][fold]
    parts[fold, np.isin(names, corpus.groups[train[fitted[-1].validation_indices_]])] = 1
    parts[fold, np.isin(names, corpus.groups[test])] = 2
colors = ["#E8E8E8", "#56B4E9", "#D55E00"]
figure, ax = plt.subplots(figsize=(6.4, 2.6), layout="constrained")
for part, label in enumerate(["training", "early stopping", "test"]):
    rows, columns = np.nonzero(parts == part)
    ax.scatter(columns, rows, s=500, marker="s", color=colors[part], label=label)
ax.set_xticks(range(len(names)), [name.removeprefix("synthetic-") for name in names])
ax.set_yticks(range(3), ["fold 0", "fold 1", "fold 2"])
ax.set(xlabel="speaker", xlim=(-0.6, len(names) - 0.4), ylim=(2.6, -0.6))
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, labelspacing=1.6)
plt.show()

# %%
# Mean and standard deviation over folds. With few speakers the deviation is large.

for name in ("UAR", "accuracy"):
    scores = result[f"test_{name}"]
    print(f"{name}: {scores.mean():.2f} +- {scores.std(ddof=1):.2f} (chance 0.33)")
