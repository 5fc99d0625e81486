"""
See and tune the views of augmentation
======================================

In ``fit`` each clip gets augmented views; in ``predict`` it is not changed. Look
at the views, and listen to them, before you train on them.

The clips are synthetic babble, made by a program.
"""

# %%
# The published views: 1.2 times as fast, and two semitones higher. The faster one is shorter and
# is padded; the harmonics of the higher one are further apart.

import matplotlib.pyplot as plt

from sersk import AudioAugmenter, ViewsDisplay, WaveformDisplay, make_emotional_speech

corpus = make_emotional_speech(n_speakers=2, n_repetitions=1, emotions=("anger", "sad"))
clip = corpus.data[0]
ViewsDisplay.from_estimator(AudioAugmenter(), clip)
plt.show()

# %%
# For a range, a value is drawn for each clip. With a seed, the value depends only on the seed and
# the clip. The titles show the values.

augmenter = AudioAugmenter(
    time_stretch=(0.8, 1.25),
    pitch_shift=(-3, 3),
    noise_snr_db=(5, 20),
    time_shift=(-0.2, 0.2),
    random_state=0,
)
ViewsDisplay.from_estimator(augmenter, clip)
plt.show()

# %%
# All effects at once, in each of three extra views:

augmenter = AudioAugmenter(
    time_stretch=(0.9, 1.1),
    pitch_shift=(-2, 2),
    gain_db=(-6, 6),
    n_views=4,
    combine=True,
    random_state=0,
)
ViewsDisplay.from_estimator(augmenter, clip)
plt.show()

# %%
# The waveforms of the views. View 0 is the unchanged clip.

views = augmenter.fit_transform(corpus.data)
print("clips, views, samples:", views.shape)
figure, axes = plt.subplots(4, figsize=(6.4, 6), sharex=True, sharey=True, layout="constrained")
for number, ax in enumerate(axes):
    WaveformDisplay.from_clip(views[0, number], ax=ax)
    ax.set_title(f"view {number}", loc="left", fontsize="medium")
    ax.set_ylabel("")
    if number < 3:
        ax.set_xlabel("")
plt.show()

# %%
# The views of a whole pipeline are drawn with the features of the pipeline:

from sersk import make_ser_pipeline

pipeline = make_ser_pipeline(features="mfcc", augmentation=augmenter, duration=2.0)
ViewsDisplay.from_estimator(pipeline, clip)
plt.show()
