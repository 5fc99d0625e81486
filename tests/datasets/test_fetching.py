"""Fetching from a local server: complete, interrupted, wrong and absent files."""

import hashlib
import io
import json
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import soundfile

from sersk import fetch_crema_d, fetch_emodb, fetch_ravdess, fetch_tess
from sersk.datasets import Remote, _fetching, get_corpus

NAMES = [
    f"Actor_{actor}/03-01-{emotion}-01-01-01-{actor}.wav"
    for actor in ("01", "02")
    for emotion in ("03", "05")
]


def make_wav(seed=0, n_samples=4000):
    buffer = io.BytesIO()
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, n_samples)
    soundfile.write(buffer, noise, 16000, format="WAV")
    return buffer.getvalue()


def make_zip(names, content=None):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for seed, name in enumerate(names):
            packed.writestr(name, make_wav(seed, 400_000 // len(names)))
    return buffer.getvalue()


class Publisher(ThreadingHTTPServer):
    """Serves `files`; ends each answer after `limit` bytes, if set."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.requests = {}, []
        self.limit, self.ranges, self.etag = None, True, '"1"'

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def bytes_asked_for(self):
        return [headers.get("Range") for _, headers in self.requests]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.requests.append((self.path, dict(self.headers)))
        content = server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = 0
        asked = self.headers.get("Range")
        same = self.headers.get("If-Range") == server.etag
        if asked and server.ranges and same:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if server.etag:
            self.send_header("ETag", server.etag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:][: server.limit])

    def log_message(self, *args):
        pass


@pytest.fixture
def publisher():
    with Publisher() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def archive(publisher, monkeypatch):
    """A small RAVDESS, published with its checksum."""
    content = make_zip(NAMES)
    publisher.files["/ravdess.zip"] = content
    checksum = f"md5:{hashlib.md5(content).hexdigest()}"
    remote = Remote("ravdess.zip", f"{publisher.url}/ravdess.zip", checksum)
    # The declaration is frozen; `__dict__` is not.
    monkeypatch.setitem(vars(get_corpus("ravdess")), "archive", remote)
    return content


def test_an_archive_is_fetched_once_and_loaded(publisher, archive, tmp_path, capfd):
    corpus = fetch_ravdess(tmp_path, verbose=0)
    assert sorted(corpus.target) == ["anger", "anger", "happy", "happy"]
    assert set(corpus.groups) == {"ravdess-01", "ravdess-02"}
    assert soundfile.info(corpus.data[0]).samplerate == 16000
    again = fetch_ravdess(tmp_path, emotions=["anger"], verbose=0)
    assert list(again.target) == ["anger", "anger"]
    assert len(publisher.requests) == 1
    assert [path.name for path in tmp_path.iterdir() if path.name[0] != "."] == ["ravdess"]
    assert capfd.readouterr() == ("", "")


def test_the_folder_can_be_named_by_the_environment(archive, tmp_path, monkeypatch):
    monkeypatch.setenv("SERSK_DATA_HOME", str(tmp_path / "here"))
    corpus = fetch_ravdess(verbose=0)
    assert str(tmp_path / "here") in corpus.data[0]


def test_progress_goes_to_stderr(archive, tmp_path, capfd):
    fetch_ravdess(tmp_path)
    out, err = capfd.readouterr()
    assert out == ""
    assert "Downloading ravdess.zip" in err
    assert "KiB/s" in err


def test_an_interrupted_download_is_continued(publisher, archive, tmp_path):
    publisher.limit = 300 * 1024  # of 782 KiB
    fetch_ravdess(tmp_path, verbose=0)
    # each time from the last whole chunk of 64 KiB on
    assert publisher.bytes_asked_for == [None, *(f"bytes={n * 256 * 1024}-" for n in (1, 2))]


def test_the_next_call_continues_where_the_last_one_stopped(publisher, archive, tmp_path):
    publisher.limit = 128 * 1024
    with pytest.raises(OSError, match=r"broke repeatedly.*resumes there"):
        fetch_ravdess(tmp_path, verbose=0)
    assert not (tmp_path / "ravdess").exists()
    done = 5 * publisher.limit  # five attempts
    publisher.limit = None
    publisher.requests.clear()
    assert len(fetch_ravdess(tmp_path, verbose=0).data) == 4
    assert publisher.bytes_asked_for == [f"bytes={done}-"]


@pytest.mark.parametrize("change", ["no ranges", "no tag", "another version"])
def test_a_download_that_cannot_be_continued_starts_over(publisher, archive, tmp_path, change):
    publisher.limit = len(archive) // 10
    publisher.etag = None if change == "no tag" else '"1"'
    with pytest.raises(OSError, match="broke repeatedly"):
        fetch_ravdess(tmp_path, verbose=0)
    publisher.limit = None
    publisher.ranges = change != "no ranges"
    publisher.etag = '"2"'
    assert len(fetch_ravdess(tmp_path, verbose=0).data) == 4


def test_a_file_that_is_not_the_published_one_is_not_kept(publisher, archive, tmp_path):
    publisher.files["/ravdess.zip"] = make_zip(NAMES[:2])
    with pytest.raises(ValueError, match=r"is not the published one.*md5:"):
        fetch_ravdess(tmp_path, verbose=0)
    assert not [path for path in tmp_path.iterdir() if path.name[0] != "."]
    publisher.files["/ravdess.zip"] = archive
    assert len(fetch_ravdess(tmp_path, verbose=0).data) == 4


def test_a_moved_corpus_and_no_network(publisher, archive, tmp_path):
    with pytest.raises(OSError, match=r"answers 404 Not Found.*may have moved, see https://doi"):
        fetch_ravdess(tmp_path, url=f"{publisher.url}/moved.zip", verbose=0)
    publisher.shutdown()
    publisher.server_close()
    with pytest.raises(OSError, match=r"no connection to http://127.*load_ravdess"):
        fetch_ravdess(tmp_path, verbose=0)
    with pytest.raises(FileNotFoundError, match="download_if_missing is False"):
        fetch_ravdess(tmp_path, download_if_missing=False)


def test_a_manually_downloaded_archive_is_used_and_kept(publisher, archive, tmp_path):
    (tmp_path / "ravdess.zip").write_bytes(archive)
    assert len(fetch_ravdess(tmp_path, verbose=0).data) == 4
    assert not publisher.requests
    assert (tmp_path / "ravdess.zip").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Please log in</html>", "not a readable zip archive"),
        (make_zip(["wav/03a01Wa.wav"])[:-3000], "not a readable zip archive"),
        (make_zip(["../03a01Wa.wav"]), "leads out of its folder"),
    ],
)
def test_broken_archives_leave_nothing(publisher, tmp_path, content, message):
    publisher.files["/emodb.zip"] = content
    with pytest.raises(ValueError, match=message):
        fetch_emodb(tmp_path / "home", url=f"{publisher.url}/emodb.zip", verbose=0)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name[0] != "."]


def test_an_interrupted_unpacking_leaves_no_corpus(publisher, tmp_path, monkeypatch):
    publisher.files["/emodb.zip"] = make_zip(["wav/03a01Wa.wav", "wav/03a01Fa.wav"])
    url = f"{publisher.url}/emodb.zip"

    def interrupted(self, *args):
        self.extract("wav/03a01Wa.wav", *args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "extractall", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch_emodb(tmp_path, url=url, verbose=0)
    assert not (tmp_path / "emodb").exists()
    assert len(fetch_emodb(tmp_path, url=url, verbose=0).data) == 2


def test_a_full_disk_is_reported_before_unpacking(publisher, archive, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(_fetching.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OSError, match=r"MB are needed in .*, 0 MB are free"):
        fetch_ravdess(tmp_path, verbose=0)
    assert not (tmp_path / "ravdess").exists()


def test_concurrent_calls_fetch_once(publisher, archive, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        corpora = list(pool.map(lambda _: fetch_ravdess(tmp_path, verbose=0), range(2)))
    assert [len(corpus.data) for corpus in corpora] == [4, 4]
    assert len(publisher.requests) == 1


def test_files_listed_by_a_dataverse_server(publisher, tmp_path):
    entries = []
    for number, name in enumerate(["OAF_back_angry.wav", "YAF_back_sad.wav", "readme.txt"]):
        content = make_wav(number)
        publisher.files[f"/api/access/datafile/{number}"] = content
        checksum = {"type": "MD5", "value": hashlib.md5(content).hexdigest()}
        entries.append({"dataFile": {"id": number, "filename": name, "checksum": checksum}})
    listing = "/api/datasets/:persistentId/?persistentId=doi:10.5683/SP2/E8H2MF"
    publisher.files[listing] = json.dumps({"data": {"latestVersion": {"files": entries}}}).encode()
    good = publisher.files["/api/access/datafile/1"]
    publisher.files["/api/access/datafile/1"] = b"something else"
    with pytest.raises(ValueError, match="datafile/1 gave a file that is not the published one"):
        fetch_tess(tmp_path, url=publisher.url, verbose=0)
    assert not (tmp_path / "tess").exists()
    publisher.files["/api/access/datafile/1"] = good
    publisher.requests.clear()
    corpus = fetch_tess(tmp_path, url=publisher.url, verbose=0)
    assert sorted(corpus.target) == ["anger", "sad"]
    assert "/api/access/datafile/0" not in [path for path, _ in publisher.requests]
    publisher.files[listing] = b"<html>"
    with pytest.raises(OSError, match="does not answer with a list of files"):
        fetch_tess(tmp_path / "other", url=publisher.url, verbose=0)


def test_files_listed_in_a_repository(publisher, tmp_path):
    names = ["1001_DFA_ANG_XX", "1002_IEO_SAD_HI"]
    listing = "Stimulus_Number,Filename\n" + "".join(f"{i},{n}\n" for i, n in enumerate(names, 1))
    publisher.files["/SentenceFilenames.csv"] = listing.encode()
    people = "ActorID,Age,Sex,Race,Ethnicity\n"
    people += "".join(f"{1001 + i},{20 + i},Female,Asian,Not Hispanic\n" for i in range(91))
    publisher.files["/VideoDemographics.csv"] = people.encode()
    for name in names:
        publisher.files[f"/AudioWAV/{name}.wav"] = make_wav()
    corpus = fetch_crema_d(tmp_path, url=publisher.url, verbose=0)
    assert sorted(corpus.target) == ["anger", "sad"]
    assert corpus.frame["age"].tolist() == [20, 21]
