"""Commands on recordings of telephones and browsers, which an engine reads."""

import numpy as np
import pytest
import soundfile

FORMS = {
    "a.m4a": ("ipod", "aac", 16_000),
    "b.webm": ("webm", "libopus", 48_000),
    "c.amr": ("amr", "libopencore_amrnb", 8_000),
}


@pytest.fixture
def calls(encode, corpus_folder, tmp_path):
    clip, rate = soundfile.read(min(corpus_folder.rglob("*.wav")), dtype="int16")
    for name, (container, codec, new_rate) in FORMS.items():
        samples = np.repeat(clip, new_rate // rate)
        (tmp_path / name).write_bytes(encode(samples, new_rate, container, codec))
    (tmp_path / "cut.m4a").write_bytes((tmp_path / "a.m4a").read_bytes()[:2_000])
    return tmp_path


def test_they_are_predicted_and_a_damaged_one_is_named(sersk, light_model, calls):
    result = sersk("predict", light_model.path, calls)
    assert result.exit_code == 3
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == [
        str(calls / name) for name in FORMS
    ]
    assert f"{calls}/cut.m4a" in result.stderr
    assert "is truncated" in result.stderr


def test_the_timeline(sersk, light_model, calls):
    result = sersk("timeline", light_model.path, calls / "b.webm", "--csv")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("start,end,speech,label,anger,sad\n0")
