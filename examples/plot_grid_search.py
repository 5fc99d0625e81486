"""
Search features and network at once
===================================

scikit-learn's search finds every parameter of every step by its name. Speakers are passed to all
steps that request them, so that model selection uses held-out training speakers.

The clips are synthetic babble, made by a program: the scores say nothing about speech.
"""

# %%
# With metadata routing, ``groups`` reach the splitter and the classifier.

import sklearn
from sklearn.model_selection import GridSearchCV, GroupShuffleSplit

from sersk import MelSpectrogramTransformer, make_emotional_speech, make_ser_pipeline

sklearn.set_config(enable_metadata_routing=True)

corpus = make_emotional_speech(
    n_speakers=6, n_repetitions=4, emotions=("anger", "fear", "sad"), random_state=0
)
pipeline = make_ser_pipeline(
    features=MelSpectrogramTransformer(n_mels=32),
    augmentation=False,
    duration=2.0,
    epochs=10,
    batch_size=8,
    model__filters=(8,),
    model__dense_units=(),
    random_state=0,
)
pipeline

# %%
# Two choices of features and two of the network. One split keeps this short; with
# recordings, use ``StratifiedGroupKFold``.

search = GridSearchCV(
    pipeline,
    {
        "frontend__features__n_mels": [32, 64],
        "classifier__model__filters": [(8,), (8, 16)],
    },
    cv=GroupShuffleSplit(n_splits=1, test_size=0.34, random_state=0),
    scoring="balanced_accuracy",
)
search.fit(corpus.data, corpus.target, groups=corpus.groups)

import pandas as pd

columns = [name for name in search.cv_results_ if name.startswith("param_")]
table = pd.DataFrame(search.cv_results_)[[*columns, "mean_test_score", "rank_test_score"]]
table.columns = [name.rpartition("__")[2] for name in table.columns]
table

# %%
# The scores, and training curves of the best pipeline. Early stopping uses held-out speakers.

import matplotlib.pyplot as plt

from sersk import TrainingDisplay

figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
labels = [f"{row.filters}\n{row.n_mels} bands" for row in table.itertuples()]
axes[0].bar(labels, table["mean_test_score"], color="#009E73")
axes[0].axhline(1 / 3, color="#D55E00", linestyle="--", label="chance")
axes[0].set(ylabel="UAR on held-out speakers", xlabel="filters, bands", ylim=(0, 1.05))
axes[0].legend()
TrainingDisplay.from_estimator(search.best_estimator_, ax=axes[1])
plt.show()

# %%
# ``search.best_score_`` is optimistically biased, because it is the highest of several scores. For
# an estimate on unseen speakers, pass the search to ``evaluate_speaker_independent``. The names of
# all parameters that can be searched:

names = sorted(pipeline.get_params())
print(len(names), "parameters, for instance")
print("\n".join(name for name in names if "features__" in name))
