"""Memory that TensorFlow would keep for the graphs of earlier fits.

A TensorFlow registry is changed inside of `collectable_gradients` only, not at import.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops


@contextmanager
def collectable_generators() -> Iterator[None]:
    """Let the functions that serve batches to a training be collected after it.

    Yields
    ------
    None
        Nothing.

    Notes
    -----
    TensorFlow appends each Python function that a dataset calls to a list of the outermost graph of
    the thread, which lasts as long as the thread. The functions refer to the dataset's generator,
    and so to the features of each fit. After an error they stay: the dataset may not have ended.
    """
    functions = getattr(ops.get_default_graph(), "_py_funcs_used_in_graph", [])
    before = len(functions)
    yield
    functions = getattr(ops.get_default_graph(), "_py_funcs_used_in_graph", [])
    del functions[before:]


@contextmanager
def collectable_gradients() -> Iterator[None]:
    """Let graphs that are traced inside be collected once nothing else refers to them.

    Yields
    ------
    None
        Nothing.

    Notes
    -----
    Each time that a function wrapped in `tf.custom_gradient` is traced, its gradient enters a
    registry of the process and stays there. The gradient refers to the graph, the graph to every
    variable: weights and optimizer state of each fit would stay in memory until the process
    ends. Every Keras optimizer does so (it sums the gradients of replicas, of which there is
    one), and so do some activations, for instance silu. Here the registry's reference becomes
    a weak one, and the graph itself keeps its gradients: they live as long as the graph.

    A second, smaller growth needs nothing here: TensorFlow keeps a kernel for every variable name
    that there ever was, about 3 MB a fit. Setting its seed, as `tensorflow_random_state` of
    scikeras does around every build and fit, empties that cache.

    The names are TensorFlow's own; if they are not found, nothing is changed.
    """
    registry = getattr(ops.gradient_registry, "_registry", {})
    before = set(registry)
    try:
        yield
    finally:
        for name in set(registry) - before:
            if name.startswith("CustomGradient-"):
                _keep_in_graph(registry, name)


def _keep_in_graph(registry: dict[str, dict[str, Any]], name: str) -> None:
    entry = registry.get(name)  # None if another thread's graph has just been collected
    if entry is None:
        return
    gradient = entry["type"]
    graph = _graph_of(gradient)
    if graph is None:
        return
    graph._sersk_gradients = [*getattr(graph, "_sersk_gradients", []), gradient]
    find = weakref.ref(gradient)
    entry["type"] = lambda *args: find()(*args)  # type: ignore[misc]
    weakref.finalize(graph, registry.pop, name, None).atexit = False


def _graph_of(gradient: Callable[..., Any]) -> Any:
    """Return the graph of the tensors of a custom gradient, None if there is none."""
    inner = inspect.getclosurevars(gradient).nonlocals.get("tape_grad_fn")
    if inner is None:
        return None
    results = inspect.getclosurevars(inner).nonlocals.get("result")
    graphs = (getattr(t, "graph", None) for t in tf.nest.flatten(results, expand_composites=True))
    return next((graph for graph in graphs if graph is not None), None)
