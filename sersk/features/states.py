"""What the features from inner states of a network share: layers, statistics, names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.features.whisper.pooling import POOLINGS, pool

Array = NDArray[np.float32]


def check_layers(layers: Any, n_blocks: int, owner: str, model: str) -> list[int | str]:
    """Return layers as a list.

    Parameters
    ----------
    layers : int, "last", or sequence of them
        Layers of an encoder.
    n_blocks : int
        Number of its blocks.
    owner, model : str
        Names for the message.

    Returns
    -------
    layers : list of int or "last"
        At least one.

    Raises
    ------
    ValueError
        If the encoder has no such layer.

    Examples
    --------
    >>> from sersk.features.states import check_layers
    >>> check_layers("last", 12, "WhisperEncoder", "small"), check_layers((1, 2), 2, "", "")
    (['last'], [1, 2])
    """
    is_one = isinstance(layers, str) or not isinstance(layers, Sequence)
    found = [layers] if is_one else list(layers)
    known = ["last", *range(n_blocks + 1)]
    if not found or any(isinstance(layer, bool) or layer not in known for layer in found):
        raise ValueError(
            f"{owner}: layers={layers!r}; expected numbers from 0 to {n_blocks}, the number "
            f'of blocks of {model!r}, or "last".'
        )
    return found


def check_pooling(pooling: Any, owner: str) -> tuple[str, ...]:
    """Return statistics as a tuple.

    Parameters
    ----------
    pooling : str, sequence of them or None
        Statistics over time.
    owner : str
        Name of the class, for the message.

    Returns
    -------
    kinds : tuple of str
        The statistics; none if `pooling` is None.

    Raises
    ------
    ValueError
        If there is no such statistic.

    Examples
    --------
    >>> from sersk.features.states import check_pooling
    >>> check_pooling("mean", "WhisperEncoder"), check_pooling(None, "WhisperEncoder")
    (('mean',), ())
    """
    if pooling is None:
        return ()
    kinds = (pooling,) if isinstance(pooling, str) else tuple(pooling)
    if not kinds or any(kind not in POOLINGS for kind in kinds):
        raise ValueError(
            f"{owner}: pooling={pooling!r}; expected None or at least one of "
            f"{', '.join(map(repr, POOLINGS))}."
        )
    return kinds


def name_states(
    layers: Sequence[int | str], combine: str, kinds: Sequence[str], width: int
) -> NDArray[np.object_]:
    """Name the features that `write_states` writes.

    Parameters
    ----------
    layers : sequence of int or "last"
        The layers.
    combine : {"concatenate", "mean"}
        Whether they are side by side or averaged.
    kinds : sequence of str
        The statistics; none for states over time.
    width : int
        Numbers a state.

    Returns
    -------
    names : ndarray of str of shape (n_features,)
        Layer, statistic and number.

    Examples
    --------
    >>> from sersk.features.states import name_states
    >>> name_states([2, "last"], "mean", ["std"], 2).tolist()
    ['block2_last_std_000', 'block2_last_std_001']
    """
    parts = [str(layer) if layer == "last" else f"block{layer}" for layer in layers]
    if combine == "mean":
        parts = ["_".join(parts)]
    ends = [f"_{kind}" for kind in kinds] or [""]
    names = [f"{part}{end}_{i:03d}" for part in parts for end in ends for i in range(width)]
    return np.array(names, dtype=object)


def write_states(states: list[Array], combine: str, kinds: tuple[str, ...], out: Array) -> None:
    """Write the features of a clip to an array.

    Parameters
    ----------
    states : list of ndarray of float32 of shape (n_frames, width)
        Its states for each layer.
    combine : {"concatenate", "mean"}
        Whether they are put side by side or averaged.
    kinds : tuple of str
        The statistics; none for states over time.
    out : ndarray of float32 of shape (n_features,) or (n_features, n_most_frames)
        Receives the statistics, or the states, of which only the first frames are overwritten.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features.states import write_states
    >>> out = np.zeros(2, np.float32)
    >>> write_states([np.eye(2, dtype=np.float32)], "concatenate", ("max",), out)
    >>> out.tolist()
    [1.0, 1.0]
    """
    if combine == "mean":
        states = [np.mean(states, axis=0)]
    if kinds:
        out[:] = np.concatenate([pool(state, kinds) for state in states])
    else:
        out[:, : len(states[0])] = np.concatenate(states, axis=1).T
