"""What the writes write: clips, models, a report, and a server in the place of publishers."""

import hashlib
import io
import os
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import soundfile

from sersk import (
    evaluate_speaker_independent,
    make_emotional_speech,
    make_ser_pipeline,
    save_model,
)
from sersk.datasets import Remote, get_corpus
from sersk.features.whisper import catalogue, published
from sersk.features.whisper.folders import open_folder
from sersk.features.whisper.network import tensor_names
from sersk.testing import make_whisper_folder

RATE = 16_000
WEIGHTS = "/nobody/whisper-nano/resolve/0123456789/model.safetensors"


def make_things(folder: Path) -> SimpleNamespace:
    """Return clips, a fitted model and its files, a report, and the server's counts by path.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the files.

    Returns
    -------
    things : SimpleNamespace
        What the writes need.
    """
    speech = make_emotional_speech(
        4, 2, emotions=["anger", "sad"], duration=1.0, sample_rate=RATE, random_state=0
    )
    corpus, files = folder / "corpus", []
    for i, (clip, row) in enumerate(zip(speech.data, speech.frame.itertuples(), strict=True)):
        files.append(corpus / row.emotion / f"{row.speaker} {i:02d}.wav")
        files[-1].parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(files[-1], clip, RATE)
    paths = [str(file) for file in files]
    pipeline = make()
    report = evaluate_speaker_independent(
        pipeline, paths, speech.target, speech.groups, cv=2, verbose=0
    )
    pipeline.fit(paths, speech.target)
    server = _Server()
    return SimpleNamespace(
        corpus=corpus,
        paths=paths,
        labels=speech.target,
        pipeline=pipeline,
        report=report,
        model=save_model(pipeline, folder / "model.sersk"),
        pickle=save_model(pipeline, folder / "model.joblib"),
        whisper=_publish_weights(server, folder / "nano"),
        archive=_publish_corpus(server),
        asked=server.asked,
        network=folder / "network.sersk",
    )


def make(**options: object) -> object:
    """Return a small pipeline on functionals."""
    return make_ser_pipeline(
        preset="functionals",
        sample_rate=RATE,
        duration=1.0,
        augmentation=False,
        random_state=0,
        **options,
    )


def train_network(things: SimpleNamespace) -> None:
    """Write the model of a small network, in a process of its own: it imports TensorFlow."""
    model = make_ser_pipeline(**NETWORK)
    save_model(model.fit(things.paths, things.labels), things.network)


NETWORK = {
    "sample_rate": RATE,
    "duration": 1.0,
    "augmentation": False,
    "epochs": 2,
    "model__filters": (2, 4),
    "model__dense_units": (),
    "validation_split": 0,
    "random_state": 0,
}


class _Server(ThreadingHTTPServer):
    """Serves what is in `files`, with ranges, and counts in `asked`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = self.server.files[self.path]
        self.server.asked.append(self.path)
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        begin, end = int(first), int(last) + 1 if last else len(content)
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{len(content)}")
        self.send_header("Content-Length", str(end - begin))
        self.end_headers()
        try:
            self.wfile.write(content[begin:end])
        except OSError:  # the client has no more room
            self.close_connection = True

    def log_message(self, *words: object) -> None:
        pass


def _publish_weights(server: _Server, folder: Path) -> Path:
    """Publish an encoder of random weights: "nano" with checksums of tensors, "whole" of the file.

    Return its folder.
    """
    make_whisper_folder(folder, width=24, n_blocks=3)
    file = folder / "model.safetensors"
    content = file.read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    numbers = np.frombuffer(content[begin:], "<f4").astype("<f2")  # as OpenAI's are
    content = content[:begin] + numbers.astype("<f4").tobytes()
    file.write_bytes(content)
    checksum = hashlib.sha256(content).hexdigest()
    size = open_folder(folder).size
    entry = catalogue.Published(size, "nobody/whisper-nano", "0123456789", len(content), checksum)
    catalogue.MODELS.update(nano=entry, whole=entry)
    tensors = open_folder(folder).read(tensor_names(3, norm=True))
    known = {name: hashlib.sha256(t.astype("<f2").tobytes()).hexdigest()
             for name, t in tensors.items()}  # fmt: skip
    published.checksums = {"nano": known, "whole": {}}.__getitem__
    server.files[WEIGHTS] = content
    os.environ["HF_ENDPOINT"] = server.url
    return folder


def _publish_corpus(server: _Server) -> str:
    """Publish a small RAVDESS; return its address on the server."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for i in range(4):
            sound = io.BytesIO()
            noise = np.random.default_rng(i).uniform(-0.5, 0.5, RATE)
            soundfile.write(sound, noise, RATE, format="WAV")
            packed.writestr(f"Actor_01/03-01-0{3 + i % 2}-01-01-0{1 + i // 2}-01.wav",
                            sound.getvalue())  # fmt: skip
    server.files["/ravdess.zip"] = buffer.getvalue()
    checksum = f"md5:{hashlib.md5(buffer.getvalue()).hexdigest()}"
    # the declaration is frozen; `__dict__` is not
    vars(get_corpus("ravdess"))["archive"] = Remote(
        "ravdess.zip", f"{server.url}/ravdess.zip", checksum
    )
    return "/ravdess.zip"
