"""Training of the linear discriminant against a factorisation for each shrinkage.

    python benchmarks/discriminant.py [--clips 1200] [--views 4] [--features 2837] [--repetitions 3]
    python benchmarks/discriminant.py --memory --clips 12000

Synthetic vectors of 20 speakers with a spectrum like that of functionals. Both choose shrinkage and
temperature by speaker. The direct way forms the covariance of each split and of all clips, and
factorises it for each shrinkage. Processor time of one thread. With ``--memory`` one `fit` alone,
and the largest resident size of the process.
"""

import argparse
import resource
import time

import numpy as np
from _common import print_table, spread, time_interleaved
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from sersk import DiscriminantClassifier, as_views

N_CLASSES, N_SPEAKERS, N_FACTORS = 8, 20, 400


def make_vectors(n_clips: int, n_views: int, n_features: int) -> tuple[NDArray, NDArray, NDArray]:
    """Return views, labels and speakers."""
    rng = np.random.default_rng(0)
    clip = np.arange(n_clips)
    y, speakers = clip % N_CLASSES, clip // N_CLASSES % N_SPEAKERS
    decay = np.arange(1, N_FACTORS + 1, dtype=np.float32)[:, np.newaxis] ** -0.7
    loadings = rng.standard_normal((N_FACTORS, n_features), dtype=np.float32) * decay
    voices = rng.standard_normal((N_SPEAKERS, N_FACTORS), dtype=np.float32)
    emotions = 0.1 * rng.standard_normal((N_CLASSES, N_FACTORS), dtype=np.float32)
    factors = rng.standard_normal((n_clips, N_FACTORS), dtype=np.float32)
    factors += voices[speakers] + emotions[y]
    X = np.empty((n_clips, n_views, n_features), np.float32)
    for view in range(n_views):
        change = rng.standard_normal(factors.shape, dtype=np.float32) * (0.3 if view else 0)
        np.matmul(factors + change, loadings, out=X[:, view])
        X[:, view] += rng.standard_normal((n_clips, n_features), dtype=np.float32)
    return X, y, speakers


def solve_directly(X: NDArray, y: NDArray, shrinkages: list[float]) -> list[NDArray]:
    """Return the weights for each shrinkage, by a factorisation each."""
    mean, scale = X[:, 0].mean(axis=0, dtype=float), X[:, 0].std(axis=0, dtype=float)
    Z = np.clip((X - mean) / scale, -5, 5)
    means = np.stack([Z[y == k].mean(axis=(0, 1)) for k in range(N_CLASSES)])
    residuals = (Z - means[y][:, np.newaxis]).reshape(-1, Z.shape[-1])
    covariance = residuals.T @ residuals / len(residuals)
    weights = []
    for shrinkage in shrinkages:
        matrix = (1 - shrinkage) * covariance
        matrix.flat[:: len(matrix) + 1] += shrinkage * np.trace(covariance) / len(covariance)
        # the transpose is in the order that LAPACK takes without a copy
        factor = cho_factor(matrix.T, overwrite_a=True)
        weights.append(cho_solve(factor, means.T).T)
    return weights


def fit_directly(X: NDArray, y: NDArray, speakers: NDArray, classifier: object) -> NDArray:
    """Solve all that a cross-validation needs; return the weights for the chosen shrinkage."""
    for train, _ in StratifiedGroupKFold(4).split(y, y, speakers):
        solve_directly(X[train], y[train], list(classifier.shrinkage_scores_))
    return solve_directly(X, y, [classifier.shrinkage_])[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=1200)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--features", type=int, default=2837)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    args = parser.parse_args()
    X, y, speakers = make_vectors(args.clips, args.views, args.features)
    size = f"{args.clips * args.views:,} views x {args.features:,} features"
    with threadpool_limits(1):
        if args.memory:
            begin = time.process_time()
            DiscriminantClassifier().fit(as_views(X), y, groups=speakers)
            seconds = time.process_time() - begin
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            print(f"{size}: {seconds:.3g} s, {peak:.2f} GiB, of them {X.nbytes / 2**30:.2f} views")
            return
        classifier = DiscriminantClassifier()
        times = time_interleaved(
            {
                "`DiscriminantClassifier`": lambda: classifier.fit(as_views(X), y, groups=speakers),
                "a factorisation for each shrinkage": lambda: fit_directly(
                    X, y, speakers, classifier
                ),
            },
            args.repetitions,
            time.process_time,
        )
        direct = fit_directly(X, y, speakers, classifier)
    ours, theirs = times.values()
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    distance = np.abs(direct - classifier.coef_).max() / np.abs(direct).max()
    print(f"{size}, one thread, processor time, median and range of {args.repetitions}\n")
    print_table(["fit", "s"], [[name, spread(seconds)] for name, seconds in times.items()])
    print(f"\nratio: {spread(ratios)}; largest difference of the weights: {distance:.0e}")


if __name__ == "__main__":
    main()
