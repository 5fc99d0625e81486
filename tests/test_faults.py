"""Full, half full and read-only disks, two processes on a folder, killed ones: the quick part.

`python benchmarks/faults.py` runs all; docs/reliability.md has its table.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "faults.py"
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "true"]

pytestmark = pytest.mark.skipif(
    shutil.which("unshare") is None or subprocess.run(NAMESPACE, capture_output=True).returncode,
    reason="needs Linux, and namespaces of users",
)


@pytest.fixture(scope="module")
def rows():
    done = subprocess.run(
        [sys.executable, SCRIPT, "--light", "--json"],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_no_write_has_a_fault(rows):
    faults = [row for row in rows if row["result"] == "fault"]
    assert faults == []


def test_each_write_was_tried_on_each_disk(rows):
    tried = {}
    for row in rows:
        tried.setdefault(row["fault"], set()).add(row["write"])
    assert len(tried["full"]) >= 11
    assert tried["full"] == tried["full halfway"] == tried["read-only"]
    assert len(tried["two processes"]) == 5
    assert "killed while writing" in tried


def test_what_must_be_written_is_an_error_and_a_cache_is_not(rows):
    result = {(row["write"], row["fault"]): row["result"] for row in rows}
    for fault in ("full", "full halfway", "read-only"):
        for name in ("`save_model`, .sersk", "report, HTML", "features on disk, `storage=`"):
            assert result[name, fault] == "error"
        assert result["features of a search, `memory=`", fault] == "right"
        assert result["licence notice, shown", fault] == "right"
