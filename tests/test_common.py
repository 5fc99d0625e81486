"""All estimators under scikit-learn's checks, and properties that all of them share.

A new estimator must be added to `INSTANCES`; otherwise a test fails.
"""

import atexit
import importlib
import inspect
import pickle
import pkgutil
import shutil
import tempfile
from importlib.util import find_spec

import keras
import pytest
import sklearn
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator

import sersk
from sersk import (
    AbstainingClassifier,
    AudioAugmenter,
    AudioLoader,
    ChromaTransformer,
    CorpusDiscriminant,
    DiscriminantClassifier,
    FeatureNormalizer,
    FeatureStack,
    FrontEnd,
    FunctionalsTransformer,
    HighPassFilter,
    MelSpectrogramTransformer,
    MFCCTransformer,
    PeakNormalizer,
    PitchTransformer,
    PretrainedEncoder,
    RMSNormalizer,
    SpeakerNormalizer,
    SpectralSubtraction,
    SpectralTransformer,
    SpeechEmotionClassifier,
    StatelessTransformer,
    VectorClassifier,
    WhisperEncoder,
    make_ser_pipeline,
)
from sersk.base.pipelines import ClipPipeline
from sersk.features.normalization.base import Normalizer
from sersk.testing import make_pretrained_folder, make_whisper_folder

pytestmark = [
    # audioread, which librosa imports, imports modules that Python 3.13 no longer has.
    pytest.mark.filterwarnings("ignore:.*slated for removal:DeprecationWarning"),
    # the clips of the checks have a few samples
    pytest.mark.filterwarnings("ignore::sersk.audio.UnanswerableClipWarning"),
    # for checks that scikit-learn cannot run here, such as those of the array API
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning"),
]


def vector_network(input_shape, n_classes):
    """Build a small network, because the checks' X has only a few columns.

    It is in double precision: some processors multiply the last rows of a batch by other
    instructions than the rest, so that in single precision a row's last bit depends on its place.
    The checks compare more digits, and are meant to find errors of the classifier.
    """
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="relu", dtype="float64"),
            keras.layers.Dense(n_classes, activation="softmax", dtype="float64"),
        ]
    )


# The checks' clips have only a few samples.
SMALL_MEL = MelSpectrogramTransformer(n_fft=64, hop_length=16, n_mels=2)
SHORT_LOADER = AudioLoader(duration=0.01)
# a model of random weights
WHISPER = tempfile.mkdtemp()
make_whisper_folder(WHISPER)
atexit.register(shutil.rmtree, WHISPER, ignore_errors=True)

# another, where the extra "encoders" is installed
ENCODERS = []
if find_spec("torch") and find_spec("transformers"):
    WAVLM = tempfile.mkdtemp()
    make_pretrained_folder(WAVLM, "wavlm")
    atexit.register(shutil.rmtree, WAVLM, ignore_errors=True)
    ENCODERS = [(PretrainedEncoder(WAVLM), {}), (PretrainedEncoder(WAVLM, pooling=None), {})]

LOADER_FAILURES = {
    "check_n_features_in_after_fitting": ("a loader accepts clips of another length than in fit"),
    "check_estimators_dtypes": (
        "integers of 64 bits are refused: audio has no such format, and scaled by their dtype "
        "samples of 16 bits would vanish"
    ),
}
AUGMENTER_FAILURES = {
    "check_transformer_general": "fit_transform adds views, transform does not",
    "check_transformer_data_not_an_array": "fit_transform adds views, transform does not",
}
FRONT_END_FAILURES = {
    "check_estimators_overwrite_params": (
        "as in scikit-learn's Pipeline, fit stores the fitted steps in `steps`"
    ),
}
SPEAKER_FAILURES = {
    "check_methods_subset_invariance": "a clip is normalised with its speaker's other clips",
}
CLASSIFIER_FAILURES = {
    "check_estimator_tags_renamed": "scikeras's BaseWrapper still defines _more_tags",
    "check_do_not_raise_errors_in_init_or_set_params": (
        "**kwargs are parameters routed to the network, optimizer, ...; others are refused at once"
    ),
    "check_mixin_order": "scikeras puts ClassifierMixin behind BaseEstimator",
    "check_sample_weight_equivalence_on_dense_data": (
        "a clip of weight 2 is in one batch and on one side of the validation split, a clip that "
        "is there twice may be in two"
    ),
}

DISCRIMINANT_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a clip of weight 2 is in one part of the cross-validation that chooses, a clip that is "
        "there twice may be in two; with shrinkage and temperature given it passes"
    ),
}

ABSTAINING_FAILURES = dict.fromkeys(
    (
        "check_fit_score_takes_y",
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weight_equivalence_on_sparse_data",
        "check_pipeline_consistency",
        "check_estimators_pickle",
        "check_classifier_data_not_an_array",
        "check_classifiers_train",
        "check_supervised_y_2d",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
        "check_fit_idempotent",
    ),
    "the labels are numbers, and the check computes with answers, some of which are 'uncertain'",
)

# class -> instances to check, each with expected failures: name of the check -> reason
INSTANCES = {
    AudioLoader: [
        (SHORT_LOADER, LOADER_FAILURES),
        (AudioLoader(duration=0.01, on_error="nan"), LOADER_FAILURES),
    ],
    HighPassFilter: [(HighPassFilter(), {})],
    # frames as short as the checks' clips, so that noise is subtracted
    SpectralSubtraction: [
        (SpectralSubtraction(), {}),
        (SpectralSubtraction(n_fft=4, hop_length=1), {}),
    ],
    PeakNormalizer: [(PeakNormalizer(), {})],
    RMSNormalizer: [(RMSNormalizer(), {})],
    AudioAugmenter: [(AudioAugmenter(random_state=0), AUGMENTER_FAILURES)],
    DiscriminantClassifier: [
        (DiscriminantClassifier(), DISCRIMINANT_FAILURES),
        (DiscriminantClassifier(shrinkage=0.5, temperature=1.0), {}),
    ],
    CorpusDiscriminant: [(CorpusDiscriminant(), DISCRIMINANT_FAILURES)],
    AbstainingClassifier: [
        (AbstainingClassifier(DiscriminantClassifier(), coverage=1.0), DISCRIMINANT_FAILURES),
        (AbstainingClassifier(LogisticRegression()), ABSTAINING_FAILURES),
    ],
    VectorClassifier: [(VectorClassifier(LogisticRegression()), {})],
    MelSpectrogramTransformer: [
        (MelSpectrogramTransformer(), {}),
        (SMALL_MEL, {}),
    ],
    MFCCTransformer: [
        (MFCCTransformer(), {}),
        (MFCCTransformer(n_fft=64, hop_length=16, n_mels=2, n_mfcc=2, fmax=None), {}),
    ],
    ChromaTransformer: [
        (ChromaTransformer(), {}),
        (ChromaTransformer(n_fft=64, hop_length=16, normalization=None), {}),
    ],
    PitchTransformer: [
        (PitchTransformer(), {}),
        (PitchTransformer(4000, hop_length=16, contours=("level", "flatness")), {}),
    ],
    FunctionalsTransformer: [
        (FunctionalsTransformer(), {}),
        (FunctionalsTransformer(hop_length=4, groups=["pitch", "tempo"]), {}),
    ],
    WhisperEncoder: [
        (WhisperEncoder(WHISPER), {}),
        (WhisperEncoder(WHISPER, 16_000, layers=(0, "last"), pooling=None), {}),
    ],
    PretrainedEncoder: ENCODERS,
    FeatureNormalizer: [(FeatureNormalizer(), {})],
    SpeakerNormalizer: [
        (SpeakerNormalizer(without_groups="one_speaker"), SPEAKER_FAILURES),
    ],
    FeatureStack: [
        (FeatureStack([("mel", SMALL_MEL), ("level", SMALL_MEL), ("none", "drop")]), {}),
    ],
    FrontEnd: [
        (FrontEnd([("features", SMALL_MEL)]), FRONT_END_FAILURES),
        (
            FrontEnd([("loader", SHORT_LOADER), ("features", SMALL_MEL)], chunk_size=4, n_jobs=2),
            FRONT_END_FAILURES | LOADER_FAILURES,
        ),
    ],
    SpeechEmotionClassifier: [
        (
            # run eagerly, because tracing a graph takes longer than these two epochs
            SpeechEmotionClassifier(
                vector_network, epochs=2, batch_size=256, run_eagerly=True, random_state=0
            ),
            CLASSIFIER_FAILURES,
        ),
    ],
}

ALL_INSTANCES = [instance for pairs in INSTANCES.values() for instance, _ in pairs]
PIPELINES = [make_ser_pipeline(random_state=0), make_ser_pipeline("lstm", augmentation=False)]


# what is subclassed, and does nothing by itself
BASES = {StatelessTransformer, SpectralTransformer, Normalizer, ClipPipeline}


def find_estimators():
    """Return the estimators that are defined in public modules of the package."""
    found = set()
    for module in pkgutil.walk_packages(sersk.__path__, "sersk."):
        if any(part.startswith("_") for part in module.name.split(".")):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if (
                inspect.isclass(value)
                and issubclass(value, BaseEstimator)
                # SpeechDetector has parameters like an estimator, but no fit
                and hasattr(value, "fit")
                and not name.startswith("_")
                and value.__module__ == module.name
            ):
                found.add(value)
    return found - BASES


def test_every_estimator_is_checked():
    # the pipelines have the checks of their parameters below
    assert find_estimators() == set(INSTANCES) | {type(pipeline) for pipeline in PIPELINES}


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        case
        for pairs in INSTANCES.values()
        for instance, expected_failures in pairs
        for case in estimator_checks_generator(
            instance, expected_failed_checks=expected_failures, mark="xfail", xfail_strict=True
        )
    ],
    ids=lambda value: getattr(getattr(value, "func", None), "__name__", type(value).__name__),
)
def test_estimator_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ALL_INSTANCES + PIPELINES, ids=lambda e: type(e).__name__)
def test_parameters_survive_get_and_set(estimator):
    copy = clone(estimator)
    assert type(copy) is type(estimator)
    assert repr(copy) == repr(estimator)
    params = estimator.get_params(deep=True)
    assert params.keys() == copy.get_params(deep=True).keys()
    flat = {
        name: value
        for name, value in params.items()
        if not isinstance(value, (BaseEstimator, list))
    }
    assert {name: copy.get_params()[name] for name in flat} == flat
    assert copy.set_params(**flat) is copy
    assert {name: copy.get_params()[name] for name in flat} == flat
    assert repr(copy) == repr(estimator)


@pytest.mark.parametrize("estimator", ALL_INSTANCES + PIPELINES, ids=lambda e: type(e).__name__)
def test_html_repr(estimator):
    html = estimator_html_repr(estimator)
    assert type(estimator).__name__ in html
    if isinstance(estimator, Pipeline):
        assert all(type(step).__name__ in html for _, step in estimator.steps)


@pytest.mark.parametrize("estimator", ALL_INSTANCES + PIPELINES, ids=lambda e: type(e).__name__)
def test_unfitted_estimators_can_be_pickled(estimator):
    assert repr(pickle.loads(pickle.dumps(estimator))) == repr(estimator)


@pytest.mark.parametrize("pipeline", PIPELINES, ids=["cnn", "lstm"])
def test_a_pipeline_is_a_classifier(pipeline):
    """Otherwise GridSearchCV(cv=5) would silently not stratify."""
    y = ["anger", "sad"] * 20
    assert is_classifier(pipeline)
    assert is_classifier(pipeline[-1])
    assert isinstance(check_cv(5, y, classifier=is_classifier(pipeline)), StratifiedKFold)


@pytest.mark.parametrize("steps", [["features"], [], [("features", "passthrough")]])
def test_tags_of_a_front_end_without_steps(steps):
    """Reading tags, as a repr in a notebook does, never fails."""
    assert not get_tags(FrontEnd(steps)).requires_fit


def test_routed_parameters():
    """A search sets parameters of network and optimizer by name through the pipeline."""
    pipeline = make_ser_pipeline(model__filters=(4, 8), optimizer__momentum=0.5)
    assert pipeline.get_params()["classifier__model__filters"] == (4, 8)
    copy = clone(pipeline).set_params(
        classifier__model__filters=(2,),
        classifier__model__dropout=0.1,
        classifier__optimizer__learning_rate=0.1,
        frontend__features__n_mels=64,
        frontend__augmenter="passthrough",
    )
    classifier = copy[-1].get_params()
    assert classifier["model__filters"] == (2,)
    assert classifier["model__dropout"] == 0.1
    assert classifier["optimizer__learning_rate"] == 0.1
    assert classifier["optimizer__momentum"] == 0.5
    assert copy[0].named_steps["features"].n_mels == 64
    assert pipeline[-1].get_params()["model__filters"] == (4, 8)
    assert "model__dropout" not in pipeline[-1].get_params()


def test_a_pipeline_with_a_denoiser():
    """The denoiser is off by default; a search can set it; it comes before the augmenter."""
    steps = dict(make_ser_pipeline()[0].steps)
    assert list(steps) == ["loader", "denoiser", "augmenter", "features"]
    assert steps["denoiser"] == "passthrough"
    high_pass = HighPassFilter(cutoff=100.0)
    pipeline = make_ser_pipeline(denoiser=high_pass, sample_rate=16000)
    assert pipeline[0].named_steps["denoiser"].get_params() == {
        "sample_rate": 16000,
        "cutoff": 100.0,
        "order": 4,
    }
    assert high_pass.sample_rate == 22050  # a clone was set
    pipeline.set_params(frontend__denoiser=SpectralSubtraction(), frontend__denoiser__floor=0.1)
    assert pipeline[0].named_steps["denoiser"].floor == 0.1
    with pytest.raises(ValueError, match="make_ser_pipeline: denoiser='hiss' is no transformer"):
        make_ser_pipeline(denoiser="hiss")


def test_unknown_parameters_are_refused():
    with pytest.raises(TypeError, match="unexpected keyword argument 'learning_rate'"):
        SpeechEmotionClassifier(learning_rate=1e-3)
    with pytest.raises(ValueError, match="Invalid parameter learning_rate"):
        SpeechEmotionClassifier().set_params(learning_rate=1e-3)


def test_speakers_are_requested_by_default():
    requests = SpeechEmotionClassifier().get_metadata_routing()
    assert requests.fit.requests == {"groups": True, "sample_weight": True, "checkpoint": True}
    with sklearn.config_context(enable_metadata_routing=True):
        classifier = SpeechEmotionClassifier().set_fit_request(groups=False)
    assert classifier.get_metadata_routing().fit.requests["groups"] is False
