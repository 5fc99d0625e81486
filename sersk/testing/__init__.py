"""Checkers that an extender runs on a class of their own.

Each raises an AssertionError that says what is wrong and what is right.
"""

from sersk.testing.classifiers import check_classifier
from sersk.testing.features import check_feature
from sersk.testing.networks import check_network

__all__ = ["check_classifier", "check_feature", "check_network"]
