"""The first answer of a fresh process: import, `load_model` and one `predict`.

    python benchmarks/first_answer.py [--repetitions 5]

The models are trained before, for moments only: one on functionals, one the published CNN.
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
ANSWER = """\
import json, sys, time
begin = time.perf_counter()
from sersk import load_model
model = load_model(sys.argv[1])
loaded = time.perf_counter()
model.predict([sys.argv[2]])
print(json.dumps([loaded - begin, time.perf_counter() - loaded]))
"""
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
            times = [json.loads(run(ANSWER, model, clip)) for _ in range(args.repetitions + 1)][1:]
            whole = [sum(parts) for parts in times]
            loading, predicting = (median(part) for part in zip(*times, strict=True))
            rows.append([preset, spread(whole), f"{loading:.2f}", f"{predicting:.2f}", f"{aim:g}"])
    print(f"New processes, median and range of {args.repetitions}\n")
    print_table(["preset", "first answer, s", "load_model", "predict", "aim"], rows)


if __name__ == "__main__":
    main()
