"""Why many fits in one process do not add up in memory.

What a network is and how it is trained live elsewhere; here is only what TensorFlow would
otherwise never let go of.
"""

import inspect
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops


@contextmanager
def collectable_gradients() -> Iterator[None]:
    """Let graphs traced inside be garbage once nothing else refers to them.

    Notes
    -----
    Whatever is wrapped in `tf.custom_gradient` enters its gradient in a registry of the
    process, for good, each time that it is traced. The gradient refers to the graph, the graph
    to every variable: weights and optimizer state of each fit would stay until the process
    ends. Every Keras optimizer does so (it sums the gradients of replicas, of which there is
    one), and so do some activations, silu for instance. Here the registry's reference becomes
    a weak one and the graph itself keeps its gradients, which is as long as they can be asked
    for.

    A second, smaller growth needs nothing here: TensorFlow keeps a kernel for every variable name
    that there ever was, about 3 MB a fit. Setting its seed, as `tensorflow_random_state` of
    scikeras does around every build and fit, empties that cache.

    The names are TensorFlow's own; where they are not found, nothing is changed.
    """
    registry = getattr(ops.gradient_registry, "_registry", {})
    before = set(registry)
    try:
        yield
    finally:
        for name in set(registry) - before:
            if name.startswith("CustomGradient-"):
                _hand_to_graph(registry, name)


def _hand_to_graph(registry: dict[str, dict[str, Any]], name: str) -> None:
    entry = registry.get(name)  # gone where another thread's graph has just been collected
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
    """Return the graph in which the tensors of a custom gradient are, None if there is none."""
    inner = inspect.getclosurevars(gradient).nonlocals.get("tape_grad_fn")
    if inner is None:
        return None
    results = inspect.getclosurevars(inner).nonlocals.get("result")
    graphs = (getattr(t, "graph", None) for t in tf.nest.flatten(results, expand_composites=True))
    return next((graph for graph in graphs if graph is not None), None)
