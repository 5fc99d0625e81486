"""Recalibrated batch normalisation: what it gains, how many clips it needs, what it costs.

    python benchmarks/recalibration.py [--seeds 3] [--epochs 8] [--cost]

RAVDESS, eight emotions, no augmentation: actors 03 to 10 train (one or two of them validate),
actors 01, 11, 20 and 21 test. The CNN has a quarter of the published filters and units, and the
published dropout. Three tables:

- when the statistics are estimated: never (moving averages, as published), once after training,
  or after each epoch, before it is validated;
- how many clips: the statistics of one trained network are estimated on ten random draws of n
  clips; UAR and loss, mean over seeds, and the standard deviation (ddof=1) between draws;
- the share of the time of an epoch, for the published network at full size on random features.

``--cost`` makes only the last table, without recordings.
"""

import argparse
import time
from collections import defaultdict
from unittest import mock

import keras
import numpy as np
from _common import RECORDINGS, print_table
from sklearn.metrics import balanced_accuracy_score, log_loss

from sersk import SpeechEmotionClassifier, as_views, load_ravdess, make_ser_pipeline
from sersk.classifiers import recalibration

TRAIN = ("03", "04", "05", "07", "08", "09", "10")
TEST = ("01", "11", "20", "21")
NUMBERS = (32, 64, 128, 256)
N_DRAWS = 10
BATCH = 32


class _Clock(keras.callbacks.Callback):
    """Note when each epoch ends."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())


def load():
    corpus = load_ravdess(RECORDINGS / "ravdess")
    actor = np.array([speaker[-2:] for speaker in corpus.groups])
    front_end = make_ser_pipeline(augmentation=False, offset=0.5, n_jobs=-1)["frontend"]
    used = np.isin(actor, TRAIN + TEST)
    X = front_end.fit_transform(corpus.data[used])
    return X, corpus.target[used], corpus.groups[used], np.isin(actor[used], TEST)


def fit(X, y, groups, epochs: int, seed: int, recalibrate: bool) -> SpeechEmotionClassifier:
    return SpeechEmotionClassifier(
        epochs=epochs,
        random_state=seed,
        recalibrate_norm=recalibrate,
        model__filters=(16, 32, 64, 128),
        model__dense_units=(128, 64),
    ).fit(X, y, groups=groups)


def estimate(classifier: SpeechEmotionClassifier, clips: np.ndarray) -> None:
    n_batches = max(1, round(len(clips) / BATCH))
    recalibration.estimate_statistics(classifier.model_, np.array_split(clips, n_batches))


def measure(args: argparse.Namespace) -> None:
    X, y, groups, test = load()
    train_X, train_y = X[~test], y[~test]
    when, number = defaultdict(list), defaultdict(list)

    def score(classifier, part_X, part_y) -> float:
        return balanced_accuracy_score(part_y, classifier.predict(part_X))

    def add(name, classifier, learned) -> None:
        best = int(np.argmin(classifier.history_["val_loss"])) + 1
        row = (score(classifier, X[test], y[test]), score(classifier, *learned), best)
        when[name].append(row)
        print(f"{name}: test {row[0]:.3f}, training clips {row[1]:.3f}, epoch {best}", flush=True)

    for seed in range(args.seeds):
        for recalibrate in (False, True):
            model = fit(train_X, train_y, groups[~test], args.epochs, seed, recalibrate)
            held_out = model.validation_indices_
            learned = np.delete(train_X, held_out, axis=0), np.delete(train_y, held_out)
            add("after each epoch" if recalibrate else "never", model, learned)
            if not recalibrate:
                estimate(model, learned[0])
                add("once after training", model, learned)
        for n_clips in (*NUMBERS, len(learned[0])):
            rows = []
            for draw in range(N_DRAWS):
                rng = np.random.default_rng(draw)
                estimate(model, rng.permutation(learned[0])[:n_clips])
                proba = model.predict_proba(train_X[held_out])
                uar = score(model, train_X[held_out], train_y[held_out])
                loss = log_loss(train_y[held_out], proba, labels=model.classes_)
                rows.append((uar, loss, score(model, X[test], y[test])))
            number[n_clips].append(rows)
    print()
    print_table(
        ["statistics estimated", "UAR, test actors", "UAR, training clips", "best epoch"],
        [[name, *map(mean_and_spread, np.transpose(rows))] for name, rows in when.items()],
    )
    print()
    print_table(
        ["clips", "validation UAR", "validation loss", "test UAR"],
        [
            [str(n_clips), *map(between_draws, np.moveaxis(rows, 2, 0))]
            for n_clips, rows in number.items()
        ],
    )


def mean_and_spread(values: np.ndarray) -> str:
    return (
        f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"
        if len(values) > 1
        else f"{values[0]:.3f}"
    )


def between_draws(values: np.ndarray) -> str:
    """Return the mean, and the standard deviation between draws, averaged over seeds."""
    return f"{values.mean():.3f} ± {values.std(axis=1, ddof=1).mean():.3f}"


def measure_cost() -> None:
    """Print the share of the time of an epoch that recalibration takes."""
    rng = np.random.default_rng(0)
    rows = []
    for n_clips, n_views in ((96, 1), (480, 1), (320, 3)):
        views = as_views(rng.standard_normal((n_clips, n_views, 128, 173), dtype=np.float32))
        y = np.resize(("anger", "happy", "neutral", "sad"), n_clips)
        spent = []
        original = recalibration.estimate_statistics

        def timed(*args, original=original, spent=spent):
            begin = time.perf_counter()
            original(*args)
            spent.append(time.perf_counter() - begin)

        clock = _Clock()
        with mock.patch.object(recalibration, "estimate_statistics", timed):
            SpeechEmotionClassifier(
                epochs=3, validation_split=0, random_state=0, callbacks=[clock]
            ).fit(views, y)
        # without the first epoch, which traces the network
        share = sum(spent[1:]) / (clock.ends[-1] - clock.ends[0])
        rows.append([str(n_clips), str(n_views), f"{100 * share:.1f} %"])
        print(*rows[-1], flush=True)  # the rest takes a quarter of an hour
    print_table(["clips", "views", "share of an epoch"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--cost", action="store_true", help="only the cost")
    args = parser.parse_args()
    if not args.cost:
        measure(args)
        print()
    measure_cost()


if __name__ == "__main__":
    main()
