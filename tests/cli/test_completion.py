"""Shell completion: commands, options and their choices, without heavy imports."""

import os
import subprocess
import sys

import pytest


def complete(line):
    environment = {
        **os.environ,
        "_SERSK_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    code = (
        "import sys, sersk.cli\n"
        "try:\n    sersk.cli.main()\n"
        "finally:\n    heavy = {'tensorflow', 'sklearn', 'numpy', 'pandas'} & set(sys.modules)\n"
        "    print(sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.stderr.splitlines()[-1] == "[]"
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sersk ", ["demo", "train", "evaluate", "predict", "info", "corpora"]),
        ("sersk train --classifier ", ["cnn", "cnn_lstm", "lstm", "transformer", "discriminant"]),
        ("sersk train --classifier cnn_", ["cnn_lstm"]),
        ("sersk evaluate x --corpus s", ["savee"]),
        ("sersk train --labels ", ["standard", "original"]),
        ("sersk train --emotions anger,s", ["anger,sad", "anger,surprise"]),
        ("sersk demo --we", ["--web"]),
    ],
)
def test_completion(line, expected):
    assert [word for word in complete(line) if word in expected] == expected
