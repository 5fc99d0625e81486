"""Some hundred damaged .sersk files: each is refused by name, or predicts the same bits."""

from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]


def test_no_damage_of_a_model_file_is_a_fault(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from fuzzing import model_files

    from sersk import load_model

    path = ROOT / "tests" / "models" / "format-1.sersk"
    monkeypatch.setattr("sersk.persistence.loading.warn_of_versions", lambda *args, **kwargs: None)
    clips = [np.random.default_rng(0).normal(size=4_000).astype(np.float32)]
    right = load_model(path).predict_proba(clips)
    counts, faults = model_files.check_damage(path.read_bytes(), clips, right, 300, every=61)
    assert not faults, faults
    assert len(counts) == 6
    assert sum(found["clear errors"] for found in counts.values()) > 500
    # what is forged with right checksums is refused, or is a model
    refusals = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        names = rng.choice(["set", "delete", "swap"], size=rng.integers(1, 4)).tolist()
        changes = [[name, rng.random(), rng.random()] for name in names]
        forged = tmp_path / "forged.sersk"
        forged.write_bytes(model_files.forge(path.read_bytes(), changes))
        try:
            assert hasattr(load_model(forged), "predict_proba")
        except ValueError as error:
            refusals.append(str(error))
    assert len(refusals) > 10
    assert all("forged.sersk" in text for text in refusals)
