"""The whole system as one pipeline: the published one by default, each part by argument."""

import os
from typing import Any

from joblib import Memory
from numpy.random import RandomState
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from sersk._utils.seeding import set_seeds
from sersk.audio.augmentation import AudioAugmenter
from sersk.audio.loading import AudioLoader
from sersk.classifiers.discriminant import DiscriminantClassifier
from sersk.features import FeatureNormalizer, SpeakerNormalizer, find_features
from sersk.frontend import FrontEnd

# What an argument is that is not given. "recommended" is explained in docs/recommended.md.
PRESETS: dict[str, dict[str, Any]] = {
    "published": {
        "network": "cnn",
        "features": "mel",
        "augmentation": AudioAugmenter(),
        "duration": 4.0,
    },
    "functionals": {
        "network": "discriminant",
        "features": "functionals",
        # Smaller and larger people than are in the corpus.
        "augmentation": AudioAugmenter(
            time_stretch=None, pitch_shift=None, speed=(0.85, 1.18), n_views=4
        ),
        "duration": 6.0,  # padding costs little, and counts for nothing
    },
}


def make_ser_pipeline(
    network: Any = None,
    *,
    preset: str = "published",
    features: str | BaseEstimator | None = None,
    normalization: str | None = None,
    augmentation: bool | BaseEstimator = True,
    denoiser: BaseEstimator | None = None,
    sample_rate: int = 22050,
    duration: float | None = None,
    offset: float = 0.0,
    epochs: int | None = None,
    memory: str | Memory | None = None,
    storage: str | os.PathLike[str] | None = None,
    n_jobs: int | None = None,
    random_state: int | RandomState | None = None,
    verbose: int = 0,
    **classifier_params: Any,
) -> Pipeline:
    """Make a pipeline from clips to emotions; by default the published system.

    Parameters
    ----------
    network : str, callable or None, default=None
        The network, as `SpeechEmotionClassifier` takes it: "cnn", "cnn_lstm", "lstm",
        "transformer", or a function; or "discriminant", a `DiscriminantClassifier`, which needs
        features that are vectors, and no TensorFlow. None is the preset's.
    preset : {"published", "recommended"}, default="published"
        What the arguments are that are None or, of `augmentation`, True. "published" is the CNN
        on mel spectrograms of clips of 4 s, with a faster and a higher view of each.
        "recommended" is what did best here on speakers never heard, and is trained in minutes:
        a linear discriminant on functionals of the voice, of clips of up to 6 s, with three
        further views of each, from slower and lower (0.85) to faster and higher (1.18).
    features : str, transformer or None, default=None
        The features: "mel", "mfcc", "chroma", "pitch" or "functionals"; a transformer of your own,
        such as a `FeatureStack` of several, is cloned, and set to `sample_rate` where it or a part
        of it has such a parameter. None is the preset's.
    normalization : {"level", "corpus", "speaker"} or None, default=None
        None leaves normalisation to the features: mel spectrograms bring each clip to its own
        mean and standard deviation, as published, which takes its loudness away. The others turn
        that off (the features' parameters ``normalization=None`` and, for mel, ``ref=1.0``), so
        that clips keep their level: "level" as it is; "corpus" with mean 0 and standard
        deviation 1 of each band over the training clips (`FeatureNormalizer`); "speaker" over the
        clips of each speaker (`SpeakerNormalizer`, which needs speakers in prediction too).
    augmentation : bool or transformer, default=True
        True makes the preset's views while fitting (as published: time stretch by 1.2, pitch shift
        by 2 semitones), False none; an `AudioAugmenter` makes its own.
    denoiser : transformer or None, default=None
        What is done to clips before views are made, training or not, such as a `HighPassFilter`
        or a `SpectralSubtraction`; cloned, and set to `sample_rate` where it has such a
        parameter. None does nothing.
    sample_rate : int, default=22050
        Sample rate that clips are brought to, in Hz.
    duration : float or None, default=None
        Length that clips are padded or cut to, in s. None is the preset's.
    offset : float, default=0.0
        How much of the beginning of each clip to skip, in s. The published script skips 0.5 s,
        which is silence in RAVDESS and speech in other corpora.
    epochs : int or None, default=None
        Most passes over the training clips; None is 30. For networks only.
    memory : str, joblib.Memory or None, default=None
        Folder where features of training clips are kept, so that a search over networks makes
        them once. A clip is known by its path: empty the folder when files change.
    storage : str, path-like or None, default=None
        Folder for the features of one call where they are larger than memory, normalised ones
        too; see `FrontEnd`.
        They halve with ``pipeline.set_params(frontend__dtype="float16")``.
    n_jobs : int or None, default=None
        Chunks of clips that are made into features at a time; None means 1, -1 as many as
        there are processors. It changes no result.
    random_state : int, RandomState instance or None, default=None
        Seed of every part that draws and has no seed of its own: augmentation, training, and any
        step that is passed in. With an int, which each of them is given, results are the same to
        the bit on one machine. A RandomState instance gives each an int of its own.
    verbose : int, default=0
        Whether to show progress: of features on stderr, of training epoch by epoch.
    **classifier_params : dict
        Further parameters of `SpeechEmotionClassifier`, such as ``model__filters=(8, 16)`` or
        ``validation_split=0.2``; with "discriminant" those of `DiscriminantClassifier`.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        With the steps ``frontend`` (a `FrontEnd` with the steps ``loader``, ``denoiser``,
        ``augmenter`` and ``features``) and ``classifier``, and between them ``normalizer`` where
        `normalization` is "corpus" or "speaker". Parameters are searched by these names, for
        instance ``frontend__features__n_mels``.

    Raises
    ------
    ValueError
        If `preset`, `features`, `normalization`, `augmentation` or `denoiser` is none of the
        above, `epochs` is given for a classifier that has none, or the network is "discriminant"
        and the features have an axis of time.

    Notes
    -----
    X is a sequence of paths, or of waveforms at `sample_rate`. Give speakers to the splitter and
    to the classifier, and nobody is heard in training and test, or training and validation::

        pipeline.fit(paths, emotions, classifier__groups=speakers)

    The published network needs many clips or epochs before its inference follows its training
    (see `sersk.classifiers.networks.cnn`).

    Examples
    --------
    >>> from sersk import make_emotional_speech, make_ser_pipeline
    >>> corpus = make_emotional_speech(n_speakers=3, n_repetitions=2, random_state=0)
    >>> pipeline = make_ser_pipeline(
    ...     duration=2.0, epochs=1, augmentation=False, model__filters=(4, 8), random_state=0
    ... )
    >>> pipeline.fit(corpus.data, corpus.target, classifier__groups=corpus.groups)
    Pipeline(...)
    >>> pipeline.predict_proba(corpus.data[:2]).shape
    (2, 6)

    What we recommend, with fewer views than by default:

    >>> from sersk import AudioAugmenter
    >>> pipeline = make_ser_pipeline(
    ...     preset="functionals", duration=2.0, augmentation=AudioAugmenter(random_state=0)
    ... )
    >>> pipeline.fit(corpus.data, corpus.target, classifier__groups=corpus.groups)
    Pipeline(...)
    >>> pipeline["classifier"].coef_.shape[0]
    6
    """
    if preset not in PRESETS:
        raise ValueError(
            f"make_ser_pipeline: preset={preset!r}; it takes {' or '.join(map(repr, PRESETS))}."
        )
    chosen = PRESETS[preset]
    network = chosen["network"] if network is None else network
    features = chosen["features"] if features is None else features
    duration = chosen["duration"] if duration is None else duration
    if augmentation is True:
        augmentation = chosen["augmentation"]

    normalizer = _make_normalizer(normalization, storage)
    feature_step = _make_features(features, sample_rate, normalization)
    _check_fit_for(network, feature_step)
    loader = AudioLoader(sample_rate=sample_rate, duration=duration, offset=offset)
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
    classifier = _make_classifier(network, epochs, verbose, classifier_params)
    steps = [("frontend", frontend), *normalizer, ("classifier", classifier)]
    return set_seeds(Pipeline(steps, memory=memory), random_state)


def _make_classifier(
    network: Any, epochs: int | None, verbose: int, params: dict[str, Any]
) -> BaseEstimator:
    if isinstance(network, str) and network == "discriminant":
        if epochs is not None:
            raise ValueError(
                f"make_ser_pipeline: epochs={epochs}, but network='discriminant' is found in one "
                "step. Leave it out, or choose a network."
            )
        return DiscriminantClassifier(**params)
    # TensorFlow comes with the network, thus at the first one and not before.
    from sersk.classifiers.neural import SpeechEmotionClassifier

    return SpeechEmotionClassifier(
        network,
        epochs=30 if epochs is None else epochs,
        verbose=verbose,
        **params,
    )


def _check_fit_for(network: Any, features: BaseEstimator) -> None:
    """Refuse the discriminant on features that are known to have an axis of time."""
    with_time = getattr(features, "output_kind", None) == "frames"
    if isinstance(network, str) and network == "discriminant" and with_time:
        raise ValueError(
            "make_ser_pipeline: network='discriminant' takes vectors, but features="
            f"{type(features).__name__} gives features with an axis of time, which are for "
            "networks such as 'cnn'. Pass features='functionals', or another network."
        )


def _make_normalizer(normalization: str | None, storage: Any) -> list[tuple[str, BaseEstimator]]:
    choices: dict[str | None, list[tuple[str, BaseEstimator]]] = {
        None: [],
        "level": [],
        "corpus": [("normalizer", FeatureNormalizer(storage=storage))],
        "speaker": [("normalizer", SpeakerNormalizer(storage=storage))],
    }
    if normalization not in choices:
        raise ValueError(
            f"make_ser_pipeline: normalization={normalization!r}; it takes 'level', 'corpus', "
            "'speaker' or None (what the features do by themselves)."
        )
    return choices[normalization]


def _make_features(
    features: str | BaseEstimator, sample_rate: int, normalization: str | None
) -> BaseEstimator:
    step = _choose_features(features, sample_rate)
    if normalization is None:
        return step
    # Also in parts of it: what brings each clip to its own level would leave nothing to keep.
    keeping = {"normalization": None, "ref": 1.0}
    return step.set_params(
        **{
            key: keeping[name]
            for key in step.get_params()
            if (name := key.rpartition("__")[2]) in keeping
        }
    )


def _choose_features(features: str | BaseEstimator, sample_rate: int) -> BaseEstimator:
    if isinstance(features, str):
        known = find_features()
        if features not in known:
            raise ValueError(
                f"make_ser_pipeline: features={features!r}; it takes {', '.join(known)}, or a "
                "transformer from waveforms to features."
            )
        return _at_sample_rate(known[features](), sample_rate, "features")
    return _at_sample_rate(features, sample_rate, "features")


def _make_augmenter(augmentation: bool | BaseEstimator, sample_rate: int) -> BaseEstimator | str:
    if augmentation is False:
        return "passthrough"
    return _at_sample_rate(augmentation, sample_rate, "augmentation")


def _make_denoiser(denoiser: BaseEstimator | None, sample_rate: int) -> BaseEstimator | str:
    # A step in any case, so that a search can put one there: frontend__denoiser=[...].
    return "passthrough" if denoiser is None else _at_sample_rate(denoiser, sample_rate, "denoiser")


def _at_sample_rate(step: Any, sample_rate: int, name: str) -> BaseEstimator:
    if not hasattr(step, "fit_transform") or not hasattr(step, "get_params"):
        raise ValueError(
            f"make_ser_pipeline: {name}={step!r} is no transformer (an object with fit, transform "
            "and get_params)."
        )
    step = clone(step)
    # Also parts of it: a stack has no sample rate, but each of its features has.
    rates = [key for key in step.get_params() if key.rpartition("__")[2] == "sample_rate"]
    return step.set_params(**dict.fromkeys(rates, sample_rate))
