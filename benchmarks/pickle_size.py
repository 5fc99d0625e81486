"""Size of a saved classifier, without and with the optimizer's state.

    python benchmarks/pickle_size.py

Trains the published network for one step on random features, which takes some seconds.
"""

import pickle

import numpy as np
from _common import print_table

from sersk import SpeechEmotionClassifier


def main() -> None:
    rng = np.random.default_rng(0)
    y = np.array(["anger", "calm", "disgust", "fear", "happy", "neutral", "sad", "surprise"])
    X = rng.normal(size=(len(y), 128, 173)).astype(np.float32)
    classifier = SpeechEmotionClassifier(random_state=0).partial_fit(X, y)
    slim = len(pickle.dumps(classifier))
    whole = len(pickle.dumps(classifier.set_params(warm_start=True)))
    n_parameters = classifier.model_.count_params()
    print(f"The published network, {n_parameters / 1e6:.1f} million parameters\n")
    print_table(
        ["kept", "MB"],
        [
            ["architecture and weights", f"{slim / 1e6:.0f}"],
            ["the same and the optimizer's state (warm_start=True)", f"{whole / 1e6:.0f}"],
        ],
    )


if __name__ == "__main__":
    main()
