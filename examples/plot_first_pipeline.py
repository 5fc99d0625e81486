"""
A first pipeline
================

Train on some speakers, predict the emotions of others, and see which emotions are confused.

The clips are synthetic babble, made by a program: they show how the parts are used together, and
say nothing about speech.
"""

# %%
# A corpus: waveforms, emotions and speakers.

from sersk import make_emotional_speech

corpus = make_emotional_speech(
    n_speakers=6, n_repetitions=4, emotions=("anger", "fear", "sad"), random_state=0
)
print(corpus.frame.groupby("emotion")[["f0_hz", "level_db", "syllable_rate_hz"]].mean().round(1))

# %%
# Two speakers are held out for the test. A random split would put every speaker on both sides.

from sklearn.model_selection import GroupShuffleSplit

split = GroupShuffleSplit(n_splits=1, test_size=2, random_state=0)
train, test = next(split.split(corpus.data, corpus.target, corpus.groups))

# %%
# The published pipeline, small enough to train within a minute. In ``fit`` each clip also gets a
# faster and a higher view; in ``predict`` it is not changed. With few clips we recommend
# ``make_ser_pipeline(preset="functionals")``, which has no training curves to look at.

from sersk import MelSpectrogramTransformer, make_ser_pipeline

pipeline = make_ser_pipeline(
    features=MelSpectrogramTransformer(n_mels=64),
    duration=2.0,
    epochs=8,
    model__filters=(8, 16),
    model__dense_units=(32,),
    n_jobs=2,
    random_state=0,
)
pipeline.fit(corpus.data[train], corpus.target[train], classifier__groups=corpus.groups[train])

# %%
# Training curves. Validation uses held-out training speakers.

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
display.ax_.set_title("Synthetic babble, unseen speakers")
plt.show()
