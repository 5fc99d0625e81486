"""`sersk evaluate --conditions`: its table in all forms."""

import csv
import io
import json

from sersk.signal import CONDITIONS

OPTIONS = (
    *("--preset", "functionals", "--no-augmentation", "--folds", "2", "--conditions"),
    *("--duration", "1.0", "--sample-rate", "8000", "--speaker", r"(synthetic-\d+)"),
)


def test_evaluate_under_conditions(sersk, corpus_folder, tmp_path):
    page, told = tmp_path / "report.md", tmp_path / "report.json"
    result = sersk("evaluate", corpus_folder, *OPTIONS, "--csv", "--report", page, "--report", told)
    assert result.exit_code == 0, result.stderr
    rows = json.loads(told.read_text(encoding="utf-8"))["by_condition"]
    assert [row["condition"] for row in rows] == list(CONDITIONS)
    assert rows[0]["changed"] == rows[1]["changed"] == 0  # one level for all, by the preset
    assert "In other places" in page.read_text(encoding="utf-8")
    printed = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(printed) == 16
    for row in rows[1:]:
        changed = sum(one[f"predicted, {row['condition']}"] != one["predicted"] for one in printed)
        assert row["changed"] == changed / 16
