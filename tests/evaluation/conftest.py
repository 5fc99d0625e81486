"""Speakers who differ, emotions that can be told apart by and large; no sound needed."""

import numpy as np
import pytest


@pytest.fixture
def speech():
    """X, y, groups: 8 speakers, 3 emotions, 6 clips each."""
    rng = np.random.default_rng(0)
    y = np.tile(np.repeat(["anger", "calm", "sad"], 6), 8)
    groups = np.repeat([f"S{i}" for i in range(8)], 18)
    centres = {"anger": (1.5, 0), "calm": (0, 1.5), "sad": (-1, -1)}
    X = np.array([centres[label] for label in y]) + rng.normal(size=(len(y), 2))
    return X + np.repeat(rng.normal(scale=0.5, size=(8, 2)), 18, axis=0), y, groups
