"""From features to probabilities, and from a file to a label: one clip at a time.

    python benchmarks/inference.py [--repetitions 40]

The published network (22.7 million parameters) has random weights, on which the time does not
depend. The steps from the file are also timed separately, on prepared arrays: the decoder and the
resampler (soundfile, soxr), the mel spectrogram (our implementation), the bare traced network
(TensorFlow).
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from _common import find_paths, print_table, spread, time_interleaved

from sersk import make_emotional_speech, make_ser_pipeline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = find_paths(8) or write_speech(Path(folder))
        run(paths, arguments.repetitions)


def write_speech(folder: Path) -> list[str]:
    import soundfile

    corpus = make_emotional_speech(2, 1, duration=4.0)
    paths = [str(folder / f"{i}.wav") for i in range(8)]
    for path, clip in zip(paths, corpus.data, strict=False):
        soundfile.write(path, clip, 22050)
    return paths


def run(paths: list[str], repetitions: int) -> None:
    import soundfile
    import soxr
    import tensorflow as tf

    y = np.array(["anger", "disgust", "fear", "happy", "neutral", "sad"])
    pipeline = make_ser_pipeline(random_state=0, augmentation=False)
    frontend, classifier = pipeline["frontend"], pipeline["classifier"]
    features = frontend.fit_transform(paths[:6])
    classifier.partial_fit(features, y)  # one step: weights do not matter here
    one, path = features[:1], paths[0]
    mel = frontend["features"]
    waveform = frontend["loader"].transform([path])

    @tf.function(input_signature=[tf.TensorSpec((None, *one.shape[1:]), tf.float32)])
    def network(x: tf.Tensor) -> tf.Tensor:
        return classifier.model_(x, training=False)

    def decode() -> None:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        mono = sound.mean(axis=1)[: 4 * rate]
        soxr.resample(mono, rate, 22050, quality="HQ")

    parts = {
        "decode and resample": decode,
        "mel spectrogram": lambda: mel.transform_waveforms(waveform),
        "bare network": lambda: network(one).numpy(),
    }
    wholes = {
        "predict_proba of features": lambda: classifier.predict_proba(one),
        "file to label": lambda: pipeline.predict([path]),
    }
    times = time_interleaved(parts | wholes, repetitions)
    print(f"One clip, median and range of {repetitions}, interleaved\n")
    print_table(["work", "ms"], [[name, spread(times[name], 1e-3)] for name in times])
    bare = median(times["bare network"])
    together = sum(median(times[name]) for name in parts)
    print(
        f"\npredict_proba over the bare network: "
        f"{median(times['predict_proba of features']) / bare:.2f}"
        f"\nfile to label over the sum of its parts: "
        f"{median(times['file to label']) / together:.2f}"
    )


if __name__ == "__main__":
    main()
