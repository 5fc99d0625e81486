"""A few hundred cases without children: quick enough for mutation testing."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("first", [0, 40, 80, 120])
def test_cases_end_with_the_right_result_or_a_clear_error(first, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from fuzzing import arrays, checks
    from fuzzing.cases import FAULT, ArrayCase, FileCase, make_case

    for number in range(first, first + 40):
        case = make_case(1, number)
        if isinstance(case, FileCase):
            outcome = checks.check_file(case, str(tmp_path), lambda: "")
        elif isinstance(case, ArrayCase):
            outcome = arrays.check_array(case, str(tmp_path), lambda: "")
        else:
            continue
        assert outcome.result != FAULT, f"1:{number}: {outcome.text}"
