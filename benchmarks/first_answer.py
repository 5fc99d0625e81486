"""The first answer of a fresh process: import, `load_model` and one `predict`.

    python benchmarks/first_answer.py [--repetitions 5]

The models are trained before, for moments only: one on functionals, one the published CNN. Beside
the time on the clock there is the processor time, which other processes hardly change, and its
floor: the imports of scikit-learn, and for a network of TensorFlow and Keras, without sersk.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
from _common import print_table, spread

AIMS = {"functionals": 1.5, "published": 4.0}  # s
FLOORS = {
    "functionals": "import sklearn.base",
    "published": "import sklearn.base, tensorflow, keras",
}
TIMED = """\
import json, sys, time
def now():
    return time.perf_counter(), time.process_time()
marks = [now()]
{}
print(json.dumps(marks))
"""
ANSWER = """\
from sersk import load_model
model = load_model(sys.argv[1])
marks.append(now())
model.predict([sys.argv[2]])
marks.append(now())"""
TRAIN = """\
import sys
from sersk import make_emotional_speech, make_ser_pipeline, save_model
corpus = make_emotional_speech(2, 1, random_state=0)
few = {} if sys.argv[1] == "functionals" else {"epochs": 1}
model = make_ser_pipeline(preset=sys.argv[1], augmentation=False, **few)
save_model(model.fit(corpus.data, corpus.target), sys.argv[2])
"""


def run(code: str, *arguments: object) -> str:
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def measure(code: str, *arguments: object) -> np.ndarray:
    """Return seconds of each part, on the clock and of the processor: shape (n_parts, 2)."""
    return np.diff(json.loads(run(TIMED.format(code), *arguments)), axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=5)
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        clip = Path(folder, "clip.wav")
        noise = np.random.default_rng(0).normal(scale=0.1, size=66_150)
        soundfile.write(clip, noise, 22_050)
        rows = []
        for preset, aim in AIMS.items():
            model = Path(folder, f"{preset}.sersk")
            run(TRAIN, preset, model)
            floor = f"{FLOORS[preset]}\nmarks.append(now())"
            answers, floors = [], []
            for _ in range(args.repetitions + 1):  # the first ones fill the caches of the disk
                answers.append(measure(ANSWER, model, clip))
                floors.append(measure(floor))
            whole = [parts.sum(axis=0) for parts in answers[1:]]
            least = [parts[0, 1] for parts in floors[1:]]
            ours = median(one[1] for one in whole) - median(least)
            predict = median(parts[1, 1] for parts in answers[1:])
            rows.append(
                [
                    preset,
                    spread([one[0] for one in whole]),
                    spread([one[1] for one in whole]),
                    spread(least),
                    f"{ours:.2f}",
                    f"{predict:.2f}",
                    f"{aim:g}",
                ]
            )
    print(f"New processes, median and range of {args.repetitions}, in s\n")
    columns = ["preset", "first answer", "processor time", "of it imports of others"]
    print_table([*columns, "sersk's own", "of it predict", "aim"], rows)


if __name__ == "__main__":
    main()
