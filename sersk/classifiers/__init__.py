"""Classifiers: a network and its training, and a linear discriminant.

Architectures are in `sersk.classifiers.networks`. Nothing is imported here, because a network
brings TensorFlow.
"""
