"""Off-screen figures: PNG without pyplot, the same bytes for the same figure."""

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np

from sersk import WaveformDisplay
from sersk.plotting.offscreen import new_figure, to_img, to_png


def draw():
    figure = new_figure(4, 2)
    WaveformDisplay.from_clip(np.sin(np.arange(500) / 9), ax=figure.subplots())
    return figure


def test_png_has_the_size_in_pixels_and_no_version():
    png = to_png(draw(), dpi=50)
    assert plt.imread(io.BytesIO(png)).shape == (100, 200, 4)
    assert b"matplotlib" not in png.lower()
    assert plt.get_fignums() == []


def test_same_figure_same_bytes():
    assert to_png(draw()) == to_png(draw())


def test_image_holds_its_data_and_an_escaped_description():
    html = to_img(draw(), 'a "sine" & more')
    assert 'alt="a &quot;sine&quot; &amp; more"' in html
    data = re.search(r'src="data:image/png;base64,([^"]+)"', html).group(1)
    assert base64.b64decode(data) == to_png(draw())
