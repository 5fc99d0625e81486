"""The service of the guide under load: 50 requests at a time, hostile uploads, memory.

    python benchmarks/serving.py [--requests 500] [--python PYTHON]

Starts the service of docs/guide/serving.md on this machine with a model on functionals, by this
Python or another one, for instance that of an environment without TensorFlow. Linux only.
"""

import argparse
import io
import os
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import requests
import soundfile

PAGE = Path(__file__).parents[1] / "docs" / "guide" / "serving.md"
URL = "http://127.0.0.1:8765"
AT_A_TIME = 50
TRAIN = """\
import sys
from sersk import make_emotional_speech, make_ser_pipeline, save_model
corpus = make_emotional_speech(2, 1, random_state=0)
model = make_ser_pipeline(preset="functionals", augmentation=False)
save_model(model.fit(corpus.data, corpus.target), sys.argv[1])
assert "tensorflow" not in sys.modules
"""


def make_uploads() -> dict[str, tuple[bytes, int]]:
    """Return uploads by name, each with the status that is right."""
    rng = np.random.default_rng(0)
    sound = io.BytesIO()
    soundfile.write(sound, rng.normal(scale=0.1, size=66_150), 22_050, format="WAV")
    good = sound.getvalue()
    silence = io.BytesIO()
    soundfile.write(silence, np.zeros(22_050), 22_050, format="FLAC")
    return {
        "a clip": (good, 200),
        "nothing": (b"", 422),
        "random bytes": (rng.bytes(100_000), 422),
        "a header alone": (good[:44], 422),
        "silence": (silence.getvalue(), 422),
        "25 MB of zeros": (bytes(25_000_000), 413),
        "a name of a path": (good, 200),
    }


def post(upload: bytes, name: str) -> int:
    answer = requests.post(f"{URL}/emotion", files={"clip": (name, upload)}, timeout=300)
    return answer.status_code


def resident(process: subprocess.Popen) -> float:
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--python", default=sys.executable)
    args = parser.parse_args()
    (code,) = re.findall(r"^```py\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    with TemporaryDirectory() as folder:
        model = Path(folder, "model.sersk")
        Path(folder, "service.py").write_text(code)
        subprocess.run([args.python, "-W", "ignore", "-c", TRAIN, str(model)], check=True)
        server = subprocess.Popen(
            [args.python, "-m", "uvicorn", "service:app", "--port", "8765", "--log-level", "error"],
            cwd=folder,
            env=os.environ | {"SERSK_MODEL": str(model), "OMP_NUM_THREADS": "1"},
        )
        try:
            measure(server, args.requests)
        finally:
            server.terminate()
            server.wait()


def measure(server: subprocess.Popen, n_requests: int) -> None:
    begin = time.monotonic()
    while time.monotonic() - begin < 120:
        try:
            requests.get(f"{URL}/docs", timeout=5)
            break
        except requests.ConnectionError:
            time.sleep(0.2)
    print(f"ready after {time.monotonic() - begin:.1f} s, {resident(server):.0f} MB")
    uploads = make_uploads()
    for name, (upload, right) in uploads.items():
        status = post(upload, "../../etc/passwd" if name == "a name of a path" else "clip.wav")
        print(f"{name}: {status}" + ("" if status == right else f", but {right} is right"))
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for part in range(1, 6):
            begin = time.monotonic()
            sent = [uploads["a clip"][0]] * (n_requests // 5)
            statuses = Counter(pool.map(lambda upload: post(upload, "clip.wav"), sent))
            seconds = time.monotonic() - begin
            print(
                f"part {part}: {dict(statuses)}, {len(sent) / seconds:.1f} a second, "
                f"{resident(server):.0f} MB"
            )


if __name__ == "__main__":
    main()
