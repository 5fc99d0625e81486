"""A file of each released format is kept, loads for ever, and predicts what it predicted.

`make` made the file of format 1. A new format gets a file of its own; an old one is never replaced.
"""

import json
import os
import warnings
from pathlib import Path

import numpy as np
import pytest

from sersk import (
    describe_model,
    evaluate_speaker_independent,
    load_model,
    make_emotional_speech,
    make_ser_pipeline,
    save_model,
)
from sersk.persistence.container import FORMAT

MODELS = Path(__file__).parents[1] / "models"


def make_corpus():
    return make_emotional_speech(
        4, 1, emotions=("anger", "sad"), duration=0.5, sample_rate=8_000, random_state=0
    )


def make(folder):
    """Train the model, and write it and its probabilities."""
    corpus = make_corpus()
    pipeline = make_ser_pipeline(
        preset="functionals", duration=0.5, sample_rate=8_000, augmentation=False, random_state=0
    )
    pipeline.set_params(frontend__features__n_mfcc=13)  # a small file
    report = evaluate_speaker_independent(
        pipeline, corpus.data, corpus.target, corpus.groups, cv=4, check_data=False
    )
    pipeline.fit(corpus.data, corpus.target, classifier__groups=corpus.groups)
    os.environ["SOURCE_DATE_EPOCH"] = "1800000000"
    save_model(pipeline, folder / f"format-{FORMAT}.sersk", corpus=corpus, report=report)
    probas = pipeline.predict_proba(corpus.data).tolist()
    (folder / f"format-{FORMAT}.json").write_text(json.dumps(probas) + "\n")


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_a_file_of_each_released_format_loads_and_predicts(number):
    path = MODELS / f"format-{number}.sersk"
    assert path.stat().st_size < 100_000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other versions than those that wrote it
        model = load_model(path)
    expected = json.loads((MODELS / f"format-{number}.json").read_text())
    np.testing.assert_allclose(model.predict_proba(make_corpus().data), expected, atol=1e-4)
    facts = describe_model(model)
    assert facts["classes"] == ["anger", "sad"]
    assert facts["corpus"]["name"] == "synthetic"
    assert facts["score"]["n_speakers"] == 4
    assert facts["preset"]["name"] == "functionals"
