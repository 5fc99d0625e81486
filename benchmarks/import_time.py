"""Time of `import sersk` and `sersk --help`, compared with `import sklearn`.

python benchmarks/import_time.py [--repetitions 9]
"""

import argparse
import subprocess
import sys
from statistics import median

from _common import print_table, spread, time_interleaved


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=9)
    arguments = parser.parse_args()
    commands = {
        "import sklearn": ["-c", "import sklearn"],
        "import sersk": ["-c", "import sersk"],
        "from sersk import MelSpectrogramTransformer": [
            "-c",
            "from sersk import MelSpectrogramTransformer",
        ],
        "sersk --help": ["-m", "sersk", "--help"],
    }
    times = time_interleaved(
        {
            name: lambda words=words: subprocess.run(
                [sys.executable, *words], check=True, capture_output=True
            )
            for name, words in commands.items()
        },
        arguments.repetitions,
    )
    print(f"New processes, median and range of {arguments.repetitions}, interleaved\n")
    reference = median(times["import sklearn"])
    print_table(
        ["what", "s", "over import sklearn"],
        [[name, spread(t), f"{median(t) / reference:.2f}"] for name, t in times.items()],
    )


if __name__ == "__main__":
    main()
