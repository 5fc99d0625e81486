"""The models that come with sersk: trains them, scores them, and writes their files.

    SERSK_DATA=FOLDER python benchmarks/ready_models.py --cache FOLDER [--models ...]
        [--encoder FOLDER] [--output sersk/models]

Trained on RAVDESS, EmoDB and URDU, on the emotions that at least two of them have: of an emotion
of one corpus only, a model learns that corpus's microphone. Each corpus is normalised by its own
statistics. For `functionals`, one discriminant learns from all; shrinkage and temperature are
chosen on held-out corpora, because a user's recordings are of none of the three. For
`pretrained`, one learns from RAVDESS and EmoDB, another one from URDU, which lacks two of the
emotions (`CorpusDiscriminant`); they are chosen on held-out speakers. Which is better was seen on
corpora that were left out: on RAVDESS the second has a UAR of 61 in place of 32 with
`pretrained`; elsewhere, and with `functionals`, they differ by three points at most.

Each card has the scores of the same training on four fifths of the speakers, tested on the others,
and on two corpora, tested on the third. As in use, tested clips are normalised by the statistics
of all training clips.

Features are kept in the cache, so an interrupted run is resumed. Making them takes about half an
hour of processor time, all else some minutes. The same features give the same files to the bit on
one machine: one thread computes, and the date is fixed. Checksums of the files go to
``checksums.json`` beside them.
"""

import argparse
import json
import os
import zlib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from _common import RECORDINGS, track
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import Bunch
from threadpoolctl import threadpool_limits

from sersk import (
    CorpusDiscriminant,
    DiscriminantClassifier,
    FrontEnd,
    as_views,
    cross_corpus,
    evaluate_speaker_independent,
    load_audio_folder,
    load_emodb,
    load_ravdess,
    make_ser_pipeline,
    save_model,
)
from sersk.audio.truncation import measure_clips
from sersk.audio.unlike import FEWEST
from sersk.datasets import combine
from sersk.evaluation import EvaluationReport
from sersk.features.whisper.cache import checksums
from sersk.features.whisper.models import find_encoder
from sersk.metrics import expected_calibration_error
from sersk.models import READY_MODELS

EMOTIONS = ("anger", "disgust", "fear", "happy", "neutral", "sad")
EMOTIONS_OF_URDU = ("anger", "happy", "neutral", "sad")
NAMES = {"ravdess": "RAVDESS", "emodb": "EmoDB", "urdu": "URDU"}
DATE = "1795737600"  # 27 November 2026, in s since 1970
OUTPUT = Path(__file__).parents[1] / "sersk" / "models"
CLASSIFIERS = {"functionals": DiscriminantClassifier(), "pretrained": CorpusDiscriminant()}
LAYERS = [2, 3, 4]  # of the preset
N_FOLDS = 5
_CHUNK = 48  # clips, after which features are kept
_N_HEARD = 300  # clips at least, whose sound is measured, if there are as many

CARD = {
    "intended_use": (
        "A first answer on one's own recordings without any training; research on emotion in "
        "speech; a start for sersk adapt. It names the emotion that a voice portrays, as actors "
        "and listeners label it, in recordings of one person of some seconds."
    ),
    "limits": (
        "Actors spoke RAVDESS (English, North America) and EmoDB (German); URDU is from talk "
        "shows. All speakers are adults. On other languages, children, illness, far or noisy "
        "microphones, and unacted speech expect more errors than on the corpora that were left "
        "out, whose scores are below; on those already four to six of ten answers are wrong. "
        "Calm, boredom, surprise and mixed feelings are not among the labels: such a recording "
        "gets one of the six all the same. The probabilities of a clip are no measure of how "
        "strongly somebody feels."
    ),
    "not_for": (
        "No decision about a person: hiring, work, school, credit, insurance, health, police, "
        "borders. The EU AI Act prohibits emotion recognition at work and in education. No lie "
        "detection. Not without the consent of those who speak. No commercial use."
    ),
    "licence": (
        "CC BY-NC-SA 4.0, for research and other non-commercial use, because RAVDESS has this "
        "licence; see LICENSE.md beside the file."
    ),
}


class KeptFeatures(TransformerMixin, BaseEstimator):
    """The front end, computed before: views of each clip while fitting, the clean clip after.

    Parameters
    ----------
    name : str
        Name in `store`, so that copies share the features.
    """

    store: ClassVar[dict[str, dict[str, NDArray[np.float32]]]] = {}

    def __init__(self, name: str) -> None:
        self.name = name

    def fit_transform(self, X: Any, y: Any = None) -> NDArray[np.float32]:
        """Return all views of clips, (n_clips, n_views, n_features)."""
        return as_views(np.stack([self.store[self.name][str(path)] for path in X]))

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the clean clips, (n_clips, n_features)."""
        return np.stack([self.store[self.name][str(path)][0] for path in X])

    def __sklearn_is_fitted__(self) -> bool:
        return True


class ByCorpus(DiscriminantClassifier):
    """A discriminant that chooses shrinkage and temperature on held-out corpora."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Any:
        """Fit; `groups` are speakers, whose names begin with their corpus."""
        corpora = None if groups is None else find_corpora_of(groups)
        return super().fit(X, y, sample_weight, corpora)


def find_corpora_of(speakers: Sequence[str]) -> NDArray[Any]:
    """Return the corpus of each speaker, of which there are several, or else the speakers."""
    found = np.array([str(speaker).partition("-")[0] for speaker in speakers])
    return found if len(set(found)) > 1 else np.asarray(speakers)


def load_corpora() -> list[Bunch]:
    urdu = load_audio_folder(
        RECORDINGS / "urdu", speaker=r"(S[MF]\d+)_", name="urdu", emotions=EMOTIONS_OF_URDU
    )
    urdu.licences = {"urdu": "for research"}
    return [
        load_ravdess(RECORDINGS / "ravdess", emotions=EMOTIONS),
        load_emodb(RECORDINGS / "emodb", emotions=EMOTIONS),
        urdu,
    ]


def find_features(frontend: Any, corpus: Bunch, cache: Path) -> dict[str, NDArray[np.float32]]:
    """Return the views of each clip, from the cache as far as they are there."""
    named = clone(frontend)
    if "features__model" in named.get_params():  # the same weights, wherever they are
        named.set_params(features__model="base")
    files = "\n".join(Path(path).name for path in corpus.data)
    # not of the repr, which leaves out the middle of a long one
    params = {name: value for name, value in named.get_params().items() if name != "steps"}
    key = zlib.crc32(f"{sorted(params.items())!r}\n{files}".encode())
    name = str(corpus.frame["corpus"].iloc[0])
    folder = cache / f"{name} {key:08x}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [str(path) for path in corpus.data]
    starts = range(0, len(paths), _CHUNK)
    found: dict[str, NDArray[np.float32]] = {}
    for start in track(starts, len(starts), f"Features of {name}"):
        file, part = folder / f"{start}.npy", paths[start : start + _CHUNK]
        if not file.exists():
            unfinished = file.with_suffix(".part.npy")
            np.save(unfinished, np.asarray(frontend.fit_transform(part)))
            unfinished.rename(file)
        found |= zip(part, np.load(file), strict=True)
    return found


def check_weights(folder: str) -> None:
    """Raise if a folder does not hold the published weights of Whisper base."""
    known = checksums("base")
    for name, tensor in find_encoder(folder).read(LAYERS).items():
        if name == "embed_positions.weight":  # sinusoids, which are computed
            continue
        if sha256(tensor.astype("<f2").tobytes()).hexdigest() != known[name]:
            raise ValueError(f"{folder}: {name} is not the published tensor of Whisper base.")


def fit(pipeline: Any, name: str, corpus: Bunch) -> Any:
    """Fit a pipeline whose front end's features are kept, as its own `fit` would."""
    normalizer, classifier = pipeline["normalizer"], pipeline["classifier"]
    views = KeptFeatures(name).fit_transform(corpus.data)
    normal = normalizer.fit_transform(views, groups=corpus.groups)
    by_corpus = not isinstance(classifier, CorpusDiscriminant)
    groups = find_corpora_of(corpus.groups) if by_corpus else corpus.groups
    classifier.fit(normal, corpus.target, groups=groups)
    frontend = pipeline["frontend"]
    frontend.fit_transform(corpus.data[:FEWEST])
    if hasattr(frontend, "training_sounds_"):
        # The range of views of clips from all corpora; their features were computed before.
        hearing = FrontEnd(frontend.steps[:-1])
        hearing.fit_transform(corpus.data[:: max(1, len(corpus.data) // _N_HEARD)])
        kept = {name: frontend.training_sounds_[name] for name in ("level_matters", "heard_after")}
        frontend.training_sounds_ = hearing.training_sounds_ | kept
    lengths = measure_clips(corpus.data, frontend.named_steps["loader"])
    frontend.longest_clip_ = float(np.fmax.reduce(lengths))
    return pipeline


def score(pipeline: Any, name: str, corpora: Sequence[Bunch], whole: Bunch) -> EvaluationReport:
    """Return the scores by speaker, with those of corpora that were left out as notes."""
    scored = clone(pipeline)
    scored.steps[0] = ("frontend", KeptFeatures(name))
    if not isinstance(scored["classifier"], CorpusDiscriminant):
        scored.steps[-1] = ("classifier", ByCorpus())
    about = {"check_data": False, "verbose": False}
    report = evaluate_speaker_independent(
        scored, whole.data, whole.target, whole.groups, cv=N_FOLDS, corpus=whole, **about
    )
    notes = [_tell_by_corpus(report), _tell_recalls("Recall on unseen speakers", report)]
    notes.append(_tell_calibration("Unseen speakers", report))
    if len(corpora) > 1:
        outcomes = {}
        for left_out in corpora:
            others = combine(*(corpus for corpus in corpora if corpus is not left_out))
            outcome = cross_corpus(scored, train=others, test=left_out, **about)
            outcomes[_name(left_out)] = outcome
            notes.append(_tell_left_out(_name(left_out), outcome))
        notes += [
            _tell_recalls(f"Recall on {known}, left out", outcome)
            for known, outcome in outcomes.items()
        ]
        notes += [_tell_calibration(f"{known}, left out", o) for known, o in outcomes.items()]
    return EvaluationReport(
        report.predictions,
        proba=report.proba,
        classes=report.classes,
        notes=notes,
        title=f"{N_FOLDS} folds by speaker over all corpora together",
        about=report.about,
    )


def _name(corpus: Bunch) -> str:
    name = str(corpus.frame["corpus"].iloc[0])
    return NAMES.get(name, name)


def _tell_by_corpus(report: EvaluationReport) -> str:
    rows = report.predictions
    of = rows["speaker"].map(lambda speaker: str(speaker).partition("-")[0])
    told = []
    for name in of.unique():
        part = rows[of == name]
        uar = part["y_pred"].eq(part["y_true"]).groupby(part["y_true"]).mean()
        told.append(f"{NAMES.get(name, name)} {uar.mean():.3f} ({len(uar)} emotions)")
    return f"UAR on unseen speakers of each corpus: {', '.join(told)}."


def _tell_left_out(name: str, report: EvaluationReport) -> str:
    low, high = report.intervals["uar"]
    n = len(set(report.predictions["y_true"]))
    return (
        f"UAR on {name}, left out of the training with its speakers, microphones and language: "
        f"{report.uar:.3f} (95 % interval {low:.3f} to {high:.3f}; {n} emotions, chance "
        f"{1 / n:.3f})."
    )


def _tell_recalls(what: str, report: EvaluationReport) -> str:
    found = report.by_class[report.by_class["support"] > 0]["recall"]
    return f"{what}: {', '.join(f'{label} {value:.2f}' for label, value in found.items())}."


def _tell_calibration(what: str, report: EvaluationReport) -> str:
    proba = np.asarray(report.proba)
    truth = report.predictions["y_true"].to_numpy()
    error = expected_calibration_error(truth, proba, classes=report.classes)
    return (
        f"{what}: mean probability of the answers {proba.max(axis=1).mean():.2f}, right "
        f"{report.accuracy:.2f}, calibration error {error:.2f}."
    )


def make_model(
    pipeline: Any,
    name: str,
    corpora: Sequence[Bunch],
    cache: Path,
    output: Path,
    *,
    encoder: str | None = None,
) -> Path:
    """Train, score and write one model.

    Parameters
    ----------
    pipeline : Pipeline
        As `make_ser_pipeline` makes it, with ``normalization="corpus"``.
    name : str
        Name of the model, and of its file.
    corpora : sequence of Bunch
        The corpora.
    cache, output : pathlib.Path
        Folders of features and of the file.
    encoder : str or None, default=None
        Folder with the weights that the file names as "base".

    Returns
    -------
    file : pathlib.Path
        The file.
    """
    whole = combine(*corpora) if len(corpora) > 1 else corpora[0]
    whole.licences = {k: v for corpus in corpora for k, v in corpus.get("licences", {}).items()}
    if encoder is not None:
        check_weights(encoder)
        pipeline.set_params(frontend__features__model=encoder)
    kept: dict[str, NDArray[np.float32]] = {}
    for corpus in corpora:
        kept |= find_features(pipeline["frontend"], corpus, cache)
    KeptFeatures.store[name] = kept
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = DATE
    try:
        with threadpool_limits(1):
            report = score(pipeline, name, corpora, whole)
            fit(pipeline, name, whole)
            if encoder is not None:
                pipeline.set_params(frontend__features__model="base")
            file = output / f"{name}.sersk"
            return save_model(pipeline, file, corpus=whole, report=report, card=CARD)
    finally:
        os.environ.pop("SOURCE_DATE_EPOCH")
        if before is not None:
            os.environ["SOURCE_DATE_EPOCH"] = before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=READY_MODELS, default=list(READY_MODELS))
    parser.add_argument("--cache", type=Path, required=True, help="folder for features, 0.2 GB")
    parser.add_argument("--encoder", metavar="FOLDER", help="of Whisper base, not downloaded")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    args = parser.parse_args()
    corpora = load_corpora()
    args.output.mkdir(parents=True, exist_ok=True)
    listed = args.output / "checksums.json"
    for name in args.models:
        pipeline = make_ser_pipeline(
            preset=name,
            classifier=CLASSIFIERS[name],
            normalization="corpus",
            random_state=0,
        )
        encoder = args.encoder if name == "pretrained" else None
        file = make_model(pipeline, name, corpora, args.cache, args.output, encoder=encoder)
        known = json.loads(listed.read_text(encoding="utf-8")) if listed.exists() else {}
        known[file.name] = sha256(file.read_bytes()).hexdigest()
        listed.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        print(f"{file}: {file.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
