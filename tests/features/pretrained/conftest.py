"""Small models of random weights, one folder for each architecture and kind of normalisation."""

from importlib.util import find_spec

import pytest

from sersk.testing import make_pretrained_folder

LARGE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
MODELS = {
    "wav2vec2 base": ("wav2vec2", {}),
    "wav2vec2 large": ("wav2vec2", LARGE),
    "hubert base": ("hubert", {"do_normalize": False}),
    "hubert large": ("hubert", LARGE),
    "wavlm base": ("wavlm", {"do_normalize": False}),
    "wavlm large": ("wavlm", LARGE),
    "data2vec": ("data2vec-audio", {"conv_pos_kernel_size": 3}),
    "unispeech": ("unispeech", LARGE),
    "unispeech-sat": ("unispeech-sat", LARGE),
    "whisper": ("whisper", {}),
}


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Let the reference compute on one thread: on a busy machine two wait for each other."""
    if not find_spec("torch"):
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def find_model(tmp_path_factory):
    """Return a function that gives the folder of a model of `MODELS`, with 3 blocks of width 16."""
    folders = {}

    def find(name):
        if name not in folders:
            architecture, parameters = MODELS[name]
            folder = tmp_path_factory.mktemp(architecture)
            folders[name] = make_pretrained_folder(folder, architecture, n_blocks=3, **parameters)
        return folders[name]

    return find


@pytest.fixture(scope="session", params=[name for name in MODELS if name != "whisper"])
def waveform_model(request, find_model):
    """The folder of each network that takes waveforms."""
    return find_model(request.param)


@pytest.fixture(scope="session", params=MODELS)
def any_model(request, find_model):
    """The folder of each network."""
    return find_model(request.param)
