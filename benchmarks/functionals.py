"""The UAR of each group of functionals, and the time of functionals and pitch.

    python benchmarks/functionals.py [--clips 24] [--repetitions 5] [--cache FOLDER]

UAR on RAVDESS of a linear discriminant with all groups, without each group, and with each group
only: means over the inner splits by speaker within the training speakers of
``benchmarks/classical.py``, so that no test fold is used. Then the time of each transformer on one
thread.
"""

import argparse
from pathlib import Path

import numpy as np
from _common import make_clips, print_table, spread, time_interleaved, track
from classical import CLASSIFIERS, N_INNER_FOLDS, ROOT, Machine, load, load_features
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from sersk import FunctionalsTransformer, MelSpectrogramTransformer, PitchTransformer

GROUPS = FunctionalsTransformer().groups


def measure_groups(cache: Path) -> list[list[str]]:
    corpus = load("ravdess")
    X = load_features(corpus, "functionals", cache)
    group = np.concatenate(
        [
            np.full(len(FunctionalsTransformer(groups=[name]).get_feature_names_out()), name)
            for name in GROUPS
        ]
    )
    delta = np.array(
        ["_delta" in name for name in FunctionalsTransformer().get_feature_names_out()]
    )
    columns = {"all": group != "", "all without slopes in time": ~delta}
    columns |= {f"all but {name}": group != name for name in GROUPS}
    columns |= {f"{name} alone": group == name for name in GROUPS}
    parameters = CLASSIFIERS["lda"]
    rows = []
    for name in track(columns, len(columns), "Groups"):
        scores = []
        for fold in range(4):
            train = np.flatnonzero(corpus.fold != fold)
            inner = GroupKFold(N_INNER_FOLDS).split(train, groups=corpus.speakers[train])
            for fit, validation in ((train[part] for part in parts) for parts in inner):
                machine = Machine("lda", X[fit][:, columns[name]], corpus.y[fit])
                predictions = machine.predict(parameters, X[validation][:, columns[name]])
                scores.append(
                    [balanced_accuracy_score(corpus.y[validation], p) for p in predictions]
                )
        mean = 100 * np.mean(scores, axis=0)
        best = mean.argmax()
        deviation = 100 * np.std(scores, axis=0)[best]
        rows.append(
            [
                name,
                str(np.count_nonzero(columns[name])),
                f"{mean[best]:.1f} ± {deviation:.1f}",
                f"{parameters[best]:.1f}",
            ]
        )
    return rows


def measure_time(n_clips: int, repetitions: int) -> list[list[str]]:
    X, _ = make_clips(n_clips)
    transformers = (MelSpectrogramTransformer(), PitchTransformer(), FunctionalsTransformer())
    tasks = {type(part).__name__: lambda part=part: part.transform(X) for part in transformers}
    with threadpool_limits(1):
        times = time_interleaved(tasks, repetitions)
    return [[f"`{name}`", spread(seconds, n_clips / 1000)] for name, seconds in times.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=ROOT / "benchmarks" / ".cache")
    args = parser.parse_args()
    print_table(["transformer", "ms a clip of 4 s"], measure_time(args.clips, args.repetitions))
    print()
    print_table(["groups", "features", "inner UAR", "shrinkage"], measure_groups(args.cache))


if __name__ == "__main__":
    main()
