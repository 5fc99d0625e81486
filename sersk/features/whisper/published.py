"""The weights of a named model: from the cache, and what is missing there from their publisher."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk._utils.files import locked, naming
from sersk._utils.progress import Progress
from sersk.features.whisper.cache import TensorCache, cache_home, checksums
from sersk.features.whisper.catalogue import MODELS
from sersk.features.whisper.maths import sinusoids
from sersk.features.whisper.remote import Broken, open_at, read_header, read_tensors
from sersk.features.whisper.safetensors import SafetensorsFile, decode

_PREFIX = "model.encoder."
_POSITIONS = "embed_positions.weight"
_ATTEMPTS = 5  # without a byte in between
_CHUNK = 1 << 20


class PublishedTensors:
    """The tensors of a named model.

    Parameters
    ----------
    model : str
        One of `sersk.features.whisper.catalogue.MODELS`.
    endpoint : str or None, default=None
        Address of the server; None takes the environment variable ``HF_ENDPOINT``, or the
        publisher's.
    verbose : int, bool or None, default=None
        Whether the progress of a download is shown; None shows it on a terminal if it takes long.

    Attributes
    ----------
    size : Size
        The size of the encoder.
    folder : pathlib.Path
        Where they are kept.
    """

    def __init__(
        self, model: str, endpoint: str | None = None, verbose: int | bool | None = None
    ) -> None:
        published = MODELS[model]
        self.size = published.size
        self._model, self._published = model, published
        self._endpoint, self._verbose = endpoint, verbose
        self.folder = cache_home() / "whisper" / f"{model}-{published.revision[:8]}"
        self._cache = TensorCache(self.folder, checksums(model))

    def read(self, names: Collection[str]) -> dict[str, NDArray[np.float32]]:
        """Read some tensors; download those that are not in the cache.

        Parameters
        ----------
        names : collection of str
            Their names, as in transformers without the prefix "model.encoder.".

        Returns
        -------
        tensors : dict of str to ndarray of float32
            The tensors by their names.

        Raises
        ------
        OSError
            If they can't be downloaded.
        ValueError
            If the server sends something else than what was published.
        """
        found = self._load(names)
        missing = [name for name in names if name not in found]
        if missing:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / ".lock"):
                # another process may have been faster
                found |= self._load(missing)
                missing = [name for name in names if name not in found]
                if missing:
                    self._download(missing)
                    found |= self._load(missing)
        return {name: found[name] for name in names}

    def _load(self, names: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        tensors: dict[str, Any] = {name: self._cache.load(name) for name in names}
        if _POSITIONS in tensors:  # not downloaded: they are sinusoids, published in float16
            tensors[_POSITIONS] = sinusoids(1500, self.size.width).astype(np.float16)
        return {
            name: tensor.astype(np.float32)
            for name, tensor in tensors.items()
            if tensor is not None
        }

    def _download(self, names: Collection[str]) -> None:
        fetch = self._download_tensors if checksums(self._model) else self._download_whole
        failures = 0
        while True:
            before = self._n_kept()
            try:
                return fetch(names)
            except Broken as error:
                failures = 1 if self._n_kept() > before else failures + 1
                if failures == _ATTEMPTS:
                    raise self._explain(error) from error
            except OSError as error:
                if error.filename is not None:  # of the cache, not of the network
                    raise
                raise self._explain(error) from error
            except ValueError as error:
                raise ValueError(
                    f"WhisperEncoder: {self._url} is not the published file: {error}. Nothing of "
                    "it is used. Try again; if the error persists, the server, or a proxy on the "
                    "way to it, changes the file."
                ) from error

    def _n_kept(self) -> int:
        """Return how many bytes downloads have brought so far."""
        return sum(file.stat().st_size for file in self.folder.iterdir())

    def _download_tensors(self, names: Collection[str]) -> None:
        """Download the tensors that are missing, each of which has a checksum."""
        names = [name for name in names if self._cache.load(name) is None]
        places = read_header(self._url)
        lacks = [name for name in names if _PREFIX + name not in places]
        if lacks:
            raise ValueError(f"it has no tensor {_PREFIX + lacks[0]!r}")
        wanted = {name: places[_PREFIX + name] for name in names}
        progress = self._show(sum(place.end - place.begin for place in wanted.values()))
        done = 0

        def accept(name: str, data: bytes) -> None:
            nonlocal done
            self._cache.store(name, decode(data, wanted[name]))
            done += len(data)
            progress.advance_to(done / 1024)

        try:
            read_tensors(self._url, wanted, accept)
        finally:
            progress.close()

    def _download_whole(self, names: Collection[str]) -> None:
        """Download the whole file, of which alone a checksum is known; keep the whole encoder."""
        part, n_bytes = self._part, self._published.n_bytes
        done = part.stat().st_size if part.exists() else 0
        if done < n_bytes:
            progress = self._show(n_bytes)
            try:
                with open_at(self._url, done) as (position, read), part.open("ab") as file:
                    file.truncate(position)
                    for begin in range(position, n_bytes, _CHUNK):
                        chunk = read(min(_CHUNK, n_bytes - begin))
                        with naming(part):
                            file.write(chunk)
                            file.flush()
                        progress.advance_to((begin + _CHUNK) / 1024)
            finally:
                progress.close()
        digest = sha256()
        with part.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        if digest.hexdigest() != self._published.sha256:
            part.unlink()
            raise ValueError("its checksum differs")
        whole = SafetensorsFile(part)
        for name in whole.places:
            short = name.removeprefix(_PREFIX)
            if name.startswith(_PREFIX) and short != _POSITIONS:
                self._cache.store(short, whole.read(name))
        part.unlink()

    @property
    def _url(self) -> str:
        server = self._endpoint or os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
        where = f"{self._published.repository}/resolve/{self._published.revision}"
        return f"{server.rstrip('/')}/{where}/model.safetensors"

    @property
    def _part(self) -> Path:
        return self.folder / "model.safetensors.part"

    def _show(self, n_bytes: int) -> Progress:
        kib = -(-n_bytes // 1024)
        return Progress(f"Downloading Whisper {self._model}", kib, self._verbose, unit="KiB")

    def _explain(self, error: OSError) -> OSError:
        return OSError(
            f"WhisperEncoder: the weights of {self._model!r} are not all in "
            f"{str(self.folder)!r}, and can't be downloaded: {error}. What was downloaded "
            "is kept, and the next call resumes there. Without a network, copy that folder from a "
            "machine that has one, or pass a folder with weights as model; for another server, "
            "set HF_ENDPOINT."
        )
