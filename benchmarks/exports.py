"""Exported models beside the pipelines: largest difference, size of the file, time a clip.

    python benchmarks/exports.py [--weights base=FOLDER] [--clips 64]

Clips of RAVDESS, one after the other, on one thread; the runtimes take turns for each clip.
Networks have the published size and are trained for one epoch on 48 clips: their answers do not
matter here.
"""

import argparse
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
from _common import find_paths, print_table  # noqa: E402
from encoder_features import read_folders  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from sersk import AudioLoader, export_litert, export_onnx, make_ser_pipeline, save_model  # noqa: E402

NETWORKS = {
    "mel, cnn (published)": ("cnn", "mel"),
    "MFCC, cnn_lstm": ("cnn_lstm", "mfcc"),
    "mel, lstm": ("lstm", "mel"),
    "mel, transformer": ("transformer", "mel"),
}


def make_systems(weights: dict[str, str]):
    options = {"augmentation": False, "random_state": 0}
    for name, (network, features) in NETWORKS.items():
        yield name, make_ser_pipeline(network, features=features, epochs=1, verbose=0, **options)
    pretrained = make_ser_pipeline(preset="pretrained", **options)
    yield (
        "Whisper base",
        pretrained.set_params(frontend__features__model=weights.get("base", "base")),
    )
    yield "functionals, from the vector", make_ser_pipeline(preset="functionals", **options)


def open_onnx(path: Path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda clip: session.run(None, {name: clip})[0]


def open_litert(path: Path):
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(str(path), num_threads=1)
    model.allocate_tensors()
    (given,), (result,) = model.get_input_details(), model.get_output_details()

    def run(clip):
        model.set_tensor(given["index"], clip)
        model.invoke()
        return model.get_tensor(result["index"])

    return run


def measure(name: str, model, paths: list[str], folder: Path) -> list[str]:
    loader = model["frontend"].named_steps["loader"]
    clips = AudioLoader(duration=loader.duration).transform(paths)
    start = "features" if name.startswith("functionals") else "waveform"
    given = model["frontend"].transform(clips) if start == "features" else clips
    files = {"sersk": save_model(model, folder / "model.sersk")}
    runs = {"sersk": lambda i: model.predict_proba(clips[i : i + 1])[0]}
    if start == "features":
        runs["sersk"] = lambda i: model["classifier"].predict_proba(given[i : i + 1])[0]
    formats = {"ONNX": (export_onnx, open_onnx, "onnx")}
    if not name.startswith("Whisper"):
        formats["LiteRT"] = (export_litert, open_litert, "tflite")
    for kind, (export, opener, suffix) in formats.items():
        files[kind] = export(model, folder / f"model.{suffix}", start=start)
        run = opener(files[kind])
        runs[kind] = lambda i, run=run: run(given[i])
    times, answers = {kind: [] for kind in runs}, {kind: [] for kind in runs}
    with threadpool_limits(1):
        for i in range(len(clips)):
            for kind, run in runs.items():
                if i == 0:
                    run(0)
                begin = time.perf_counter()
                answers[kind].append(run(i))
                times[kind].append(1e3 * (time.perf_counter() - begin))
    rows = []
    for kind in runs:
        difference = np.abs(np.subtract(answers[kind], answers["sersk"])).max()
        rows.append(
            [
                name,
                kind,
                "" if kind == "sersk" else f"{difference:.1e}",
                f"{files[kind].stat().st_size / 1e6:.2f}",
                f"{np.median(times[kind]):.1f}",
            ]
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", nargs="+", default=(), metavar="NAME=FOLDER")
    parser.add_argument("--clips", type=int, default=64)
    args = parser.parse_args()
    paths = find_paths(args.clips)
    if paths is None:
        parser.error("RAVDESS is needed; see SERSK_DATA in benchmarks/README.md")
    trained = find_paths(48)
    y = np.resize(["anger", "happy", "neutral", "sad"], len(trained))
    rows = []
    for name, model in make_systems(read_folders(args.weights)):
        with TemporaryDirectory() as folder:
            rows += measure(name, model.fit(trained, y), paths, Path(folder))
    print_table(["system", "runtime", "largest difference", "file, MB", "median, ms a clip"], rows)


if __name__ == "__main__":
    main()
