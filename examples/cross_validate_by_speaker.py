"""
Cross-validate by speaker
=========================

Every speaker is tested once, with a network that was trained on other speakers. Early stopping uses
held-out training speakers.

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
    epochs=4,
    model__filters=(8, 16),
    model__dense_units=(32,),
    model__dropout=0.0,
    model__dense_dropout=0.0,
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
# Mean and spread. With few speakers the spread is large.

for name in ("UAR", "accuracy"):
    scores = result[f"test_{name}"]
    print(f"{name}: {scores.mean():.2f} +- {scores.std():.2f} (chance 0.33)")
