"""Classifiers: networks and their training, linear discriminant analysis, any other of vectors.

Architectures are in `sersk.classifiers.networks`. Nothing is imported here, because a network
imports TensorFlow.
"""
