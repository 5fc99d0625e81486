"""Weights by name and from folders: ranges, resuming, checksums, the cache, three formats."""

import hashlib
import io
import json
import os
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sersk import WhisperEncoder
from sersk.features import download_whisper
from sersk.features.whisper import cache, catalogue, models, published, remote
from sersk.features.whisper.ctranslate2 import CTranslate2File
from sersk.features.whisper.folders import open_folder
from sersk.features.whisper.network import tensor_names
from sersk.features.whisper.safetensors import SafetensorsFile
from sersk.testing import make_whisper_folder

X = np.random.default_rng(0).normal(size=(2, 22_050)).astype(np.float32)
ADDRESS = "/nobody/whisper-nano/resolve/0123456789/model.safetensors"


def in_half_precision(content):
    """Return a safetensors file of float32 whose numbers are float16's, as OpenAI's are."""
    size = 8 + int.from_bytes(content[:8], "little")
    numbers = np.frombuffer(content[size:], "<f4").astype("<f2").astype("<f4")
    return content[:size] + numbers.tobytes()


@pytest.fixture
def nano(server, monkeypatch, tmp_path):
    """A published model with checksums of its tensors; returns its folder."""
    folder = make_whisper_folder(tmp_path / "nano", width=24, n_blocks=3)
    file = folder / "model.safetensors"
    file.write_bytes(in_half_precision(file.read_bytes()))
    server.path, server.content = ADDRESS, file.read_bytes()
    size = open_folder(folder).size
    entry = catalogue.Published(
        size,
        "nobody/whisper-nano",
        "0123456789",
        len(server.content),
        hashlib.sha256(server.content).hexdigest(),
    )
    monkeypatch.setitem(catalogue.MODELS, "nano", entry)
    monkeypatch.setitem(catalogue.MODELS, "whole", entry)  # no checksums of tensors
    known = {
        name: hashlib.sha256(tensor.astype("<f2").tobytes()).hexdigest()
        for name, tensor in open_folder(folder).read(tensor_names(3, norm=True)).items()
    }
    monkeypatch.setattr(published, "checksums", {"nano": known, "whole": {}}.get)
    return folder


def n_bytes_of(folder, n_blocks):
    """Return the bytes of the tensors of the first blocks in float32."""
    tensors = open_folder(folder).read(tensor_names(n_blocks)[5:])
    convolutions = open_folder(folder).read(tensor_names(0)[:4])
    return sum(tensor.nbytes for tensor in [*tensors.values(), *convolutions.values()])


def n_bytes_asked(asked):
    spans = [span.removeprefix("bytes=").split("-") for span in asked]
    return sum(int(end) - int(begin) + 1 for begin, end in spans)


def test_only_the_tensors_that_are_needed_are_downloaded(server, nano):
    vectors = WhisperEncoder("nano", layers=1).fit_transform(X)
    np.testing.assert_array_equal(vectors, WhisperEncoder(nano, layers=1).fit_transform(X))
    header = SafetensorsFile(nano / "model.safetensors").places
    n_header = min(place.begin for place in header.values())
    assert n_bytes_asked(server.asked) == n_bytes_of(nano, 1) + n_header + 8
    server.asked.clear()
    WhisperEncoder("nano", layers=2).fit(X)
    more = n_bytes_of(nano, 2) - n_bytes_of(nano, 1)
    assert n_bytes_asked(server.asked) == more + n_header + 8


def test_the_cache_serves_without_a_network_and_in_float16(server, nano, monkeypatch):
    expected = WhisperEncoder("nano", layers=[0, "last"]).fit_transform(X)
    folder = cache.cache_home() / "whisper" / "nano-01234567"
    assert np.load(folder / "layers.2.fc2.weight.npy").dtype == np.float16
    monkeypatch.setattr(models, "_encoders", {})  # a new process
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    found = WhisperEncoder("nano", layers=[0, "last"]).fit_transform(X)
    np.testing.assert_array_equal(found, expected)


def test_no_network(server, nano, monkeypatch):
    WhisperEncoder("nano", layers=1).fit(X)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    WhisperEncoder("nano", layers=1).fit(X)
    with pytest.raises(
        OSError, match=r"'nano' are not all in .* can't be downloaded: no conn.*copy"
    ):
        WhisperEncoder("nano", layers=2).fit(X)
    # names need no weights
    assert len(WhisperEncoder("nano", layers=2).get_feature_names_out()) == 48


@pytest.mark.parametrize("model", ["nano", "whole"])
def test_a_server_without_ranges(server, nano, model):
    server.ranges = False
    vectors = WhisperEncoder(model, layers=2).fit_transform(X)
    np.testing.assert_array_equal(vectors, WhisperEncoder(nano, layers=2).fit_transform(X))
    # the header by two requests, then the file from its beginning once
    assert len(server.asked) == (3 if model == "nano" else 1)


@pytest.mark.parametrize("model", ["nano", "whole"])
def test_a_broken_download_is_resumed(server, nano, model, monkeypatch):
    monkeypatch.setattr(published, "_CHUNK", 4096)
    monkeypatch.setattr(remote, "_CHUNK", 1024)
    server.limit = 24_000  # the largest tensor has 23,040 bytes
    vectors = WhisperEncoder(model, layers=3).fit_transform(X)
    np.testing.assert_array_equal(vectors, WhisperEncoder(nano, layers=3).fit_transform(X))
    begins = [int(span.removeprefix("bytes=").split("-")[0]) for span in server.asked]
    assert len({*begins}) > 3  # no beginning over


def test_what_was_downloaded_is_kept_for_the_next_call(server, nano, monkeypatch):
    monkeypatch.setattr(remote, "_CHUNK", 1024)
    server.limit = 13_000  # less than conv1.weight needs
    with pytest.raises(OSError, match=r"What was downloaded is kept"):
        WhisperEncoder("nano", layers=3).fit(X)
    server.limit = None
    server.asked.clear()
    WhisperEncoder("nano", layers=3).fit(X)
    places = SafetensorsFile(nano / "model.safetensors").places
    bias = places["model.encoder.conv1.bias"]
    assert f"bytes={bias.begin}-{bias.end - 1}" not in server.asked
    assert n_bytes_asked(server.asked[2:]) < n_bytes_of(nano, 3)


@pytest.mark.parametrize("model", ["nano", "whole"])
def test_another_file_is_refused(server, nano, model):
    content = bytearray(server.content)
    place = SafetensorsFile(nano / "model.safetensors").places["model.encoder.layers.0.fc1.weight"]
    content[place.begin + 3] ^= 1
    server.content = bytes(content)
    with pytest.raises(ValueError, match=r"is not the published file: .*checksum differs"):
        WhisperEncoder(model, layers=1).fit(X)
    server.content = b"<html>please log in</html>"
    with pytest.raises((ValueError, OSError), match=r"published file|can't be downloaded"):
        WhisperEncoder(model, layers=2).fit(X)


def test_a_moved_file(server, nano):
    server.path = "/elsewhere"
    with pytest.raises(OSError, match=r"answers 404 Not Found"):
        WhisperEncoder("nano").fit(X)


def test_a_damaged_cache_is_mended(server, nano, monkeypatch):
    expected = WhisperEncoder("nano", layers=1).fit_transform(X)
    folder = cache.cache_home() / "whisper" / "nano-01234567"
    (folder / "conv1.bias.npy").write_bytes(b"")
    np.save(folder / "conv2.bias.npy", np.zeros(24, np.float16))
    monkeypatch.setattr(models, "_encoders", {})
    np.testing.assert_array_equal(WhisperEncoder("nano", layers=1).fit_transform(X), expected)


def test_weights_that_float16_cannot_hold_are_kept_in_float32(tmp_path):
    tensor = np.array([1.0, 1.0001, 1e9], np.float32)
    kept = cache.TensorCache(tmp_path, {})
    kept.store("a", tensor)
    np.testing.assert_array_equal(kept.load("a"), tensor)


def test_threads_that_need_the_same_weights(server, nano):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: WhisperEncoder("nano").fit_transform(X), range(4)))
    for vectors in found:
        np.testing.assert_array_equal(vectors, found[0])
    assert len(server.asked) == 4  # the header twice, convolutions, blocks


def test_download_ahead(server, nano, capfd):
    folder = download_whisper("nano", layers="last", endpoint=server.url)
    assert "Downloading Whisper nano" in capfd.readouterr().err
    assert {file.stem for file in folder.glob("*.npy")} == {
        name for name in tensor_names(3, norm=True) if name != "embed_positions.weight"
    }
    with pytest.raises(ValueError, match=r"download_whisper: model='mini'; expected one of tiny"):
        download_whisper("mini")
    with pytest.raises(ValueError, match=r"layers=9; expected numbers from 0 to 3"):
        download_whisper("nano", 9)


def test_the_cache_is_the_users_own(monkeypatch):
    monkeypatch.delenv("SERSK_CACHE_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache.cache_home().name == "sersk"


def test_the_catalogue_is_complete():
    for model, entry in catalogue.MODELS.items():
        assert len(entry.revision) == 40
        assert len(entry.sha256) == 64
        assert entry.size.width == 64 * entry.size.n_heads
        known = cache.checksums(model)
        if model in ("tiny.en", "base"):
            names = tensor_names(entry.size.n_blocks, norm=True)
            assert {*known} == {*names} - {"embed_positions.weight"}
        else:
            assert not known


def publish(folder):
    """Return the file that OpenAI publishes, made from CTranslate2's: the same numbers.

    Its order, its names and its header are those of transformers; the decoder is needed too.
    """
    file = CTranslate2File(folder / "model.bin")

    def raw(name):
        dtype, shape, begin = file._variables[name]
        content = np.fromfile(file._path, dtype, int(np.prod(shape)), offset=begin)
        return content.reshape(shape).astype("<f4")

    tensors = {f"model.encoder.{name}": file.read(name).astype("<f4") for name in file.names}
    tensors["model.decoder.embed_positions.weight"] = raw("decoder/position_encodings/encodings")
    tensors["model.decoder.embed_tokens.weight"] = raw("decoder/embeddings/weight")
    norms = {"weight": "gamma", "bias": "beta"}
    for kind, other in norms.items():
        tensors[f"model.decoder.layer_norm.{kind}"] = raw(f"decoder/layer_norm/{other}")
    for i in range(4):
        new, old = f"model.decoder.layers.{i}", f"decoder/layer_{i}"
        for kind, other in norms.items():
            for name, place in (
                ("self_attn_layer_norm", "self_attention"),
                ("encoder_attn_layer_norm", "attention"),
                ("final_layer_norm", "ffn"),
            ):
                tensors[f"{new}.{name}.{kind}"] = raw(f"{old}/{place}/layer_norm/{other}")
            own = np.split(raw(f"{old}/self_attention/linear_0/{kind}"), 3)
            parts = [raw(f"{old}/attention/linear_0/{kind}")]
            parts += np.split(raw(f"{old}/attention/linear_1/{kind}"), 2)
            for letter, mine, encoders in zip("qkv", own, parts, strict=True):
                tensors[f"{new}.self_attn.{letter}_proj.{kind}"] = mine
                tensors[f"{new}.encoder_attn.{letter}_proj.{kind}"] = encoders
            tensors[f"{new}.self_attn.out_proj.{kind}"] = raw(
                f"{old}/self_attention/linear_1/{kind}"
            )
            tensors[f"{new}.encoder_attn.out_proj.{kind}"] = raw(f"{old}/attention/linear_2/{kind}")
            tensors[f"{new}.fc1.{kind}"] = raw(f"{old}/ffn/linear_0/{kind}")
            tensors[f"{new}.fc2.{kind}"] = raw(f"{old}/ffn/linear_1/{kind}")
    header, size = {"__metadata__": {"format": "pt"}}, 0
    names = sorted(name for name in tensors if not name.endswith("k_proj.bias"))
    for name in names:
        end = size + tensors[name].nbytes
        shape = list(tensors[name].shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [size, end]}
        size = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    content = [struct.pack("<Q", len(text)), text]
    return b"".join([*content, *(tensors[name].tobytes() for name in names)])


def test_tiny_en_by_name(server, tiny_en):
    """The file that the catalogue pins, to the byte; its ranges; the features of both routes."""
    entry = catalogue.MODELS["tiny.en"]
    content = publish(tiny_en)
    assert len(content) == entry.n_bytes
    assert hashlib.sha256(content).hexdigest() == entry.sha256
    server.path = f"/{entry.repository}/resolve/{entry.revision}/model.safetensors"
    server.content = content
    vectors = WhisperEncoder("tiny.en").fit_transform(X)
    np.testing.assert_array_equal(vectors, WhisperEncoder(tiny_en).fit_transform(X))
    assert n_bytes_asked(server.asked) < 16.4e6  # of 151
    # all checksums, and the positions that are computed
    WhisperEncoder("tiny.en", layers="last").fit(X)
    whole = open_folder(tiny_en).read(["embed_positions.weight"])["embed_positions.weight"]
    computed = published.PublishedTensors("tiny.en").read(["embed_positions.weight"])
    np.testing.assert_array_equal(computed["embed_positions.weight"], whole)


def write_ctranslate2(folder, source):
    """Write a model as CTranslate2 does, in float32."""
    tensors = source.read(tensor_names(source.size.n_blocks, norm=True))
    variables = {"encoder/num_heads": np.int16(source.size.n_heads)}
    for name, tensor in tensors.items():
        if name == "embed_positions.weight":
            variables["encoder/position_encodings/encodings"] = tensor
        elif not name.startswith("layers."):
            part, kind = name.split(".")
            kind = {"weight": "gamma", "bias": "beta"}[kind] if part == "layer_norm" else kind
            variables[f"encoder/{part}/{kind}"] = tensor
    for i in range(source.size.n_blocks):
        old, new = f"layers.{i}", f"encoder/layer_{i}"
        for kind, other in (("weight", "gamma"), ("bias", "beta")):
            qkv = [
                tensors.get(f"{old}.self_attn.{c}_proj.{kind}", np.zeros(source.size.width, "f4"))
                for c in "qkv"
            ]
            variables |= {
                f"{new}/self_attention/layer_norm/{other}": tensors[
                    f"{old}.self_attn_layer_norm.{kind}"
                ],
                f"{new}/self_attention/linear_0/{kind}": np.concatenate(qkv),
                f"{new}/self_attention/linear_1/{kind}": tensors[
                    f"{old}.self_attn.out_proj.{kind}"
                ],
                f"{new}/ffn/layer_norm/{other}": tensors[f"{old}.final_layer_norm.{kind}"],
                f"{new}/ffn/linear_0/{kind}": tensors[f"{old}.fc1.{kind}"],
                f"{new}/ffn/linear_1/{kind}": tensors[f"{old}.fc2.{kind}"],
            }

    def text(value):
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    content = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, len(variables))
    for name, value in variables.items():
        value = np.asarray(value)
        kind = {"float32": 0, "int16": 2}[value.dtype.name]
        content += text(name) + struct.pack(f"<B{value.ndim}I", value.ndim, *value.shape)
        content += struct.pack("<BI", kind, value.nbytes) + value.tobytes()
    folder.mkdir()
    (folder / "model.bin").write_bytes(content + struct.pack("<I", 0))


def test_a_folder_of_ctranslate2(small_whisper, tmp_path):
    write_ctranslate2(tmp_path / "converted", open_folder(small_whisper))
    found = WhisperEncoder(tmp_path / "converted", layers=[0, 2, "last"]).fit_transform(X)
    expected = WhisperEncoder(small_whisper, layers=[0, 2, "last"]).fit_transform(X)
    np.testing.assert_array_equal(found, expected)
    file = tmp_path / "converted" / "model.bin"
    np.testing.assert_array_equal(
        WhisperEncoder(str(file), layers=[0, 2, "last"]).fit_transform(X), expected
    )


class Pickled:
    """What pickles as a call of a function that need not exist here."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def write_openai(file, source, *, extra=None):
    """Write a model as PyTorch saves OpenAI's: half precision, two tensors in one storage."""
    parts = {
        "self_attn_layer_norm": "attn_ln",
        "self_attn": "attn",
        "final_layer_norm": "mlp_ln",
        "fc1": "mlp.0",
        "fc2": "mlp.2",
        "q_proj": "query",
        "k_proj": "key",
        "v_proj": "value",
        "out_proj": "out",
        "layers": "blocks",
        "layer_norm": "ln_post",
    }
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.HalfStorage = type("HalfStorage", (), {"__module__": "torch"})

    def _rebuild_tensor_v2():
        pass

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return value if isinstance(value, tuple) and value[:1] == ("storage",) else None

    state, storages = OrderedDict(), {}
    tensors = source.read(tensor_names(source.size.n_blocks, norm=True))
    for number, (name, tensor) in enumerate(tensors.items()):
        if name == "embed_positions.weight":
            name = "positional_embedding"
        else:
            name = ".".join(parts.get(part, part) for part in name.split("."))
        half = tensor.astype("<f2")
        offset = 5 if number == 0 else 0  # a view of a larger storage
        storages[str(number)] = b"\0" * 2 * offset + half.tobytes()
        strides = tuple(stride // 2 for stride in half.strides)
        storage = ("storage", torch.HalfStorage, str(number), "cuda:0", half.size + offset)
        state[f"encoder.{name}"] = Pickled(
            _rebuild_tensor_v2, storage, offset, half.shape, strides, False, OrderedDict()
        )
    content = {"dims": {"n_audio_head": source.size.n_heads}, "model_state_dict": state}
    stream = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torch", torch)
        patch.setitem(sys.modules, "torch._utils", utils)
        Pickler(stream, protocol=2).dump(content | {"extra": extra})
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tiny/data.pkl", stream.getvalue())
        for key, storage in storages.items():
            archive.writestr(f"tiny/data/{key}", storage)


def test_a_file_of_openai(nano, tmp_path):
    write_openai(tmp_path / "nano.pt", open_folder(nano))
    expected = WhisperEncoder(nano, layers=[0, 2]).fit_transform(X)
    for place in (tmp_path / "nano.pt", tmp_path):
        found = WhisperEncoder(place, layers=[0, 2]).fit_transform(X)
        # but for the positions, which are here in half precision
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_a_pickle_runs_no_code(nano, tmp_path):
    trap = tmp_path / "trap"
    write_openai(tmp_path / "nano.pt", open_folder(nano), extra=Pickled(os.mkdir, str(trap)))
    with pytest.raises(ValueError, match=r"its pickle is refused: it asks for (posix|nt).mkdir"):
        WhisperEncoder(tmp_path / "nano.pt").fit(X)
    assert not trap.exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.bin", b"", "no model file of CTranslate2"),
        ("model.bin", struct.pack("<IH", 6, 4) + b"abc\0", "no Whisper model"),
        ("model.safetensors", b"", "no header of safetensors"),
        ("model.safetensors", struct.pack("<Q", 2) + b"{}", "it lacks conv1.weight"),
        ("model.safetensors", struct.pack("<Q", 3) + b"[1]", "no header of safetensors"),
        ("tiny.en.pt", b"PK", "no model file of CTranslate2"),
    ],
    ids=str,
)
def test_files_that_are_no_weights(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"WhisperEncoder: .*{message}"):
        WhisperEncoder(tmp_path / name).fit(X)


def test_a_cut_file_and_a_changed_one(tmp_path):
    folder = make_whisper_folder(tmp_path)
    first = WhisperEncoder(folder).fit_transform(X)
    make_whisper_folder(tmp_path, random_state=1)
    assert not np.allclose(WhisperEncoder(folder).fit_transform(X), first)
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-5000])
    with pytest.raises(ValueError, match=r"model.safetensors' can't be read"):
        WhisperEncoder(folder).fit(X)


def test_an_empty_folder(tmp_path):
    with pytest.raises(ValueError, match=r"neither a folder with weights .* nor one of the names"):
        WhisperEncoder(tmp_path).fit(X)
