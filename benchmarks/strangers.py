"""Models on voices, microphones and languages of another corpus, raw and adapted.

    python benchmarks/strangers.py --cache FOLDER [--encoder FOLDER] [--features ...]
    python benchmarks/strangers.py --table

RAVDESS, EmoDB and URDU: two of them in training and the third as target, and each pair. Emotions
are those that the target shares with a training corpus. Of the target nothing is known but, where a
row says so, n of its clips, drawn at random: `sersk.adapt` then shifts mean and spread of the
features ("statistics"), makes all labels about equally frequent too ("offsets"), or also uses the
labels of these clips ("labels"). Those clips are not scored. Each score with n clips is the mean
over ten draws; with "all", each tenth of the target is scored by a model that was adapted on the
other nine. Intervals are over speakers of the target. "half" is how many times as often the more
confident half of the answers is right as all of them.

The classifier is `sersk.DiscriminantClassifier`, whose shrinkage is chosen within the training
corpora: on held-out speakers, or, in rows with "by corpus", on held-out corpora. Rows with "by
emotions" have a `sersk.CorpusDiscriminant`; without URDU as target only, because the other two then
have the same emotions, and it is the same classifier. "own" statistics are those of a
`sersk.FeatureNormalizer`, by which each training corpus is normalised by itself.

"pretrained" are blocks 2 to 4 of Whisper base, "functionals" those of the preset before it had one
level, "voice" the functionals without level and cepstra (groups pitch, spectrum and tempo). Two
views of each training clip, the second at another speed. "preset pretrained" and "preset
functionals" are the presets as they are, with their level and views; their features are those of
``benchmarks/ready_models.py``, from the same cache.

Features are kept in the cache. Rows are written to ``strangers.csv`` at once; after an interruption
the same command continues.
"""

import argparse
from dataclasses import asdict, dataclass, fields
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _common import track
from classical import ROOT, Corpus
from encoder_features import CORPORA, load_corpus, load_features, take
from encoders import NAMES, add_row
from numpy.typing import NDArray
from published_system import write_table
from ready_models import find_features, load_corpora
from sklearn.pipeline import make_pipeline

from sersk import (
    CorpusDiscriminant,
    DiscriminantClassifier,
    FeatureNormalizer,
    FunctionalsTransformer,
    adapt,
    as_views,
    make_ser_pipeline,
)
from sersk.metrics import bootstrap_by_speaker, risk_coverage, unweighted_average_recall

PRESETS = {"preset pretrained": "pretrained", "preset functionals": "functionals"}
FEATURES = (*PRESETS, "pretrained", "functionals", "voice")
VOICE = ("pitch", "spectrum", "tempo")
N_CLIPS = ("5", "10", "20", "50", "all")
ADAPTED = ("statistics", "offsets", "labels")
N_LABELLED = ("10", "20", "50")
N_DRAWS = 10
N_VIEWS = 2


@dataclass(frozen=True)
class Run:
    """The key of one fit."""

    features: str
    train: str  # names with + between
    target: str
    statistics: str  # "own" of each training corpus, or "pooled"
    chosen: str  # shrinkage on held-out speakers or corpora: "by speaker", "by corpus"
    classifier: str  # "one" discriminant, or one for each set of emotions: "by emotions"


KEY = [field.name for field in fields(Run)]


def plan(features: str) -> list[Run]:
    """Return the fits: two corpora in training first, then pairs."""
    runs = []
    kinds = [("own", "by speaker")]
    if features not in PRESETS:
        kinds += [("own", "by corpus"), ("pooled", "by speaker"), ("pooled", "by corpus")]
    for target in CORPORA:
        others = "+".join(name for name in CORPORA if name != target)
        runs += [Run(features, others, target, *kind, "one") for kind in kinds]
        if features in PRESETS and target != "urdu":
            runs.append(Run(features, others, target, *kinds[0], "by emotions"))
    if features not in PRESETS:
        pairs = permutations(CORPORA, 2)
        runs += [Run(features, *pair, "pooled", "by speaker", "one") for pair in pairs]
    return runs


class Data:
    """The three corpora with their features."""

    def __init__(self, features: str, cache: Path, folders: dict[str, str]) -> None:
        self.X = {}
        if features in PRESETS:
            self._load_preset(PRESETS[features], cache, folders)
            return
        self.corpora = {name: load_corpus(name) for name in CORPORA}
        kind = "base" if features == "pretrained" else "functionals"
        for name, corpus in self.corpora.items():
            found = load_features(corpus, kind, N_VIEWS, 0, cache, folders)
            if features == "pretrained":
                found = take(found, "base", [2, 3, 4], ["mean", "std"])
            if features == "voice":
                every = FunctionalsTransformer().get_feature_names_out().tolist()
                voice = FunctionalsTransformer(groups=VOICE).get_feature_names_out()
                found = found[:, :, [every.index(name) for name in voice]]
            self.X[name] = np.asarray(found)

    def _load_preset(self, preset: str, cache: Path, folders: dict[str, str]) -> None:
        frontend = make_ser_pipeline(preset=preset, random_state=0)["frontend"]
        if preset == "pretrained":
            frontend.set_params(features__model=folders["base"])
        self.corpora = {}
        for name, bunch in zip(CORPORA, load_corpora(), strict=True):
            found = find_features(frontend, bunch, cache)
            self.X[name] = np.stack([found[str(path)] for path in bunch.data])
            fold = np.zeros(len(bunch.data), np.intp)
            self.corpora[name] = Corpus(name, bunch.data, bunch.target, bunch.groups, fold)

    def emotions(self, names: list[str], target: str) -> set[str]:
        """Return the emotions that the target shares with the others."""
        known = {str(label) for name in names for label in self.corpora[name].y}
        return known & {str(label) for label in self.corpora[target].y}

    def join(self, names: list[str], emotions: set[str]) -> tuple[NDArray, NDArray, NDArray]:
        """Return views, labels and speakers of the clips with these emotions."""
        parts = []
        for name in names:
            corpus = self.corpora[name]
            kept = np.isin(corpus.y, sorted(emotions))
            speakers = [f"{name}-{str(s).split('-')[-1]}" for s in corpus.speakers[kept]]
            parts.append((self.X[name][kept], corpus.y[kept], np.array(speakers)))
        X, y, speakers = map(np.concatenate, zip(*parts, strict=True))
        return X, y, speakers


def fit(data: Data, run: Run, emotions: set[str]) -> Any:
    names = run.train.split("+")
    X, y, speakers = data.join(names, emotions)
    corpora = np.array([speaker.partition("-")[0] for speaker in speakers])
    classifier = DiscriminantClassifier() if run.classifier == "one" else CorpusDiscriminant()
    groups = {f"{type(classifier).__name__.lower()}__groups": speakers}
    if run.chosen == "by corpus":
        groups = {"discriminantclassifier__groups": corpora}
    if run.statistics == "own":
        groups["featurenormalizer__groups"] = speakers
        return make_pipeline(FeatureNormalizer(), classifier).fit(as_views(X), y, **groups)
    return make_pipeline(classifier).fit(as_views(X), y, **groups)


def score(model: Any, data: Data, target: str, emotions: set[str]) -> list[dict[str, object]]:
    """Return the scores of the target, raw and adapted."""
    views, y, speakers = data.join([target], emotions)
    X = np.ascontiguousarray(views[:, 0])
    about = y, speakers, model.classes_
    rows = [_row("0", "none", [(np.arange(len(y)), model.predict_proba(X))], *about)]
    for n, what in product(N_CLIPS, ADAPTED):
        if n == "all" and what == "labels":  # they would be those of a training
            continue
        outcomes = []
        for seed in range(N_DRAWS):
            order = np.random.default_rng(seed if n != "all" else 0).permutation(len(y))
            if n == "all":
                scored = np.sort(order[seed::N_DRAWS])
                used = np.setdiff1d(order, scored)
            else:
                used, scored = order[: int(n)], np.sort(order[int(n) :])
            labels = y[used] if what == "labels" else None
            adapted = adapt(model, X[used], labels, balance=what != "statistics")
            outcomes.append((scored, adapted.predict_proba(X[scored])))
        if n == "all":
            outcomes = [tuple(np.concatenate(parts) for parts in zip(*outcomes, strict=True))]
        rows.append(_row(n, what, outcomes, *about))
    return rows


def _row(
    n: str, adapted: str, outcomes: list[Any], y: NDArray, speakers: NDArray, classes: NDArray
) -> dict[str, object]:
    scores = [
        unweighted_average_recall(y[clips], classes[proba.argmax(axis=1)])
        for clips, proba in outcomes
    ]
    clips, proba = (np.concatenate(parts) for parts in zip(*outcomes, strict=True))
    predicted = classes[proba.argmax(axis=1)]
    low, high = bootstrap_by_speaker(y[clips], predicted, speakers[clips])["uar"]
    coverage, risk, _ = risk_coverage(y[clips], proba, classes=classes)
    half = int(np.argmax(coverage >= 0.5))
    return {
        "n_clips": n,
        "adapted": adapted,
        "uar": round(float(np.mean(scores)), 4),
        "std_of_draws": round(float(np.std(scores, ddof=1)), 4) if len(scores) > 1 else "",
        "low": round(low, 4),
        "high": round(high, 4),
        "accuracy": round(float(1 - risk[-1]), 4),
        "accuracy_of_half": round(float(1 - risk[half]), 4),
        "scored": len(outcomes[0][0]),
    }


def read_results(file: Path) -> pd.DataFrame:
    if not file.exists():
        return pd.DataFrame(columns=KEY)
    return pd.read_csv(file, dtype={"n_clips": str}, keep_default_na=False)


def run_all(features: list[str], file: Path, cache: Path, folders: dict[str, str]) -> None:
    for name in features:
        done = read_results(file)
        known = {Run(*row) for row in done[KEY].itertuples(index=False)}
        missing = [run for run in plan(name) if run not in known]
        if not missing:
            continue
        data = Data(name, cache, folders)
        for run in track(missing, len(missing), f"Fitting {name}"):
            emotions = data.emotions(run.train.split("+"), run.target)
            model = fit(data, run, emotions)
            shrinkage = round(model[-1].shrinkage_, 4)
            rows = score(model, data, run.target, emotions)
            facts = {"shrinkage": shrinkage, "emotions": len(emotions)}
            for row in rows:  # nothing slow is in between
                add_row(asdict(run) | facts | row, file)


def make_table(results: pd.DataFrame) -> str:
    """Return tables in Markdown: two corpora in training, then pairs."""
    lines = []
    two = results["train"].str.contains("+", regex=False)
    for title, part in (
        ("Two corpora in training, the third as target:", results[two]),
        ("One corpus in training, another as target:", results[~two]),
    ):
        head = ["features", "trained on", "target", "statistics", "discriminant", "shrinkage"]
        head += ["raw", "interval"]
        head += [*N_CLIPS, *(f"{n} labelled" for n in N_LABELLED), "half, raw", "half, 20"]
        lines += [title, "", _line(head), "|" + "---|" * len(head)]
        order = part.assign(
            _features=part["features"].map(FEATURES.index),
            _target=part["target"].map(CORPORA.index),
        ).sort_values(
            ["_features", "_target", "train", "statistics", "chosen", "classifier"], kind="stable"
        )
        for key, rows in order.groupby(KEY, sort=False):
            features, train, target, statistics, chosen, classifier = key
            raw = rows[rows["n_clips"] == "0"].iloc[0]
            names = " + ".join(NAMES[name] for name in train.split("+"))
            cells = [
                features,
                names,
                f"{NAMES[target]} ({raw['emotions']})",
                statistics if "+" in train else "-",
                classifier,
                f"{raw['shrinkage']:g}, {chosen}",
                f"{100 * raw['uar']:.1f}",
                f"{100 * raw['low']:.1f} to {100 * raw['high']:.1f}",
            ]
            for n in N_CLIPS:
                both = rows[rows["n_clips"] == n].set_index("adapted")["uar"]
                cells.append(f"{100 * both['statistics']:.1f} / {100 * both['offsets']:.1f}")
            labelled = rows[rows["adapted"] == "labels"].set_index("n_clips")["uar"]
            cells += [f"{100 * labelled[n]:.1f}" if n in labelled else "" for n in N_LABELLED]
            twenty = rows[(rows["n_clips"] == "20") & (rows["adapted"] == "offsets")].iloc[0]
            cells += [_gain(row) for row in (raw, twenty)]
            lines.append(_line(cells))
        lines.append("")
    return "\n".join(lines).rstrip()


def _gain(row: pd.Series) -> str:
    """Return how many times as often the more confident half is right; older rows don't tell."""
    half, whole = row.get("accuracy_of_half", ""), row.get("accuracy", "")
    return f"{float(half) / float(whole):.2f}" if half != "" else ""


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", nargs="+", choices=FEATURES, default=list(FEATURES))
    parser.add_argument("--cache", type=Path, help="folder for features, 1 GB")
    parser.add_argument("--encoder", default="base", help="folder with the weights of Whisper base")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--table", action="store_true", help="only rewrite the table")
    args = parser.parse_args()
    file = args.output / "strangers.csv"
    if not args.table:
        if args.cache is None:
            parser.error("--cache is needed: a folder outside of the repository")
        run_all(args.features, file, args.cache, {"base": args.encoder})
    table = make_table(read_results(file))
    write_table(table, args.output / "strangers.md")
    print(table)


if __name__ == "__main__":
    main()
