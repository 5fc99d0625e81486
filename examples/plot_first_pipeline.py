"""
A first pipeline
================

Train on some speakers, predict the emotions of others, and look at what is taken for what.

The clips are synthetic babble, made by a program: they show how the parts fit together, and say
nothing of speech.
"""

# %%
# A corpus: waveforms, emotions, and who speaks.

from sersk import make_emotional_speech

corpus = make_emotional_speech(
    n_speakers=6, n_repetitions=4, emotions=("anger", "fear", "sad"), random_state=0
)
print(corpus.frame.groupby("emotion")[["f0_hz", "level_db", "syllable_rate_hz"]].mean().round(1))

# %%
# Two speakers are kept for the test. A random split would put every voice on both sides.

from sklearn.model_selection import GroupShuffleSplit

split = GroupShuffleSplit(n_splits=1, test_size=2, random_state=0)
train, test = next(split.split(corpus.data, corpus.target, corpus.groups))

# %%
# The published pipeline, made small enough for a minute. While fitting, each clip also gets a
# faster and a higher view; while predicting, it is what it is.

from sersk import MelSpectrogramTransformer, make_ser_pipeline

pipeline = make_ser_pipeline(
    features=MelSpectrogramTransformer(n_mels=64),
    duration=2.0,
    epochs=8,
    model__filters=(8, 16),
    model__dense_units=(32,),
    model__dropout=0.0,
    model__dense_dropout=0.0,
    n_jobs=2,
    random_state=0,
)
pipeline.fit(corpus.data[train], corpus.target[train], classifier__groups=corpus.groups[train])

# %%
# How training went. Validation is on voices that training does not hear.

import matplotlib.pyplot as plt

from sersk import ConfusionDisplay, TrainingDisplay

TrainingDisplay.from_estimator(pipeline)
plt.show()

# %%
# Unweighted average recall, and the confusion matrix.

from sklearn.metrics import balanced_accuracy_score

predicted = pipeline.predict(corpus.data[test])
print(f"UAR {balanced_accuracy_score(corpus.target[test], predicted):.2f}, chance 0.33")
display = ConfusionDisplay.from_predictions(corpus.target[test], predicted)
display.ax_.set_title("Synthetic babble, unseen voices")
plt.show()
