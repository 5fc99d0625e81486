"""Near misses are named, other words are not."""

import pytest

from sersk._utils.suggest import suggest

NETWORKS = ("cnn", "cnn_lstm", "lstm", "transformer")


@pytest.mark.parametrize(
    ("word", "choices", "expected"),
    [
        ("cnm", NETWORKS, "cnn"),
        ("CNN", NETWORKS, "cnn"),
        ("cnn-lstm", NETWORKS, "cnn_lstm"),
        ("functionls", ("published", "functionals"), "functionals"),
        ("classifer__epochs", ("classifier__epochs", "frontend__n_jobs"), "classifier__epochs"),
        ("ravdes", iter(["emodb", "RAVDESS"]), "RAVDESS"),
    ],
)
def test_the_nearest_choice_is_named_as_it_is_written(word, choices, expected):
    assert suggest(word, choices) == f"; did you mean {expected!r}?"


@pytest.mark.parametrize(("word", "choices"), [("brain", NETWORKS), ("", NETWORKS), ("cnn", ())])
def test_nothing_is_guessed_where_nothing_is_near(word, choices):
    assert suggest(word, choices) == ""
