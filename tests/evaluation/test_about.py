"""A report says what it is a report of, and how to read its numbers."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import Bunch

from sersk import (
    EvaluationReport,
    cross_corpus,
    evaluate_speaker_independent,
    load_ravdess,
    make_emotional_speech,
    make_ser_pipeline,
)
from sersk.evaluation.routing import fit_by_speaker
from sersk.metrics import bootstrap_by_speaker


def evaluate(speech, pipeline=None, **options):
    options = {"cv": 2, "check_data": False} | options
    return evaluate_speaker_independent(pipeline or LogisticRegression(), *speech, **options)


def double(X):
    return 2 * X


def make_report(n_speakers=8, seeds=(0,), per_speaker=4, **options):
    """Return a report of predictions by hand: "a" is predicted twice as often as it is true."""
    n = n_speakers * per_speaker
    one = pd.DataFrame(
        {
            "fold": np.arange(n) // per_speaker % 2,
            "clip": np.arange(n),
            "speaker": np.arange(n) // per_speaker,
            "y_true": np.tile(["a", "b"], n // 2),
            "y_pred": "a",
        }
    )
    parts = [one.assign(seed=seed) for seed in seeds]
    return EvaluationReport(pd.concat(parts), **options)


def test_corpus_pipeline_folds_versions_and_date_are_in_every_form(speech, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    pipeline = make_pipeline(
        StandardScaler(with_mean=False), FunctionTransformer(double), LogisticRegression(C=0.25)
    )
    report = evaluate(speech, pipeline, corpus="my corpus", cv=GroupKFold(4))
    report.about["command"] = "sersk evaluate <folder>"
    about = json.loads(report.to_json())["about"]
    assert about["date"] == "1970-01-02"
    assert about["corpora"] == [
        {
            "use": None,
            "name": "my corpus",
            "title": None,
            "n_clips": 144,
            "n_speakers": 8,
            "emotions": {"anger": 48, "calm": 48, "sad": 48},
        }
    ]
    assert [step["class"] for step in about["pipeline"]] == [
        "StandardScaler",
        "FunctionTransformer",
        "LogisticRegression",
    ]
    assert [step["parameters"] for step in about["pipeline"]] == [
        {"with_mean": "False"},
        {"func": f"{__name__}.double"},
        {"C": "0.25"},
    ]
    import sklearn

    assert about["versions"]["scikit-learn"] == sklearn.__version__
    assert about["versions"]["numpy"] == np.__version__
    assert not {"keras", "tensorflow", "soundfile"} & set(about["versions"])  # not used
    for text in (report.to_text(), report.to_markdown()):
        said = " ".join(text.split())
        assert "my corpus: 144 clips, 8 speakers, 3 emotions (anger 48, calm 48, sad 48)" in said
        assert "logisticregression: LogisticRegression(C=0.25)" in said
        assert "GroupKFold(n_splits=4" in said
        assert f"scikit-learn {sklearn.__version__}" in said
        assert "1970-01-02" in said
        assert "sersk evaluate <folder>" in said
    html = report.to_html()
    assert "sersk evaluate &lt;folder&gt;" in html
    assert "LogisticRegression(C=0.25)" in html
    assert "1970-01-02" in html


def test_nothing_is_said_that_is_not_known(speech):
    report = evaluate(speech)
    (corpus,) = report.about["corpora"]
    assert (corpus["name"], corpus["title"]) == (None, None)
    assert "no name given: 144 clips" in report.to_text()
    assert "command" not in report.about
    assert "path" not in report.predictions
    direct = EvaluationReport(report.predictions)
    assert direct.about == {}
    assert "About" not in direct.to_text() + direct.to_markdown() + direct.to_html()


def test_seeds_of_the_pipeline_are_not_stated_as_each_fit_sets_its_own(speech):
    search = GridSearchCV(
        LogisticRegression(random_state=7, solver="newton-cg"),
        {"C": np.array([0.1, 1])},
        cv=GroupKFold(2),
    )
    (step,) = evaluate(speech, search).about["pipeline"]
    assert step["class"] == "GridSearchCV"
    assert step["parameters"]["estimator"] == "LogisticRegression(solver='newton-cg')"
    assert step["parameters"]["param_grid"] == "{'C': ndarray of shape (2,)}"
    assert "GroupKFold(n_splits=2" in step["parameters"]["cv"]


def test_a_network_is_stated_with_keras_and_tensorflow():
    from sersk.evaluation._describing import describe_run

    pipeline = make_ser_pipeline(duration=2.5, model__filters=(4, 8), epochs=3)
    about = describe_run(pipeline, [], "", reads_files=True)
    steps = {step["step"]: step["parameters"] for step in about["pipeline"]}
    assert steps["frontend__loader"]["duration"] == "2.5"
    assert steps["classifier"]["model__filters"] == "(4, 8)"
    assert steps["classifier"]["epochs"] == "3"
    assert "sample_rate" not in steps["frontend__loader"]  # the default
    assert {"keras", "tensorflow", "scikeras", "librosa", "soundfile"} <= set(about["versions"])


def test_reports_of_different_days_are_equal_and_their_files_differ_in_the_date(
    speech, monkeypatch
):
    texts = []
    for day in (1, 2):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(86400 * day))
        texts.append(evaluate(speech, corpus="x"))
    first, second = texts
    assert first == second
    assert first.to_text() != second.to_text()
    for form in ("to_text", "to_markdown", "to_json", "to_html"):
        old, new = (getattr(report, form)() for report in texts)
        assert old.replace("1970-01-02", "1970-01-03") == new
    second.about["command"] = "another"
    assert first != second


def test_a_corpus_gives_its_name_but_counts_are_of_the_clips_used(speech):
    X, y, groups = speech
    corpus = Bunch(
        data=X, target=y, frame=pd.DataFrame({"corpus": ["tess"] * 144}), DESCR="TESS: Toronto\n\n"
    )
    half = groups < "S4"
    report = evaluate((X[half], y[half], groups[half]), corpus=corpus)
    assert "corpus      TESS: Toronto: 72 clips, 4 speakers" in report.to_text()
    with pytest.raises(TypeError, match="evaluate_speaker_independent: corpus is of type int"):
        evaluate(speech, corpus=3)


def test_both_corpora_are_stated_and_paths_are_kept(tmp_path):
    sides = []
    for seed, name in enumerate(("here", "there")):
        clips = make_emotional_speech(
            2, 1, emotions=["anger", "sad"], duration=0.5, sample_rate=8000, random_state=seed
        )
        clips.data = [f"{tmp_path}/{name}{i}.wav" for i in range(4)]
        clips.groups = np.char.add(name, clips.groups)
        clips.frame["corpus"] = name
        sides.append(clips)
    lengths = FunctionTransformer(lambda X: np.array([[len(x), hash(x) % 7] for x in X]))
    report = cross_corpus(
        make_pipeline(lengths, LogisticRegression()),
        train=sides[0],
        test=sides[1],
        check_data=False,
    )
    assert [(facts["use"], facts["name"]) for facts in report.about["corpora"]] == [
        ("training", "here"),
        ("test", "there"),
    ]
    assert report.predictions["path"].tolist() == sides[1].data
    text = report.to_text()
    assert "training corpus  here" in text
    assert "test corpus      there" in text
    assert "<lambda> at 0x" not in text


@pytest.mark.recordings
def test_a_row_of_real_recordings_can_be_traced(ravdess_path):
    corpus = load_ravdess(ravdess_path, emotions=["anger", "sad"])
    clips = np.isin(corpus.groups, ["ravdess-01", "ravdess-03"])
    X, y, groups = corpus.data[clips][::4], corpus.target[clips][::4], corpus.groups[clips][::4]
    pipeline = make_ser_pipeline(preset="functionals", augmentation=False)
    report = evaluate_speaker_independent(
        pipeline, X, y, groups, cv=2, corpus=corpus, check_data=False
    )
    for row in report.predictions.itertuples():
        assert row.path == X[row.clip]
        assert row.speaker == groups[row.clip]
    assert "corpus      RAVDESS: Ryerson" in report.to_text()
    model = fit_by_speaker(pipeline, X, y, groups)
    assert model.predict(report.predictions["path"][:1].tolist()).shape == (1,)


def test_several_seeds_do_not_change_the_number_of_clips():
    one, three = make_report(), make_report(seeds=(0, 1, 2))
    for report in (one, three):
        assert report.by_class["support"].to_dict() == {"a": 16, "b": 16}
        assert report.by_speaker["n_clips"].unique().tolist() == [4]
        assert report.confusion.tolist() == [[16, 0], [16, 0]]
        assert report.by_fold["n_clips"].unique().tolist() == [16]
    assert len(three.predictions) == 3 * len(one.predictions)
    assert "columns: predicted; clips)" in one.to_text()
    assert "columns: predicted; clips, mean over 3 seeds)" in three.to_text()
    # half of the seeds right: half a clip in each cell
    rows = one.predictions.assign(seed=1, y_pred="b")
    both = EvaluationReport(pd.concat([one.predictions, rows]))
    assert both.confusion.tolist() == [[8, 8], [8, 8]]
    assert both.by_class["recall"].tolist() == [0.5, 0.5]


def test_clips_tested_in_two_folds_count_once():
    once = make_report()
    twice = EvaluationReport(
        pd.concat([once.predictions, once.predictions[:6].assign(fold=2, y_pred="b")])
    )
    assert twice.by_class["support"].to_dict() == {"a": 16, "b": 16}
    np.testing.assert_allclose(twice.confusion.sum(axis=1), [16, 16])
    recalls = np.diag(twice.confusion) / 16
    np.testing.assert_allclose(recalls, twice.by_class["recall"])
    assert "clips, mean over folds" in twice.to_text()


@pytest.mark.parametrize("form", ["to_text", "to_markdown", "to_html"])
def test_the_method_of_the_interval_stands_beside_it(form):
    said = " ".join(getattr(make_report(n_resamples=500), form)().split())
    assert "95 % interval (bootstrap over speakers)" in said
    assert "percentile bootstrap over speakers (500 resamples" in said
    assert "Hesterberg, 2015" in said
    assert "± is the sample standard deviation" in said


def test_few_speakers_are_warned_of():
    assert make_report(5).to_dict()["intervals"]["caution"] is None
    assert "Only" not in make_report(5).to_text()
    for n in (2, 4):
        said = f"Only {n} speakers were tested"
        report = make_report(n)
        assert report.to_dict()["intervals"]["caution"].startswith(said)
        assert said in report.to_text()
        assert said in report.to_markdown()
    assert said in report.to_html()
    assert "One speaker was tested: there is no interval" in make_report(1).to_text()


def test_the_interval_is_the_one_that_is_named():
    report = make_report(6, n_resamples=300)
    rows = report.predictions
    columns = (rows[name] for name in ("y_true", "y_pred", "speaker"))
    expected = bootstrap_by_speaker(*columns, n_resamples=300)
    assert report.intervals == expected


def test_singular_and_a_single_fit_without_spread():
    one = make_report(1, per_speaker=2)
    text = one.to_text()
    assert text.splitlines()[2].startswith("2 clips of 1 speaker, each predicted")
    assert "1 fit: 1 fold, 1 seed." in " ".join(text.split())
    assert "1 seeds" not in text
    assert "mean ± SD over 1 fit\n" in text
    assert "One fit has no spread" in text
    assert one.to_dict()["std"]["uar"] is None
    assert "0.500 ±" not in text
    assert "+-" not in text
