"""How much the level of a recording changes its label.

    python benchmarks/level.py

RAVDESS with all eight emotions, the first of the folds of ``benchmarks/classical.py`` (12 speakers
to train on, 4 to test), ``make_ser_pipeline(preset="functionals", random_state=0)``. The test clips
are predicted as recorded, and with their samples multiplied by 0.1 and 0.01: 20 and 40 dB softer,
as with another gain of the microphone. Prints for each gain the share of labels that change, and
the UAR. A few minutes on two cores.
"""

import numpy as np
from classical import load
from sklearn.metrics import balanced_accuracy_score

from sersk import make_ser_pipeline
from sersk.audio import read_sound

GAINS = (1.0, 0.1, 0.01)


def main() -> None:
    """Fit once, and predict the test clips at each gain."""
    corpus = load("ravdess")
    test = corpus.fold == 0
    pipeline = make_ser_pipeline(preset="functionals", n_jobs=-1, random_state=0)
    pipeline.fit(corpus.paths[~test], corpus.y[~test], classifier__groups=corpus.speakers[~test])
    rate = pipeline["frontend"].named_steps["loader"].sample_rate
    clips = [read_sound(path, sample_rate=rate)[0] for path in corpus.paths[test]]
    recorded = pipeline.predict(clips)
    print(f"{len(clips)} test clips\n gain  labels that change    UAR")
    for gain in GAINS:
        labels = pipeline.predict([np.float32(gain) * clip for clip in clips])
        changed = np.mean(labels != recorded)
        uar = balanced_accuracy_score(corpus.y[test], labels)
        print(f"{gain:5g}  {changed:18.1%}  {uar:.3f}", flush=True)


if __name__ == "__main__":
    main()
