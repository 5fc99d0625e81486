"""The preset that a pipeline is: found by its parameters, and said in its repr."""

import pickle

import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline as SkPipeline
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sersk import (
    AudioAugmenter,
    describe_model,
    make_emotional_speech,
    make_ser_pipeline,
)
from sersk.pipeline import Pipeline, find_preset

PUBLISHED = "Pipeline(  # the published system (preset 'published')\n"


def first_line(pipeline):
    return repr(pipeline).partition("\n")[0]


def test_the_default_says_that_it_is_the_published_system():
    pipeline = make_ser_pipeline()
    assert isinstance(pipeline, SkPipeline)
    assert repr(pipeline).startswith(PUBLISHED)
    for same in (clone(pipeline), pickle.loads(pickle.dumps(pipeline))):
        assert type(same) is type(pipeline)
        assert repr(same) == repr(pipeline)
    assert "the published system" in pipeline._repr_html_()
    # Below the first line stands what scikit-learn says, in its lines.
    plain = repr(SkPipeline(pipeline.steps))
    assert repr(pipeline).replace(PUBLISHED + " " * 9, "Pipeline(") == plain


@pytest.mark.parametrize("preset", ["published", "functionals"])
def test_settings_of_a_run_do_not_make_another_system(preset, tmp_path):
    pipeline = make_ser_pipeline(
        preset=preset,
        memory=str(tmp_path),
        storage=tmp_path,
        n_jobs=2,
        random_state=3,
        verbose=1,
    )
    assert find_preset(pipeline) == (preset, {})
    assert f"preset {preset!r}" in first_line(pipeline)
    assert "but for" not in first_line(pipeline)


def test_set_params_leaves_no_false_statement():
    pipeline = make_ser_pipeline()
    pipeline.set_params(frontend__features__n_mels=40)
    assert first_line(pipeline) == (
        "Pipeline(  # preset 'published' but for frontend__features__n_mels"
    )
    assert find_preset(pipeline) == ("published", {"frontend__features__n_mels": 40})
    pipeline.set_params(frontend__features__n_mels=128, frontend__augmenter="passthrough")
    assert find_preset(pipeline) == ("published", {"frontend__augmenter": "passthrough"})
    pipeline.set_params(frontend__augmenter=AudioAugmenter())
    assert repr(pipeline).startswith(PUBLISHED)
    pipeline.set_params(classifier=SVC())
    assert find_preset(pipeline) is None
    assert first_line(pipeline).startswith("Pipeline(steps=")


def test_what_is_given_is_named():
    small = make_ser_pipeline(
        duration=2.0, epochs=1, model__filters=(4,), augmentation=False, normalization="corpus"
    )
    _, changes = find_preset(small)
    assert set(changes) == {
        "frontend__augmenter",
        "frontend__features__normalization",
        "frontend__features__ref",
        "frontend__loader__duration",
        "normalizer",
        "classifier__epochs",
        "classifier__model__filters",
    }
    assert first_line(small).endswith(" and 4 more")


@pytest.mark.parametrize(
    "other",
    [make_ser_pipeline(SVC()), make_pipeline(StandardScaler(), SVC()), SVC()],
    ids=["other classifier", "plain pipeline", "no pipeline"],
)
def test_other_estimators_are_no_preset(other):
    assert find_preset(other) is None


def test_searches_and_slices_keep_the_class():
    corpus = make_emotional_speech(
        2, 2, emotions=("anger", "sad"), duration=1.0, sample_rate=8000, random_state=0
    )
    pipeline = make_ser_pipeline(
        preset="functionals", augmentation=False, duration=1.0, sample_rate=8000
    )
    search = GridSearchCV(pipeline, {"classifier__shrinkage": [0.3, 0.7]}, cv=2)
    search.fit(corpus.data, corpus.target)
    facts = describe_model(search)["preset"]
    assert facts["name"] == "functionals"
    assert facts["changed"]["classifier__shrinkage"] in (0.3, 0.7)
    plain = SkPipeline(pipeline.steps)
    assert repr(search) == repr(search.set_params(estimator=plain))
    assert repr(pipeline[:-1]).startswith("Pipeline(steps=")


@pytest.mark.parametrize("steps", [None, [("frontend", None, 1)]])
def test_steps_that_are_none_have_the_repr_of_scikit_learn(steps):
    assert repr(Pipeline(steps)) == repr(SkPipeline(steps))
