"""Checkers that an extender runs on a class of their own, and small models for tests.

Each checker raises an AssertionError that says what is wrong and what is right.
"""

from sersk.testing.classifiers import check_classifier
from sersk.testing.features import check_feature
from sersk.testing.networks import check_network
from sersk.testing.pretrained import make_pretrained_folder
from sersk.testing.whisper import make_whisper_folder

__all__ = [
    "check_classifier",
    "check_feature",
    "check_network",
    "make_pretrained_folder",
    "make_whisper_folder",
]
