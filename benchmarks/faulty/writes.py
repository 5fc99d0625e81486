"""Every write of sersk: what is on the disk before, the call, and the check of what it gave.

A write is called with the folder of the disk and the things of `things.make_things`. It raises an
AssertionError if it ends with another result than on a good disk.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from faulty import things as making
from faulty.commands import call
from sersk import export_litert, export_onnx, fetch_ravdess, load_model, save_model

OLD = b"the old one"


@dataclass
class Write:
    """One write.

    Attributes
    ----------
    name : str
        For the table.
    run : callable
        Writes, and checks.
    file : str or None
        The file that an error has to name; it has an older content before.
    names : str
        What an error has to name if there is no file.
    may_leave : tuple of str
        Files that may be left after an error: whole ones, and locks.
    halfway : int or None
        Space for a disk that is full halfway (bytes); None is half of the files of a good run.
    heavy : bool
        Whether it takes long: it compiles, or imports TensorFlow.
    """

    name: str
    run: Callable[[Path, SimpleNamespace], object]
    file: str | None = None
    names: str = ""
    may_leave: tuple[str, ...] = ()
    halfway: int | None = None
    heavy: bool = False

    @property
    def is_light(self) -> bool:
        """Whether it takes seconds at most."""
        return not self.heavy and not self.name.startswith("`sersk")

    def prepare(self, disk: Path) -> None:
        """Write what is on the disk before."""
        if self.file is not None:
            (disk / self.file).write_bytes(OLD)


def list_names(names: list[str]) -> str:
    """Return the endings of some files as a text for the table.

    Parameters
    ----------
    names : list of str
        Their names.

    Returns
    -------
    text : str
        "nothing" for none.
    """
    endings = Counter(Path(name).suffix or Path(name).name for name in names)
    listed = (e if n == 1 else f"{n} {e}" for e, n in sorted(endings.items()))
    return ", ".join(listed) or "nothing"


def _equal(model: Any, things: SimpleNamespace) -> None:
    found = model.predict_proba(things.paths)
    np.testing.assert_array_equal(found, things.pipeline.predict_proba(things.paths))


def _save(disk: Path, things: SimpleNamespace, name: str) -> None:
    path = save_model(things.pipeline, disk / name)
    _equal(load_model(path, allow_pickle=True), things)


def _report(disk: Path, things: SimpleNamespace, name: str) -> None:
    text = things.report.save(disk / name).read_text(encoding="utf-8")
    assert "UAR" in text or '"uar"' in text


def _onnx(disk: Path, things: SimpleNamespace) -> None:
    import onnx

    onnx.checker.check_model(export_onnx(things.pipeline, disk / "model.onnx", start="features"))


def _litert(disk: Path, things: SimpleNamespace) -> None:
    network = load_model(things.network)
    assert export_litert(network, disk / "model.tflite").stat().st_size > 1000


def _storage(disk: Path, things: SimpleNamespace) -> None:
    frontend = things.pipeline[0].set_params(storage=disk / "features")
    found = frontend.transform(things.paths)
    np.testing.assert_array_equal(found, frontend.set_params(storage=None).transform(things.paths))


def _memory(disk: Path, things: SimpleNamespace) -> None:
    model = making.make(memory=str(disk / "cache"))
    _equal(model.fit(things.paths, things.labels), things)


def _weights(disk: Path, things: SimpleNamespace, name: str) -> None:
    from sersk import WhisperEncoder

    os.environ["SERSK_CACHE_HOME"] = str(disk / "weights")
    X = np.random.default_rng(0).normal(size=(1, 4000)).astype(np.float32)
    found = WhisperEncoder(name, layers=1).fit_transform(X)
    expected = WhisperEncoder(things.whisper, layers=1).fit_transform(X)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def _corpus(disk: Path, things: SimpleNamespace) -> None:
    assert len(fetch_ravdess(disk / "corpora", verbose=0).data) == 4


def _notice(disk: Path, things: SimpleNamespace) -> None:
    os.environ["SERSK_CACHE_HOME"] = str(disk / "weights")
    assert "\t" in call("predict", things.paths[0])


def _compiled(disk: Path, things: SimpleNamespace) -> None:
    os.environ["NUMBA_CACHE_DIR"] = str(disk / "loops")
    from sersk import MelSpectrogramTransformer, use_backend

    X = np.random.default_rng(0).normal(size=(1, 4000)).astype(np.float32)
    features = MelSpectrogramTransformer(sample_rate=making.RATE)
    with use_backend("compiled"):
        found = features.fit_transform(X)
    np.testing.assert_allclose(found, features.fit_transform(X), rtol=1e-4, atol=1e-4)


def train(folder: Path, things: SimpleNamespace, **options: Any) -> list[np.ndarray]:
    """Train a network with a checkpoint; return its weights."""
    from sersk import make_ser_pipeline

    model = make_ser_pipeline(**making.NETWORK | options)
    model.fit(things.paths, things.labels, classifier__checkpoint=folder)
    return model[-1].model_.get_weights()


def _checkpoint(disk: Path, things: SimpleNamespace) -> None:
    weights = train(disk / "state", things)
    expected = load_model(things.network)[-1].model_.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(weights, expected, strict=True))


def _train(disk: Path, things: SimpleNamespace) -> None:
    options = ("--sample-rate", making.RATE, "--duration", 1, "--no-augmentation", "--quiet")
    call("train", things.corpus, "-o", disk / "model.sersk", *options)
    load_model(disk / "model.sersk").predict(things.paths)


def _evaluate(disk: Path, things: SimpleNamespace) -> None:
    options = ("--sample-rate", making.RATE, "--duration", 1, "--no-augmentation", "--quiet")
    speaker = ("--speaker", r"(synthetic-\d+)", "--folds", 2)
    call("evaluate", things.corpus, *options, *speaker, "--report", disk / "report.html")
    assert "</html>" in (disk / "report.html").read_text(encoding="utf-8")


def _adapt(disk: Path, things: SimpleNamespace) -> None:
    call("adapt", things.model, things.corpus, "-o", disk / "mine.sersk")
    load_model(disk / "mine.sersk").predict(things.paths)


def _convert(disk: Path, things: SimpleNamespace) -> None:
    call("convert", things.pickle, disk / "new.sersk", "--allow-pickle")
    _equal(load_model(disk / "new.sersk"), things)


def _export(disk: Path, things: SimpleNamespace) -> None:
    import onnx

    call("export", things.model, "-o", disk / "model.onnx", "--from-features")
    onnx.checker.check_model(disk / "model.onnx")


def _plot(disk: Path, things: SimpleNamespace) -> None:
    call("timeline", things.model, things.paths[0], "--plot", disk / "plot.png")
    assert (disk / "plot.png").read_bytes().startswith(b"\x89PNG")


def _stdin(disk: Path, things: SimpleNamespace) -> None:
    import tempfile

    tempfile.tempdir = str(disk)
    words = call("predict", things.model, "-", stdin=Path(things.paths[0]).read_bytes())
    assert words.startswith("-\t")


def _demo(disk: Path, things: SimpleNamespace) -> None:
    from sersk.cli.demo import run_demo

    few = {"n_speakers": 4, "n_repetitions": 1, "n_folds": 2, "epochs": 1}
    run_demo(disk / "demo", 0, tell=False, **few)
    assert len(list((disk / "demo" / "clips").iterdir())) == 6


WRITES = [
    Write("`save_model`, .sersk", lambda *a: _save(*a, "model.sersk"), "model.sersk"),
    Write("`save_model`, .joblib", lambda *a: _save(*a, "model.joblib"), "model.joblib"),
    Write("report, HTML", lambda *a: _report(*a, "report.html"), "report.html"),
    Write("report, JSON", lambda *a: _report(*a, "report.json"), "report.json"),
    Write("report, Markdown", lambda *a: _report(*a, "report.md"), "report.md"),
    Write("`export_onnx`", _onnx, "model.onnx"),
    Write("`export_litert`", _litert, "model.tflite", heavy=True),
    Write("features on disk, `storage=`", _storage, names="features", halfway=8192),
    Write("features of a search, `memory=`", _memory, names="cache"),
    Write(
        "weights, tensor by tensor",
        lambda *a: _weights(*a, "nano"),
        names="weights",
        may_leave=(".lock", ".npy"),
    ),
    Write(
        "weights, the whole file",
        lambda *a: _weights(*a, "whole"),
        names="weights",
        may_leave=(".lock", ".npy", ".part"),
    ),
    Write("`fetch_ravdess`", _corpus, names="corpora", may_leave=(".lock", ".part", ".version")),
    Write("licence notice, shown", _notice, names="weights"),
    Write("compiled loops", _compiled, names="loops", heavy=True),
    Write("`fit(checkpoint=)`", _checkpoint, names="state", heavy=True),
    Write("`sersk train -o`", _train, "model.sersk"),
    Write("`sersk evaluate --report`", _evaluate, "report.html"),
    Write("`sersk adapt -o`", _adapt, "mine.sersk"),
    Write("`sersk convert`", _convert, "new.sersk"),
    Write("`sersk export -o`", _export, "model.onnx"),
    Write("`sersk timeline --plot`", _plot, "plot.png"),
    Write("`sersk predict -`, standard input", _stdin, names="", halfway=8192),
    Write("`sersk demo -o`", _demo, names="demo", may_leave=(".sersk", ".wav"), heavy=True),
]
