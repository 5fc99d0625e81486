"""Functionals: one vector of fixed length for a clip of any length, for classical classifiers."""

from sersk.features.functionals.transformer import FunctionalsTransformer

__all__ = ["FunctionalsTransformer"]
