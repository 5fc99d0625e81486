"""Whisper's encoder in numpy beside CTranslate2 and onnxruntime, in float32 and int8.

    python benchmarks/encoder_engines.py FOLDER [FOLDER ...] [--repetitions 9] [--threads 1 2]

Each FOLDER holds a model in CTranslate2's format, which is the only one that CTranslate2 runs. It
needs ``pip install ctranslate2 onnxruntime onnx``. The spectrogram of one clip of 4 s, without
padding, is encoded by all engines, interleaved: by the whole encoder, which is all that CTranslate2
gives, and by its first half. On one thread the time is processor time of the whole process; on two
threads it is the time for a clip when each engine encodes eight clips, numpy two at a time. The
greatest difference from numpy's last layer is given in units of its largest number.
"""

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from _common import make_clips, print_table, spread, time_interleaved
from threadpoolctl import threadpool_limits

from sersk.features.whisper.folders import open_folder
from sersk.features.whisper.log_mel import log_mel
from sersk.features.whisper.network import Encoder, tensor_names
from sersk.signal import resample

N_CLIPS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], choices=[1, 2])
    arguments = parser.parse_args()
    clips, source = make_clips(1)
    mel = log_mel(resample(clips[0], 22_050, 16_000))
    print(
        f"A clip of {len(mel) / 100:.2f} s ({source}), median and range of "
        f"{arguments.repetitions}, interleaved\n"
    )
    for n_threads in arguments.threads:
        rows = []
        for folder in arguments.folders:
            rows += measure(folder, mel, n_threads, arguments.repetitions)
        unit = "processor ms a clip" if n_threads == 1 else "ms a clip, 8 clips"
        print_table(["model", "blocks", "engine", unit, "over numpy", "difference"], rows)
        print()


def measure(folder: Path, mel: np.ndarray, n_threads: int, repetitions: int) -> list[list[str]]:
    """Return the rows of a model."""
    encoder = Encoder(open_folder(folder))
    n_blocks = encoder.size.n_blocks
    rows = []
    for blocks in (n_blocks // 2, n_blocks):
        layer = "last" if blocks == n_blocks else blocks
        encode = {"numpy": lambda layer=layer: encoder.run(mel, [layer])[0]}
        for kind in ("float32", "int8"):
            encode[f"onnxruntime, {kind}"] = run_onnx(folder, blocks, mel, kind, n_threads)
            if blocks == n_blocks:
                encode[f"CTranslate2, {kind}"] = run_ctranslate2(folder, mel, kind, n_threads)
        right = encode["numpy"]()
        differences = {
            name: float(np.abs(task() - right).max() / np.abs(right).max())
            for name, task in encode.items()
        }
        with threadpool_limits(1, user_api="blas"):
            if n_threads == 1:
                times = time_interleaved(encode, repetitions, time.process_time)
            else:
                several = {name: repeat(name, task) for name, task in encode.items()}
                times = time_interleaved(several, repetitions)
                times = {name: [t / N_CLIPS for t in found] for name, found in times.items()}
        for name, found in times.items():
            ratios = [t / own for t, own in zip(found, times["numpy"], strict=True)]
            rows.append(
                [
                    folder.name,
                    str(layer),
                    name,
                    spread([1000 * t for t in found]),
                    spread(ratios),
                    f"{differences[name]:.1g}",
                ]
            )
    return rows


def repeat(name, encode):
    """Return a task that encodes several clips: numpy two at a time, the others by two threads."""
    if name != "numpy":
        return lambda: [encode() for _ in range(N_CLIPS)]
    pool = ThreadPoolExecutor(2)
    return lambda: list(pool.map(lambda _: encode(), range(N_CLIPS)))


def run_ctranslate2(folder, mel, kind, n_threads):
    import ctranslate2

    model = ctranslate2.models.Whisper(
        str(folder), compute_type=kind, inter_threads=1, intra_threads=n_threads
    )
    features = ctranslate2.StorageView.from_array(np.ascontiguousarray(mel.T[np.newaxis]))
    return lambda: np.array(model.encode(features, to_cpu=True))[0]


def run_onnx(folder, n_blocks, mel, kind, n_threads):
    import onnxruntime
    from onnxruntime.quantization import quantize_dynamic

    file = folder / f"encoder_{n_blocks}_{os.getpid()}.onnx"
    file.write_bytes(make_onnx(open_folder(folder), n_blocks).SerializeToString())
    if kind == "int8":
        quantize_dynamic(file, file, op_types_to_quantize=["MatMul"], per_channel=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
    session = onnxruntime.InferenceSession(
        file.read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    file.unlink()
    features = {"mel": np.ascontiguousarray(mel.T[np.newaxis])}
    return lambda: session.run(None, features)[0][0]


def make_onnx(tensors, n_blocks):
    """Return the first blocks of an encoder as an ONNX model; the whole one with its last norm."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    size = tensors.size
    whole = n_blocks == size.n_blocks
    weights = tensors.read(tensor_names(n_blocks, norm=whole))
    heads, head = size.n_heads, size.width // size.n_heads
    nodes, constants = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(kind, *inputs, **attributes):
        nodes.append(helper.make_node(kind, inputs, [f"x{len(nodes)}"], **attributes))
        return nodes[-1].output[0]

    def dense(x, name):
        x = node("MatMul", x, constant(f"{name}.w", weights[f"{name}.weight"].T))
        bias = weights.get(f"{name}.bias")
        return x if bias is None else node("Add", x, constant(f"{name}.b", bias))

    def norm(x, name):
        names = [
            constant(f"{name}.{kind}", weights[f"{name}.{kind}"]) for kind in ("weight", "bias")
        ]
        return node("LayerNormalization", x, *names, epsilon=1e-5, axis=-1)

    split = constant("split", np.array([1, -1, heads, head]))
    join = constant("join", np.array([1, -1, size.width]))
    scale = constant("scale", np.float32(head**-0.5))
    x = "mel"
    for name, stride in (("conv1", 1), ("conv2", 2)):
        names = [
            constant(f"{name}.{kind}", weights[f"{name}.{kind}"]) for kind in ("weight", "bias")
        ]
        x = node("Gelu", node("Conv", x, *names, strides=[stride], pads=[1, 1]))
    x = node("Transpose", x, perm=[0, 2, 1])
    n_frames = node("Slice", node("Shape", x), *(constant(f"i{i}", np.array([i])) for i in (1, 2)))
    positions = constant("positions", weights["embed_positions.weight"])
    zero = constant("zero", np.array([0]))
    x = node("Add", x, node("Slice", positions, zero, n_frames, zero))
    for block in range(n_blocks):
        prefix = f"layers.{block}"
        y = norm(x, f"{prefix}.self_attn_layer_norm")
        q, k, v = (
            node("Reshape", dense(y, f"{prefix}.self_attn.{letter}_proj"), split)
            for letter in "qkv"
        )
        q, v = (node("Transpose", z, perm=[0, 2, 1, 3]) for z in (node("Mul", q, scale), v))
        scores = node("MatMul", q, node("Transpose", k, perm=[0, 2, 3, 1]))
        mixed = node("MatMul", node("Softmax", scores, axis=-1), v)
        mixed = node("Reshape", node("Transpose", mixed, perm=[0, 2, 1, 3]), join)
        x = node("Add", x, dense(mixed, f"{prefix}.self_attn.out_proj"))
        y = node("Gelu", dense(norm(x, f"{prefix}.final_layer_norm"), f"{prefix}.fc1"))
        x = node("Add", x, dense(y, f"{prefix}.fc2"))
    x = norm(x, "layer_norm") if whole else x
    shapes = [["mel", [1, size.n_mels, "n"]], [x, [1, "m", size.width]]]
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name, shape in shapes
    )
    graph = helper.make_graph(nodes, "encoder", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    main()
