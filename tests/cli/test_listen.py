"""`sersk listen` and `sersk timeline`: output for users and for programs."""

import io
import json
import signal
import subprocess
import sys
import time
import types

import numpy as np
import pandas as pd
import pytest
import soundfile
from typer.testing import CliRunner

from sersk import EmotionStream, make_emotional_speech, predict_timeline, save_model
from sersk.cli import app

RATE = 16_000


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def model(small_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("a model") / "modèle.sersk"
    save_model(small_model, path)
    return path


@pytest.fixture(scope="module")
def sound():
    clips = make_emotional_speech(1, 1, duration=2.0, sample_rate=RATE, random_state=3).data
    return np.concatenate([clips[0], clips[1], np.zeros(4 * RATE, np.float32)])


@pytest.fixture(scope="module")
def recording(sound, tmp_path_factory):
    path = tmp_path_factory.mktemp("some recordings") / "録音 1.wav"
    soundfile.write(path, sound, RATE)
    return path


def read_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_file_is_played_and_every_result_is_a_json_line(model, recording, small_model):
    result = run("listen", model, "--file", recording, "--speed", 0, "--json")
    assert result.exit_code == 0, result.output
    lines = read_lines(result.stdout)
    stream = EmotionStream(small_model)
    expected = stream.push(soundfile.read(recording, dtype="float32")[0]) + stream.flush()
    assert [line["label"] for line in lines] == [r.label for r in expected]
    assert [line["end"] for line in lines] == pytest.approx([r.end for r in expected])
    for line, known in zip(lines, expected, strict=True):
        if known.speech:
            assert list(line["probabilities"].values()) == pytest.approx(
                known.probabilities, abs=1e-5
            )
        else:
            assert line["probabilities"] is line["raw_probabilities"] is None


def test_output_to_a_pipe_is_lines_of_text(model, recording):
    result = run("listen", model, "-f", recording, "--speed", 0, "--hop", 1.0, "--smoothing", 0)
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert {len(row) for row in rows} == {3}
    assert rows[0][0] == "2.00"
    assert rows[-1][1:] == ["no speech", ""]
    assert 0 < float(rows[0][2]) <= 1


def test_a_file_is_played_in_real_time(model, recording, monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    run("listen", model, "--file", recording, "--speed", 2.0, "--json")
    # `sleep` returns at once: the last wait is half of the 8 s, less the time of computing.
    assert 2.0 < max(slept) <= 4.0
    assert len(slept) >= 80


def test_the_display_has_a_bar_for_each_class(small_model, sound):
    from rich.console import Console

    from sersk.cli.listen import _draw

    stream = EmotionStream(small_model)
    results = [None, *stream.push(sound)]
    for result in (results[0], results[1], results[-1]):
        console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
        console.print(_draw(stream, result))
        console.file.close()
        text = console.export_text()
        assert all(str(label) in text for label in stream.classes_)
        assert ("no speech" in text) == (result is not None and not result.speech)


@pytest.mark.parametrize(
    ("name", "reason"), [("nowhere.wav", "does not exist"), ("text.wav", "is not audio")]
)
@pytest.mark.parametrize("command", ["listen", "timeline"])
def test_a_bad_file_is_one_clear_message(model, tmp_path, command, name, reason):
    (tmp_path / "text.wav").write_text("no sound")
    arguments = ["--file"] if command == "listen" else []
    result = run(command, model, *arguments, tmp_path / name)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_an_interruption_prints_finished_results(model, recording, tmp_path):
    long = tmp_path / "long.wav"
    soundfile.write(long, np.tile(soundfile.read(recording)[0], 20), RATE)
    process = subprocess.Popen(
        [sys.executable, "-m", "sersk", "listen", model, "--file", long, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    first = json.loads(process.stdout.readline())
    time.sleep(1)  # so that there is sound after the first window
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted." in err
    assert "Traceback" not in err
    assert first["end"] == 2.0
    last = read_lines(out)[-1]  # sound after the last full window
    assert last["end"] > first["end"]


class FakePortAudioError(Exception):
    pass


def fake_sounddevice(monkeypatch, sound, devices=({"name": "Mic", "max_input_channels": 1},)):
    """Replace sounddevice by a module whose microphone records a sound, then raises Ctrl-C."""
    opened = []

    class InputStream:
        def __init__(self, **options):
            opened.append(options)
            self.position = 0

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            opened.append("closed")

        def read(self, n_samples):
            part = sound[self.position : self.position + n_samples]
            if not len(part):
                raise KeyboardInterrupt
            self.position += n_samples
            return part[:, np.newaxis], self.position == 2 * n_samples

    def query_devices(device=None, kind=None):
        if kind is None:
            return list(devices)
        if not devices or device not in (None, 0, "Mic"):
            raise ValueError(f"No input device matching {device!r}")
        return devices[0]

    module = types.ModuleType("sounddevice")
    module.InputStream, module.query_devices = InputStream, query_devices
    module.PortAudioError = FakePortAudioError
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return opened


def test_the_microphone_is_recorded_until_ctrl_c(model, sound, small_model, monkeypatch):
    opened = fake_sounddevice(monkeypatch, sound[: 3 * RATE])
    result = run("listen", model, "--device", "0", "--json")
    assert result.exit_code == 130
    assert opened[0]["samplerate"] == RATE
    assert opened[0]["device"] == 0
    assert opened[-1] == "closed"
    assert "Listening; Ctrl-C ends it." in result.stderr
    assert "too slow for the sound" in result.stderr
    stream = EmotionStream(small_model)
    expected = stream.push(sound[: 3 * RATE]) + stream.flush()
    assert [line["end"] for line in read_lines(result.stdout)] == pytest.approx(
        [r.end for r in expected]
    )


def test_without_a_microphone_the_error_says_what_to_do(model, sound, monkeypatch):
    fake_sounddevice(monkeypatch, sound)
    result = run("listen", model, "--device", "Webcam")
    assert result.exit_code == 1
    assert "No input device matching 'Webcam'" in result.stderr
    assert "0: Mic" in result.stderr
    fake_sounddevice(monkeypatch, sound, devices=())
    result = run("listen", model)
    assert "There is none at all" in result.stderr
    assert "--file RECORDING" in result.stderr


def test_without_sounddevice_the_error_says_what_to_install(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    result = run("listen", model)
    assert result.exit_code == 1
    assert "pip install 'sersk[mic]'" in result.stderr


def test_timeline_for_machines(model, recording, small_model):
    expected = predict_timeline(small_model, recording, hop=0.5)
    result = run("timeline", model, recording, "--hop", 0.5, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [window["label"] for window in found["windows"]] == expected.labels.tolist()
    assert found["path"] == str(recording)
    assert found["duration"] == 8.0
    assert found["speech"] == expected.stretches.tolist()
    table = pd.read_csv(
        io.StringIO(run("timeline", model, recording, "--hop", 0.5, "--csv").stdout)
    )
    np.testing.assert_allclose(table["start"], expected.start)
    np.testing.assert_allclose(
        table[list(expected.classes)], expected.probabilities, atol=1e-5, equal_nan=True
    )
    both = run("timeline", model, recording, "--json", "--csv")
    assert both.exit_code == 2


def test_timeline_as_lines_and_with_a_figure(model, recording, tmp_path):
    figure = tmp_path / "a figure.png"
    result = run("timeline", model, recording, "--plot", figure)
    assert result.exit_code == 0, result.output
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[2] for row in rows][-1] == "no speech"
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["a figure.png"]
    every = run("timeline", model, recording, "--all-windows", "--window", 1.5)
    assert every.exit_code == 0
    wrong = run("timeline", model, recording, "--plot", tmp_path / "a.txt")
    assert wrong.exit_code == 2
    assert run("timeline", model, recording, "--plot", tmp_path / "no" / "a.png").exit_code == 1


def test_timeline_suggests_a_valid_window(model, recording):
    result = run("timeline", model, recording, "--window", 9)
    assert result.exit_code == 1
    assert "Pass window=2 or less" in result.stderr
