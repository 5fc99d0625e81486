"""Adjacent colours are distinguishable, also with a colour vision deficiency.

Deuteranopia and protanopia by the model of Machado, Oliveira & Fernandes (2009), differences by
CIE76 in CIELAB, where 2.3 is just noticed and 10 is seen at a glance.
"""

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest

from sersk.plotting import style

# severity 1.0, on linear RGB
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def seen(colors, vision):
    """Return CIELAB coordinates of colours, as seen with the given vision."""
    rgb = np.array([mpl.colors.to_rgb(color) for color in colors])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(linear @ VISION[vision].T, 0, 1) @ TO_XYZ.T / TO_XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )


@pytest.mark.parametrize("vision", VISION)
def test_palette(vision):
    lab = seen(style.PALETTE, vision)
    distances = [np.linalg.norm(a - b) for a, b in combinations(lab, 2)]
    assert min(distances) > 10


@pytest.mark.parametrize("vision", VISION)
def test_the_two_colours_of_our_curves(vision):
    blue, vermilion = seen([style.BLUE, style.VERMILION], vision)
    assert np.linalg.norm(blue - vermilion) > 60


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("name", [style.LEVELS, "Blues_r"])
def test_lightness_of_levels_is_monotonic(name, vision):
    lightness = seen(mpl.colormaps[name](np.linspace(0, 1, 64)), vision)[:, 0]
    assert (np.diff(lightness) > 0).all()


@pytest.mark.parametrize("vision", VISION)
def test_signed_values_darken_from_0_to_both_sides_and_their_signs_differ(vision):
    lab = seen(mpl.colormaps[style.SIGNED](np.linspace(0, 1, 65)), vision)
    assert (np.diff(lab[:33, 0]) > 0).all()
    assert (np.diff(lab[32:, 0]) < 0).all()
    for value in (8, 16):  # a half, and a quarter of the range
        assert np.linalg.norm(lab[32 - value] - lab[32 + value]) > 20


def test_each_emotion_keeps_its_colour_and_other_labels_get_free_ones():
    every = style.emotion_colors(["anger", "boredom", "calm", "disgust", "fear", "happy", "sad"])
    assert len(set(every.values())) == 7
    some = style.emotion_colors(["sad", "bliss", "anger"])
    assert (some["sad"], some["anger"]) == (every["sad"], every["anger"])
    assert some["bliss"] not in every.values()
