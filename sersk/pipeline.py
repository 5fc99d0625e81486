"""The whole system as one pipeline: by default the published one; arguments replace its parts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from inspect import signature
from typing import Any

from joblib import Memory
from numpy.random import RandomState
from sklearn.base import BaseEstimator, clone
from sklearn.utils._pprint import _EstimatorPrettyPrinter

from sersk._utils.comparing import find_changes
from sersk._utils.seeding import set_seeds
from sersk._utils.suggest import suggest
from sersk.audio.loading import AudioLoader
from sersk.base.pipelines import ClipPipeline
from sersk.classifiers.choice import (
    check_choice,
    check_fit_for,
    default_features,
    make_classifier,
)
from sersk.features import FeatureNormalizer, SpeakerNormalizer, find_features
from sersk.frontend import FrontEnd
from sersk.presets import PRESETS

NORMALIZATIONS = ("clip", "corpus", "speaker")

# Parameters that are settings of a run and do not make another system.
_OF_A_RUN = ("callbacks", "chunk_size", "memory", "n_jobs", "random_state", "storage", "verbose")
_MOST_NAMED = 3


class Pipeline(ClipPipeline):
    """A pipeline of clips, whose repr begins with the preset that it is.

    It is that of scikit-learn, checks labels, speakers and weights before the first step runs, and
    can leave clips that cannot be read out of prediction (``on_error="nan"`` of the loader). After
    an interrupted `fit` it is not fitted, whichever step was interrupted.

    The preset is found by the parameters each time, so that `set_params` leaves no false statement.

    Parameters are those of `sklearn.pipeline.Pipeline`.

    See Also
    --------
    make_ser_pipeline : Makes such a pipeline.
    find_preset : Finds the preset.

    Examples
    --------
    >>> from sersk import make_ser_pipeline
    >>> print(repr(make_ser_pipeline()).splitlines()[0])
    Pipeline(  # the published system (preset 'published')
    >>> pipeline = make_ser_pipeline(preset="functionals").set_params(frontend__loader__duration=4)
    >>> print(repr(pipeline).splitlines()[0])
    Pipeline(  # preset 'functionals' but for frontend__loader__duration
    """

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        text = super().__repr__(N_CHAR_MAX)
        try:
            found = find_preset(self)
        except (TypeError, ValueError):  # steps that are no steps, which the repr has to show
            return text
        if found is None:
            return text
        begin = "Pipeline("
        return f"{begin}  # {_tell_preset(*found)}\n{' ' * len(begin)}{text.removeprefix(begin)}"


# scikit-learn breaks the lines of an estimator, also inside of another one, by its class's repr.
_EstimatorPrettyPrinter._dispatch[Pipeline.__repr__] = _EstimatorPrettyPrinter._pprint_estimator


def find_preset(pipeline: Any) -> tuple[str, dict[str, Any]] | None:
    """Return which preset a pipeline is, and the parameters that differ from it.

    Parameters
    ----------
    pipeline : estimator
        A pipeline, fitted or not, or any other estimator.

    Returns
    -------
    preset : (str, dict of str to object) or None
        Name of the preset with the same classifier, or a base class of it, and features, and the
        parameters that are not the preset's, but for seeds, progress, storage and parallel work.
        None if there is none.

    Examples
    --------
    >>> from sersk import make_ser_pipeline
    >>> from sersk.pipeline import find_preset
    >>> find_preset(make_ser_pipeline(preset="functionals", n_jobs=2, random_state=0))
    ('functionals', {})
    >>> find_preset(make_ser_pipeline(preset="functionals", duration=4.0))
    ('functionals', {'frontend__loader__duration': 4.0})
    """
    parts = getattr(pipeline, "named_steps", {})
    classifier = parts.get("classifier")
    features = getattr(parts.get("frontend"), "named_steps", {}).get("features")
    for preset in PRESETS:
        # A network is made only for comparison with one: it imports TensorFlow.
        if preset == "published" and type(classifier).__name__ != "SpeechEmotionClassifier":
            continue
        usual = make_ser_pipeline(preset=preset)
        usual_features = usual["frontend"].named_steps["features"]
        if isinstance(classifier, type(usual["classifier"])) and (
            type(features) is type(usual_features)
        ):
            return preset, find_changes(pipeline, usual, _OF_A_RUN)
    return None


def _tell_preset(preset: str, changes: dict[str, Any]) -> str:
    if preset == "published" and not changes:
        return "the published system (preset 'published')"
    named = ", ".join(list(changes)[:_MOST_NAMED])
    more = f" and {len(changes) - _MOST_NAMED} more" if len(changes) > _MOST_NAMED else ""
    return f"preset {preset!r}" + (f" but for {named}{more}" if changes else "")


def make_ser_pipeline(
    classifier: Any = None,
    *,
    preset: str = "published",
    features: str | BaseEstimator | None = None,
    normalization: str | None = "clip",
    augmentation: bool | BaseEstimator = True,
    denoiser: BaseEstimator | None = None,
    sample_rate: int = 22050,
    duration: float | None = None,
    offset: float = 0.0,
    on_error: str = "raise",
    epochs: int | None = None,
    memory: str | os.PathLike[str] | Memory | None = None,
    storage: str | os.PathLike[str] | None = None,
    n_jobs: int | None = None,
    random_state: int | RandomState | None = None,
    verbose: int | bool | None = None,
    **classifier_params: Any,
) -> Pipeline:
    """Make a pipeline from clips to emotions; by default the published system.

    Parameters
    ----------
    classifier : str, callable, classifier or None, default=None
        The classifier:

        - the name of a network: "cnn", "cnn_lstm", "lstm" or "transformer";
        - "discriminant": linear discriminant analysis (`DiscriminantClassifier`), for features
          that are vectors;
        - a function that builds a network, as `SpeechEmotionClassifier` takes it;
        - an instance of any scikit-learn classifier, which is cloned. One that takes vectors
          only, such as ``SVC()``, is put into a `VectorClassifier`.

        None takes the preset's.
    preset : {"published", "functionals", "pretrained"}, default="published"
        Values of the arguments that are not given. "published": the CNN on mel spectrograms of
        clips of 4 s, with two further views of each clip, faster and higher. "functionals":
        linear discriminant analysis on functionals of clips of up to 6 s, all at one level, with
        three further views: at other speeds (0.85 to 1.18), some of them in noise, babble or a
        room, by telephone or another microphone. It is trained in minutes and needs no TensorFlow.
        "pretrained": linear discriminant analysis on inner states of Whisper base
        (`WhisperEncoder`), with two such views. Its weights, 54 MB, are downloaded at the first
        `fit`; a folder with weights is set by ``frontend__features__model``.
    features : str, transformer or None, default=None
        The features: "mel", "mfcc", "chroma", "pitch" or "functionals"; or a transformer, such as
        a `FeatureStack`, which is cloned and set to `sample_rate`. None takes the preset's, or
        functionals for a classifier that takes vectors.
    normalization : {"clip", "corpus", "speaker"} or None, default="clip"
        The normalisation of features. "clip" leaves it to the features: mel spectrograms then
        have mean 0 and standard deviation 1 in each clip, as published, and lose its level.
        "corpus" and "speaker" normalise each band over the training clips of each corpus
        (`FeatureNormalizer`, which takes the speakers in `fit`), or over the clips of each
        speaker (`SpeakerNormalizer`, which needs speakers in prediction too). None normalises
        nothing. All but "clip" set the features' parameters ``normalization=None`` and, for mel,
        ``ref=1.0``.
    augmentation : bool or transformer, default=True
        Views of each clip while fitting: True for the preset's, False for none, or an
        `AudioAugmenter`.
    denoiser : transformer or None, default=None
        A step before the views are made, in training and prediction, such as a `HighPassFilter`
        or a `SpectralSubtraction`; it is cloned and set to `sample_rate`.
    sample_rate : int, default=22050
        Sample rate that clips are resampled to, in Hz.
    duration : float or None, default=None
        Length that clips are padded or cut to, in s. None takes the preset's.
    offset : float, default=0.0
        Length that is skipped at the beginning of each clip, in s. The published script skips
        0.5 s, which is silence in RAVDESS and speech in other corpora.
    on_error : {"raise", "nan"}, default="raise"
        What to do about clips to predict that cannot be read: raise one `AudioFileError` that names
        all of them, or predict the others and warn: the probabilities of a clip that cannot be read
        are NaN, its label is None. In training such clips are always an error.
    epochs : int or None, default=None
        Largest number of epochs of a network. None is 30.
    memory : str, path-like, joblib.Memory or None, default=None
        Folder for features of training clips, so that a search over networks computes them once.
        A clip is known by its path: empty the folder when files change. If it can't be written to,
        a warning says so, and nothing is kept.
    storage : str, path-like or None, default=None
        Folder for features that are larger than memory, see `FrontEnd`. They take half the space
        with ``pipeline.set_params(frontend__dtype="float16")``.
    n_jobs : int or None, default=None
        Number of chunks of clips that are processed in parallel. None means 1, -1 all processors.
        The result does not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seed of every part that has none: augmentation, training, any step that is passed in. An
        int is given to each of them, and results are then the same to the bit on one machine. A
        RandomState instance gives each an int of its own.
    verbose : int, bool or None, default=None
        Whether to show the progress of features and of training on stderr. None: on a terminal
        and in a notebook, after two seconds; 0: never; 1: always; 2: also a line for each epoch.
    **classifier_params : dict
        Further parameters of `SpeechEmotionClassifier`, such as ``model__filters=(8, 16)`` or
        ``validation_split=0.2``, or of `DiscriminantClassifier`. An instance takes none.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        With the steps ``frontend`` (a `FrontEnd` with the steps ``loader``, ``denoiser``,
        ``augmenter`` and ``features``) and ``classifier``, and between them ``normalizer`` if
        `normalization` is "corpus" or "speaker". Parameters are searched by these names, for
        instance ``frontend__features__n_mels``. Its repr begins with the preset, and with the
        names of the parameters that are not the preset's: "the published system" without any.

    Raises
    ------
    TypeError
        If the classifier has no parameter of a name in `classifier_params`.
    ValueError
        If an argument has none of the values above, `epochs` is given for a classifier that has
        none, a network has no such hyperparameter, or the classifier does not take the features.

    Notes
    -----
    `X` is a sequence of paths, or of waveforms at `sample_rate`. Pass speakers to the splitter and
    to the classifier, so that training, validation and test share no speaker::

        pipeline.fit(paths, emotions, classifier__groups=speakers)

    Without arguments the pipeline is the published system. With some hundred clips,
    ``preset="functionals"`` is trained in minutes and more accurate on unseen speakers, and
    ``preset="pretrained"`` is more accurate still. A pipeline holds the name of pretrained weights,
    or their folder, never the weights.

    Examples
    --------
    >>> from sersk import make_emotional_speech, make_ser_pipeline
    >>> corpus = make_emotional_speech(n_speakers=3, n_repetitions=1, random_state=0)
    >>> pipeline = make_ser_pipeline(
    ...     duration=2.0, epochs=1, augmentation=False, model__filters=(4, 8), random_state=0
    ... )
    >>> pipeline.fit(corpus.data, corpus.target, classifier__groups=corpus.groups)
    Pipeline(...)
    >>> pipeline.predict_proba(corpus.data[:2]).shape
    (2, 6)

    Functionals with fewer views than by default:

    >>> from sersk import AudioAugmenter
    >>> pipeline = make_ser_pipeline(
    ...     preset="functionals", duration=2.0, augmentation=AudioAugmenter(), random_state=0
    ... )
    >>> pipeline.fit(corpus.data, corpus.target, classifier__groups=corpus.groups)
    Pipeline(...)
    >>> pipeline["classifier"].coef_.shape[0]
    6

    A scikit-learn classifier:

    >>> from sklearn.svm import SVC
    >>> make_ser_pipeline(SVC(C=2.0))["classifier"]
    VectorClassifier(estimator=SVC(C=2.0))
    """
    _check_one_of("preset", preset, PRESETS)
    _check_normalization(normalization)
    chosen = PRESETS[preset]
    classifier = chosen["classifier"] if classifier is None else classifier
    check_choice(classifier)
    feature_step = _make_features(
        default_features(classifier, chosen["features"]) if features is None else features,
        sample_rate,
        own_normalization=normalization == "clip",
    )
    check_fit_for(classifier, feature_step, preset if features is None else None)
    duration = chosen["duration"] if duration is None else duration
    if augmentation is True:
        augmentation = chosen["augmentation"]
    loader = AudioLoader(
        sample_rate=sample_rate, duration=duration, offset=offset, on_error=on_error
    )
    frontend = FrontEnd(
        [
            ("loader", loader),
            ("denoiser", _make_denoiser(denoiser, sample_rate)),
            ("augmenter", _make_augmenter(augmentation, sample_rate)),
            ("features", feature_step),
        ],
        n_jobs=n_jobs,
        storage=storage,
        verbose=verbose,
    )
    last = make_classifier(
        classifier,
        epochs=epochs,
        verbose=verbose,
        params=classifier_params,
        known=list(signature(make_ser_pipeline).parameters)[:-1],
    )
    steps = [("frontend", frontend), *_make_normalizer(normalization, storage)]
    kept = os.fspath(memory) if isinstance(memory, os.PathLike) else memory
    return set_seeds(Pipeline([*steps, ("classifier", last)], memory=kept), random_state)


def _check_one_of(name: str, value: Any, choices: Iterable[str], also: str = "") -> None:
    if not isinstance(value, str) or value not in choices:
        near = suggest(value, choices) if isinstance(value, str) else ""
        raise ValueError(
            f"make_ser_pipeline: {name}={value!r} is none of "
            f"{', '.join(map(repr, choices))}{also}{near or '.'}"
        )


def _check_normalization(normalization: str | None) -> None:
    if normalization == "level":
        raise ValueError(
            "make_ser_pipeline: normalization='level' is written None: features then keep the "
            "level of each clip."
        )
    if normalization is not None:
        _check_one_of("normalization", normalization, NORMALIZATIONS, also=" and None")


def _make_normalizer(normalization: str | None, storage: Any) -> list[tuple[str, BaseEstimator]]:
    if normalization == "corpus":
        return [("normalizer", FeatureNormalizer(storage=storage))]
    if normalization == "speaker":
        return [("normalizer", SpeakerNormalizer(storage=storage))]
    return []


def _make_features(features: Any, sample_rate: int, *, own_normalization: bool) -> BaseEstimator:
    if isinstance(features, str):
        known = find_features()
        _check_one_of("features", features, known, also=", nor a transformer of waveforms")
        features = known[features]()
    step = _at_sample_rate(features, sample_rate, "features")
    if own_normalization:
        return step
    # Also in parts of it. Normalisation of each clip would remove the differences between clips,
    # which the next step needs.
    off = {"normalization": None, "ref": 1.0}
    names = {key: key.rpartition("__")[2] for key in step.get_params()}
    return step.set_params(**{key: off[name] for key, name in names.items() if name in off})


def _make_augmenter(augmentation: bool | BaseEstimator, sample_rate: int) -> BaseEstimator | str:
    if augmentation is False:
        return "passthrough"
    return _at_sample_rate(augmentation, sample_rate, "augmentation")


def _make_denoiser(denoiser: BaseEstimator | None, sample_rate: int) -> BaseEstimator | str:
    # Always a step, so that a search can replace it: frontend__denoiser=[...].
    return "passthrough" if denoiser is None else _at_sample_rate(denoiser, sample_rate, "denoiser")


def _at_sample_rate(step: Any, sample_rate: int, name: str) -> BaseEstimator:
    if not hasattr(step, "fit_transform") or not hasattr(step, "get_params"):
        raise ValueError(
            f"make_ser_pipeline: {name}={step!r} is no transformer (an object with fit, transform "
            "and get_params)."
        )
    step = clone(step)
    # Also parts of it: a stack has no sample rate, but its features have.
    rates = [key for key in step.get_params() if key.rpartition("__")[2] == "sample_rate"]
    return step.set_params(**dict.fromkeys(rates, sample_rate))
