"""PretrainedEncoder where PyTorch and transformers are not installed."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from sersk import PretrainedEncoder, make_ser_pipeline
from sersk.features.pretrained import extra
from sersk.testing import make_pretrained_folder


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda name: None)


def test_what_needs_the_extra_says_so(tmp_path):
    message = r"needs torch and transformers and safetensors: pip install 'sersk\[encoders\]'"
    encoder = PretrainedEncoder("microsoft/wavlm-large")
    X = np.ones((2, 1000))
    for act in (encoder.fit, encoder.transform, encoder.get_feature_names_out):
        with pytest.raises(ImportError, match=message):
            act(X)
    with pytest.raises(ImportError, match=message):
        make_pretrained_folder(tmp_path)


def test_parameters_need_no_extra():
    """A search over other parts can be written, and a model file be looked at."""
    encoder = PretrainedEncoder("microsoft/wavlm-large", layers=[1, 2], device="cuda")
    pipeline = make_ser_pipeline("discriminant", features=encoder, augmentation=False)
    for copy in (clone(pipeline), pickle.loads(pickle.dumps(pipeline))):
        assert repr(copy.named_steps["frontend"].named_steps["features"]) == repr(encoder)
