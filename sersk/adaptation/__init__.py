"""Adaptation of a fitted model to a few recordings of the place where it is used."""

from sersk.adaptation.adapting import adapt
from sersk.adaptation.record import describe_adaptation, find_adapting_clips

__all__ = ["adapt", "describe_adaptation", "find_adapting_clips"]
