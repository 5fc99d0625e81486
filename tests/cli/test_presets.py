"""Which pipeline `sersk train` and `sersk evaluate` take."""

import subprocess
import sys

import pytest
import typer

from sersk.cli._pipeline import PipelineOptions


def classifier_of(options):
    return type(options.make()[-1]).__name__


def test_the_default_is_functionals_and_says_nothing(capsys):
    pipeline = PipelineOptions().make()
    assert type(pipeline[-1]).__name__ == "DiscriminantClassifier"
    assert pipeline["frontend"]["loader"].duration == 6.0
    assert classifier_of(PipelineOptions(classifier="discriminant")) == "DiscriminantClassifier"
    assert classifier_of(PipelineOptions(settings=["classifier__shrinkage=0.5"])) == (
        "DiscriminantClassifier"
    )
    assert capsys.readouterr().err == ""


def test_the_default_needs_no_tensorflow():
    code = (
        "import sys\n"
        "from sersk.cli._pipeline import PipelineOptions\n"
        "PipelineOptions(settings=['classifier__shrinkage=0.5']).make()\n"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"classifier": "lstm"}, "--classifier lstm"),
        ({"epochs": 3}, "--epochs"),
        ({"filters": "4,8"}, "--filters"),
        ({"settings": ["classifier__model__dropout=0.0"]}, "--set classifier__model__dropout"),
        ({"settings": ["classifier__batch_size=8"]}, "--set classifier__batch_size"),
        ({"settings": ["frontend__features__n_mels=40"]}, "--set frontend__features__n_mels"),
    ],
    ids=str,
)
def test_options_of_networks_choose_the_published_preset_and_say_so(given, named, capsys):
    pipeline = PipelineOptions(**given).make()
    assert type(pipeline[-1]).__name__ == "SpeechEmotionClassifier"
    assert pipeline["frontend"]["loader"].duration == 4.0
    assert capsys.readouterr().err == (
        f"Note: {named} belongs to --preset published, which is taken.\n"
    )


def test_a_preset_that_is_named_is_taken_without_a_note(capsys):
    options = PipelineOptions(preset="published", epochs=3)
    assert classifier_of(options) == "SpeechEmotionClassifier"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "given",
    [
        {"epochs": 3},
        {"filters": "4,8"},
        {"classifier": "cnn"},
        {"settings": ["classifier__batch_size=8"]},
    ],
    ids=str,
)
def test_options_of_networks_contradict_the_preset_functionals(given):
    with pytest.raises(typer.BadParameter, match="--preset published"):
        PipelineOptions(preset="functionals", **given).make()


def test_a_model_of_functionals_predicts_without_tensorflow(sersk, corpus_folder, tmp_path):
    model = tmp_path / "model.sersk"
    trained = sersk("train", corpus_folder, "-o", model, "--no-augmentation", "--quiet")
    assert trained.exit_code == 0, trained.output
    assert "shrinkage" in trained.stdout
    code = (
        "import sys\n"
        "from sersk.cli import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "assert 'tensorflow' not in sys.modules"
    )
    clip = min(corpus_folder.rglob("*.wav"))
    for arguments in (["predict", model, clip], ["info", model]):
        subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True)
