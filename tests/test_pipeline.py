"""`make_ser_pipeline`: the pipelines that it builds, and the arguments that it refuses."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, SVR

from sersk import (
    DiscriminantClassifier,
    FunctionalsTransformer,
    SpeechEmotionClassifier,
    VectorClassifier,
    evaluate_speaker_independent,
    make_emotional_speech,
    make_ser_pipeline,
)
from sersk.presets import PRESETS

REFUSED = [
    (("cnm",), {}, ValueError, "classifier='cnm' is none of .*; did you mean 'cnn'"),
    (("discriminate",), {}, ValueError, "did you mean 'discriminant'"),
    ((), {"features": "mell"}, ValueError, "features='mell' .*mean 'mel'"),
    (
        (),
        {"preset": "functional"},
        ValueError,
        "preset='functional' .*mean 'functionals'",
    ),
    ((), {"preset": "recommended"}, ValueError, "is none of 'published', 'functionals'"),
    ((), {"normalization": "speakr"}, ValueError, "normalization='speakr' .*mean 'speaker'"),
    ((), {"normalization": "level"}, ValueError, "normalization='level' is written None"),
    (("cnn",), {"model__filter": (3,)}, ValueError, "no hyperparameter filter; .*mean 'filters'"),
    (("discriminant",), {"shrinkag": 1}, TypeError, "argument 'shrinkag'; .*mean 'shrinkage'"),
    (("discriminant",), {"feature": "mel"}, TypeError, "'feature'; did you mean 'features'"),
    (("discriminant",), {"model__filters": (3,)}, TypeError, "unexpected .*'model__filters'"),
    (
        ("cnn",),
        {"preset": "functionals"},
        ValueError,
        "'cnn' takes .*preset='functionals' giv",
    ),
    (("cnn",), {"features": "functionals"}, ValueError, "'cnn' takes .*but features=Functionals"),
    ((SVC(),), {"features": "mel"}, ValueError, "classifier=SVC takes vectors, but features=Mel"),
    ((SVC(),), {"C": 2}, TypeError, "'C'. An instance of SVC has its parameters already"),
    ((SVC(),), {"epochs": 2}, ValueError, "epochs=2, but classifier is an instance"),
    ((SVC,), {}, ValueError, "is a class; pass an instance"),
    ((SVR(),), {}, ValueError, "is no classifier"),
    ((3,), {}, ValueError, "neither the name of a classifier"),
]


@pytest.mark.parametrize(("args", "kwargs", "kind", "message"), REFUSED)
def test_invalid_arguments_are_refused_at_once(args, kwargs, kind, message):
    with pytest.raises(kind, match=message):
        make_ser_pipeline(*args, **kwargs)


def test_unknown_parameters_of_networks_are_refused_with_a_suggestion():
    with pytest.raises(TypeError, match="'validation_splt'; did you mean 'validation_split'"):
        make_ser_pipeline(validation_splt=0.2)
    with pytest.raises(TypeError, match="unexpected keyword argument 'model'"):
        make_ser_pipeline(model="lstm")
    with pytest.raises(TypeError, match="unexpected keyword argument 'network'"):
        make_ser_pipeline(network="lstm")


def test_a_misspelt_hyperparameter_is_refused_without_tensorflow():
    code = (
        "import sys\n"
        "from sersk import make_ser_pipeline\n"
        "try:\n"
        "    make_ser_pipeline(model__filter=(3,))\n"
        "except ValueError:\n"
        "    assert 'tensorflow' not in sys.modules\n"
        "else:\n"
        "    raise AssertionError('not refused')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_classifier_of_vectors_gets_functionals_and_views():
    given = SVC(C=2.0)
    pipeline = make_ser_pipeline(given, random_state=3)
    assert isinstance(pipeline["frontend"]["features"], FunctionalsTransformer)
    assert isinstance(pipeline[-1], VectorClassifier)
    assert pipeline.get_params()["classifier__estimator__C"] == 2.0
    assert pipeline.get_params()["classifier__estimator__random_state"] == 3
    assert given.random_state is None  # a clone was seeded
    assert pipeline["frontend"]["loader"].duration == PRESETS["published"]["duration"]
    assert make_ser_pipeline(given, preset="functionals")["frontend"]["loader"].duration == 6.0
    several = make_ser_pipeline(make_pipeline(PCA(5), LogisticRegression()))
    assert isinstance(several[-1], VectorClassifier)
    assert isinstance(
        make_ser_pipeline("discriminant")["frontend"]["features"], FunctionalsTransformer
    )


def test_instances_that_take_views_are_not_wrapped():
    discriminant = DiscriminantClassifier(shrinkage=0.5)
    pipeline = make_ser_pipeline(discriminant)
    assert pipeline[-1] is not discriminant
    assert pipeline[-1].get_params() == discriminant.get_params()
    network = SpeechEmotionClassifier("lstm", epochs=2)
    pipeline = make_ser_pipeline(network, random_state=1)
    assert pipeline[-1].model == "lstm"
    assert pipeline[-1].epochs == 2
    assert pipeline[-1].random_state == 1
    assert "n_mels" in pipeline["frontend"]["features"].get_params()
    with pytest.raises(ValueError, match="classifier=SpeechEmotionClassifier takes features with"):
        make_ser_pipeline(network, features="functionals")


@pytest.mark.parametrize("estimator", [SVC(C=2.0), RidgeClassifier()], ids=str)
def test_a_scikit_learn_classifier_end_to_end(estimator):
    corpus = make_emotional_speech(4, 2, emotions=("anger", "sad"), random_state=0)
    pipeline = make_ser_pipeline(estimator, duration=2.0, random_state=0)
    report = evaluate_speaker_independent(
        pipeline, corpus.data, corpus.target, corpus.groups, cv=2, check_data=False
    )
    assert report.uar > 0.8
    search = GridSearchCV(
        make_ser_pipeline(SVC(), duration=2.0, augmentation=False),
        {"classifier__estimator__C": [0.1, 1.0]},
        cv=GroupKFold(2),
    )
    search.fit(corpus.data, corpus.target, groups=corpus.groups)
    assert np.isfinite(search.best_score_)
