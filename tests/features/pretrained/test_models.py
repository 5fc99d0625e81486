"""Where PretrainedEncoder takes weights from, how it keeps them, and what it refuses."""

import json
import pickle
import re
import shutil
import threading

import numpy as np
import pytest
from sklearn.base import clone

reason = "PyTorch or transformers is not installed (pip install sersk[encoders])"
torch = pytest.importorskip("torch", reason=reason)
transformers = pytest.importorskip("transformers", reason=reason)

from sersk import (  # noqa: E402
    PretrainedEncoder,
    load_model,
    make_emotional_speech,
    make_ser_pipeline,
    save_model,
)
from sersk.features.pretrained import models  # noqa: E402
from sersk.persistence import UntrustedModelError  # noqa: E402
from sersk.testing import make_pretrained_folder  # noqa: E402

X = np.random.default_rng(0).normal(scale=0.1, size=(4, 9_000)).astype(np.float32)


@pytest.fixture
def folder(find_model, tmp_path):
    """A model in a folder that a test may change."""
    return shutil.copytree(find_model("hubert large"), tmp_path / "model")


def change_config(folder, **changes):
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"layers": 4}, "layers=4; expected numbers from 0 to 3"),
        ({"layers": []}, "layers=[]; expected"),
        ({"layers": [1, "first"]}, "layers=[1, 'first']; expected"),
        ({"pooling": ("mean", "median")}, "pooling=('mean', 'median'); expected None or"),
        ({"combine": "sum"}, "'combine' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"device": "warp"}, "device='warp' can't be used (Expected one of cpu"),
        ({"device": "meta"}, "device='meta' can't be used"),
        ({"revision": "main"}, "revision='main' is of a repository, but model="),
        ({"model": "no/such/folder"}, "'no/such/folder' is neither a folder that exists nor"),
        ({"model": "tiny.en"}, "'tiny.en' is neither a folder that exists nor"),
        ({"model": __file__}, "is neither a folder that exists nor"),
    ],
    ids=str,
)
def test_wrong_parameters(folder, parameters, message):
    encoder = PretrainedEncoder(folder).set_params(**parameters)
    with pytest.raises(ValueError, match=re.escape(message)):
        encoder.fit(X)


def refuse(folder, message):
    with pytest.raises(ValueError, match=message):
        PretrainedEncoder(folder).fit(X)


def test_folders_that_are_no_model(folder):
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text("{")
    refuse(folder, "config.json in .* can't be read")
    (folder / "config.json").write_text("[]")
    refuse(folder, "config.json in .* can't be read")
    (folder / "config.json").write_text('{"model_type": "bert"}')
    refuse(folder, "is of the architecture 'bert'; expected one of wav2vec2, hubert, ")
    (folder / "config.json").write_text(config)
    (folder / "preprocessor_config.json").unlink()
    refuse(folder, "preprocessor_config.json in .* can't be read")
    (folder / "model.safetensors").unlink()
    refuse(folder, "has no weights; expected model.safetensors, or")
    (folder / "config.json").unlink()
    refuse(folder, "has no config.json; expected a folder as transformers")


def test_pickled_weights_are_refused(folder):
    class Evil:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was read",))

    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Evil()))
    PretrainedEncoder(folder).fit(X)  # not read, as there are others
    (folder / "model.safetensors").unlink()
    refuse(folder, r"are pickled \(pytorch_model.bin\), and reading a pickle can run code")
    index = {"weight_map": {"encoder.layer_norm.weight": "pytorch_model.bin"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    refuse(folder, "index.json in .* does not list files of safetensors")
    index = {"weight_map": {"encoder.layer_norm.weight": "../other.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    refuse(folder, "index.json in .* does not list files of safetensors")


def test_code_of_a_model_is_never_run(folder):
    (folder / "mine.py").write_text("raise SystemExit('the code was run')")
    change_config(folder, auto_map={"AutoConfig": "mine.Mine", "AutoModel": "mine.Mine"})
    PretrainedEncoder(folder).fit(X)
    change_config(folder, model_type="emotion2vec")
    refuse(folder, "architecture 'emotion2vec'; .* Code that comes with a model is never run")


def test_damaged_and_incomplete_weights_are_refused(folder):
    from safetensors.torch import load_file, save_file

    file = folder / "model.safetensors"
    whole, tensors = file.read_bytes(), load_file(file)
    file.write_bytes(whole[:-1000])
    refuse(folder, "the weights in .* can't be read: ")
    change_config(folder, hidden_size=32)
    file.write_bytes(whole)
    refuse(folder, "the weights in .* can't be read: ")
    change_config(folder, hidden_size=16)
    del tensors["encoder.layers.1.attention.k_proj.bias"]
    file.unlink()
    save_file(tensors, file, {"format": "pt"})
    refuse(folder, "are incomplete; they lack 1, such as 'encoder.layers.1.attention.k_proj.bias'")
    PretrainedEncoder(folder, layers=1).fit(X)  # which is in the block after that


def test_weights_in_several_files(folder):
    expected = PretrainedEncoder(folder).fit_transform(X)
    network = transformers.AutoModel.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    network.save_pretrained(folder, max_shard_size="10KB")
    parts = sorted(folder.glob("model-*.safetensors"))
    assert len(parts) > 1
    np.testing.assert_array_equal(PretrainedEncoder(folder).fit_transform(X), expected)
    parts[0].unlink()
    refuse(folder, "has no weights; expected model.safetensors, or .* that it lists")


def test_weights_of_a_model_with_a_head(folder, tmp_path):
    """As published for speech recognition, in float16, with the names of earlier versions."""
    from safetensors.torch import load_file, save_file

    expected = PretrainedEncoder(folder).fit_transform(X)
    place = tmp_path / "head"
    network = transformers.HubertForCTC.from_pretrained(folder, vocab_size=8)
    network.half().save_pretrained(place)
    shutil.copy(folder / "preprocessor_config.json", place)
    old = {"parametrizations.weight.original0": "weight_g"}
    old["parametrizations.weight.original1"] = "weight_v"
    tensors = {}
    for name, tensor in load_file(place / "model.safetensors").items():
        for new, before in old.items():
            name = name.replace(new, before)
        tensors[name] = tensor
    assert "hubert.encoder.pos_conv_embed.conv.weight_g" in tensors
    (place / "model.safetensors").unlink()
    save_file(tensors, place / "model.safetensors", {"format": "pt"})
    found = PretrainedEncoder(place).fit_transform(X)
    np.testing.assert_allclose(found, expected, atol=5e-3)  # weights were rounded to float16


def test_weights_of_whisper_with_its_decoder(find_model, tmp_path):
    place = tmp_path / "whole"
    network = transformers.WhisperForConditionalGeneration.from_pretrained(find_model("whisper"))
    network.save_pretrained(place)
    expected = PretrainedEncoder(find_model("whisper")).fit_transform(X)
    np.testing.assert_array_equal(PretrainedEncoder(place).fit_transform(X), expected)


def test_a_folder_that_changes_is_read_again(folder):
    before = PretrainedEncoder(folder).fit_transform(X)
    make_pretrained_folder(folder, "hubert", random_state=1)
    assert not np.allclose(PretrainedEncoder(folder).fit_transform(X), before)


def test_only_the_blocks_that_are_needed_are_read(folder, monkeypatch):
    sizes = []
    load = models.load_network
    monkeypatch.setattr(models, "_networks", {})
    monkeypatch.setattr(
        models, "load_network", lambda *given: sizes.append(given[1]) or load(*given)
    )
    vectors = {
        layers: PretrainedEncoder(folder, layers=layers).fit_transform(X)
        for layers in (0, 1, 2, "last")
    }
    assert sizes == [1, 2, 3]
    for layers, expected in vectors.items():  # from the whole network now
        found = PretrainedEncoder(folder, layers=layers).fit_transform(X)
        np.testing.assert_array_equal(found, expected)
    assert sizes == [1, 2, 3]
    assert [network.n_blocks for network in models._networks.values()] == [3]


def test_copies_are_small(folder):
    encoder = PretrainedEncoder(folder).fit(X)
    kept = pickle.dumps(encoder)
    assert len(kept) < 1000
    expected = encoder.transform(X)
    for copy in (pickle.loads(kept), clone(encoder)):
        np.testing.assert_array_equal(copy.transform(X), expected)


def test_the_bits_do_not_depend_on_threads(folder):
    """Several threads share a network, and PyTorch has as many threads afterwards as before."""
    encoder = PretrainedEncoder(folder, layers=[1, 3])
    expected = encoder.fit_transform(X)
    results, counts = {}, []

    def work(i):
        results[i] = encoder.transform(X[i:])
        counts.append(torch.get_num_threads())

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counts == [3] * 4
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    for i in range(4):
        np.testing.assert_array_equal(results[i], expected[i:])


def test_a_random_model_of_an_unknown_architecture(tmp_path):
    with pytest.raises(ValueError, match="architecture='bert'; expected one of wav2vec2, "):
        make_pretrained_folder(tmp_path, "bert")


def test_in_a_pipeline(folder):
    corpus = make_emotional_speech(n_speakers=2, n_repetitions=1, emotions=("anger", "sad"))
    encoder = PretrainedEncoder(folder, layers=[1, 2])
    pipeline = make_ser_pipeline(
        "discriminant", features=encoder, augmentation=False, duration=1.0, sample_rate=16_000
    )
    pipeline.fit(corpus.data, corpus.target)
    assert pipeline[0].named_steps["features"].sample_rate == 16_000
    copy = pickle.loads(pickle.dumps(pipeline))
    assert set(copy.predict(corpus.data)) <= {"anger", "sad"}


def test_a_model_file_with_an_encoder_is_read_where_it_is_trusted(find_model, tmp_path):
    corpus = make_emotional_speech(
        2, 2, emotions=("anger", "sad"), duration=0.5, sample_rate=16_000, random_state=0
    )
    encoder = PretrainedEncoder(str(find_model("hubert large")), sample_rate=16_000)
    pipeline = make_ser_pipeline(
        "discriminant", features=encoder, sample_rate=16_000, duration=0.5, augmentation=False
    ).fit(corpus.data, corpus.target)
    path = save_model(pipeline, tmp_path / "model.sersk")
    with pytest.raises(UntrustedModelError, match="PretrainedEncoder"):
        load_model(path)
    name = "sersk.features.pretrained.transformer.PretrainedEncoder"
    loaded = load_model(path, trusted=[name])
    np.testing.assert_array_equal(
        loaded.predict_proba(corpus.data), pipeline.predict_proba(corpus.data)
    )
