"""The effect of each choice of the functionals preset, on inner splits of training speakers.

    python benchmarks/ablation.py [--cache FOLDER] [--output FILE]

RAVDESS, eight emotions. Within the 12 training speakers of each fold of ``benchmarks/accuracy.py``
three inner splits by speaker: trained on eight speakers, scored on four, twelve splits in all. No
test fold is used. Each row of the table uses the best of a few shrinkages, so that no row depends
on the choice for another.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from _common import track
from accuracy import N_FOLDS
from classical import ROOT, Corpus, load, load_features
from numpy.typing import NDArray
from published_system import write_table
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sersk import AudioAugmenter, DiscriminantClassifier, as_views, make_ser_pipeline

VIEWS = {
    "speed": AudioAugmenter(
        time_stretch=None, pitch_shift=None, speed=(0.85, 1.18), n_views=8, random_state=0
    ),
    "vocoder": AudioAugmenter(
        time_stretch=(0.85, 1.2), pitch_shift=(-3.0, 3.0), combine=True, n_views=4, random_state=0
    ),
}
SHRINKAGES = (0.7, 0.8, 0.9)


def load_views(corpus: Corpus, name: str, cache: Path) -> NDArray[np.float32]:
    file = cache / f"ravdess_ablation_{name}_{len(corpus.paths)}.npy"
    if not file.exists():
        pipeline = make_ser_pipeline(
            preset="functionals", augmentation=VIEWS[name], n_jobs=-1, verbose=1
        )
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file.with_suffix(".part.npy"), pipeline["frontend"].fit_transform(corpus.paths))
        file.with_suffix(".part.npy").rename(file)
    X = np.load(file)
    return as_views(X) if X.ndim == 3 else X


def splits(corpus: Corpus) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    for fold in range(N_FOLDS["ravdess"]):
        known = np.flatnonzero(corpus.fold != fold)
        for train, test in GroupKFold(3).split(known, groups=corpus.speakers[known]):
            yield known[train], known[test]


def discriminant(shrinkage: float, **parameters: float | None) -> DiscriminantClassifier:
    return DiscriminantClassifier(shrinkage=shrinkage, temperature=1.0, **parameters)


def machine(C: float) -> object:
    return make_pipeline(StandardScaler(), SVC(kernel="linear", C=C, class_weight="balanced"))


def score(make: Callable, values: tuple, X: NDArray, corpus: Corpus) -> tuple[float, float, float]:
    """Return the best value, the mean of its UAR and its spread over splits."""
    found = {}
    for value in values:
        scores = []
        for train, test in splits(corpus):
            fitted = make(value).fit(X[train], corpus.y[train])
            clean = X[test] if X.ndim == 2 else X[test, 0]
            scores.append(balanced_accuracy_score(corpus.y[test], fitted.predict(clean)))
        found[value] = (100 * np.mean(scores), 100 * np.std(scores))
    best = max(found, key=lambda value: found[value][0])
    return best, *found[best]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=ROOT / "benchmarks" / ".cache")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "recommended.md")
    args = parser.parse_args()
    corpus = load("ravdess")
    views = {name: load_views(corpus, name, args.cache) for name in VIEWS}
    clean, speed = views["speed"][:, 0], views["speed"]
    choices = {
        "**the preset: 3 further views of another speed**": (as_views(speed[:, :4]), discriminant),
        "no further views": (clean, discriminant),
        "1 further view of another speed": (as_views(speed[:, :2]), discriminant),
        "7 further views of another speed": (as_views(speed), discriminant),
        "3 views stretched and shifted by the vocoder": (as_views(views["vocoder"]), discriminant),
        "outliers not clipped at 5 standard deviations": (
            as_views(speed[:, :4]),
            lambda shrinkage: discriminant(shrinkage, clip_value=None),
        ),
        "linear SVM, no further views": (clean, machine),
        "ComParE by openSMILE, discriminant, no views": (
            load_features(corpus, "compare", args.cache),
            discriminant,
        ),
    }
    rows = ["| choice | UAR, inner splits | best shrinkage or C |", "|---|---|---|"]
    for name, (X, make) in track(list(choices.items()), len(choices), "Scoring"):
        values = (1e-4, 3e-4, 1e-3) if make is machine else SHRINKAGES
        # the cost grows with the cube of the 6,373 features: fewer values
        values = (0.8, 0.9) if X.shape[-1] > 5000 else values
        best, mean, spread = score(make, values, X, corpus)
        rows.append(f"| {name} | {mean:.1f} ± {spread:.1f} | {best:g} |")
        print(rows[-1], flush=True)
    write_table("\n".join(rows), args.output)


if __name__ == "__main__":
    main()
