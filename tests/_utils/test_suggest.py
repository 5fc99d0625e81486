"""Suggest the nearest choice for a misspelt word, and none for other words."""

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
def test_the_nearest_choice_is_suggested_as_it_is_written(word, choices, expected):
    assert suggest(word, choices) == f"; did you mean {expected!r}?"


@pytest.mark.parametrize(("word", "choices"), [("brain", NETWORKS), ("", NETWORKS), ("cnn", ())])
def test_nothing_is_suggested_where_no_choice_is_near(word, choices):
    assert suggest(word, choices) == ""
