"""The networks of a process, which all transformers share."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

from sersk.features.pretrained.description import Description
from sersk.features.pretrained.loading import load_network
from sersk.features.pretrained.network import Network
from sersk.features.pretrained.weights import find_weights

_MOST = 2  # networks kept in memory; a large one has more than 1 GB

_networks: dict[tuple[Any, ...], Network] = {}
_lock = Lock()


def find_network(description: Description, layers: Sequence[int | str], device: str) -> Network:
    """Return a network that has at least some layers.

    Parameters
    ----------
    description : Description
        Of the model.
    layers : sequence of int or "last"
        The layers. Blocks after the highest are not read, if no earlier call did.
    device : str
        Device of PyTorch.

    Returns
    -------
    network : Network
        The same object as long as the files are unchanged and it has enough blocks.
    """
    n_blocks = description.n_blocks if "last" in layers else max(1, *map(int, layers))
    files = [description.folder / "config.json", *find_weights(description.folder)]
    stats = [(file.resolve(), file.stat().st_mtime_ns, file.stat().st_size) for file in files]
    key = (*stats, description.normalizes, description.frames, device)
    with _lock:
        known = _networks.pop(key, None)
        if known is None or known.n_blocks < n_blocks:
            while len(_networks) >= _MOST:
                del _networks[next(iter(_networks))]
            known = load_network(description, n_blocks, device)
        _networks[key] = known
        return known
