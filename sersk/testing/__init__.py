"""Checkers that an extender runs on a class of their own.

Each raises an AssertionError that says what is wrong and what is right.
"""

from sersk.testing.features import check_feature

__all__ = ["check_feature"]
