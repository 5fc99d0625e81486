"""Change the level of clips: by their peak, or by their mean power.

Levels are in dB relative to full scale (dBFS): a sample of 1.0 is 0 dBFS.
"""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval

from sersk.audio._sound import SoundTransformer


class PeakNormalizer(SoundTransformer):
    """Scale each clip so that its largest sample has a given level.

    Parameters
    ----------
    peak_db : float, default=-1.0
        Magnitude of the largest sample (dBFS), at most 0.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    See Also
    --------
    sersk.RMSNormalizer : Uses the mean power, which is closer to loudness.

    Notes
    -----
    Digital silence stays silent. Each view of a clip is scaled by itself. The step learns nothing;
    the result for a clip does not depend, to the bit, on the other clips. A clip that holds NaN
    becomes NaN.

    The level of speech is a cue to emotion; this step removes it. Features that are normalised clip
    by clip, as those of `MelSpectrogramTransformer` by default, do not contain it anyway.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import PeakNormalizer
    >>> PeakNormalizer(peak_db=0.0).fit_transform([[0.1, -0.2, 0.0], [0.0, 0.0, 0.0]])
    array([[ 0.5, -1. ,  0. ],
           [ 0. ,  0. ,  0. ]], dtype=float32)
    """

    _parameter_constraints: ClassVar[dict] = {
        "peak_db": [Interval(Real, None, 0, closed="right")],
    }

    def __init__(self, peak_db: float = -1.0) -> None:
        self.peak_db = peak_db

    def _change(self, sound: NDArray[np.float32]) -> NDArray:
        exact = sound.astype(np.float64)
        return exact * (10 ** (self.peak_db / 20) / np.abs(exact).max())


class RMSNormalizer(SoundTransformer):
    """Scale each clip to a given mean power, as far as its peak allows.

    Parameters
    ----------
    rms_db : float, default=-20.0
        Root mean square of the clip's sound (dBFS), at most 0.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    See Also
    --------
    sersk.PeakNormalizer : Uses the largest sample.

    Notes
    -----
    The mean is over the clip's sound: zeros before and after it, such as a loader's padding, do not
    count, so that short clips do not become louder than long ones. Pauses within the sound count.

    No sample is clipped. If the peak of a clip would exceed full scale, the clip is scaled to a
    peak of 0 dBFS instead, and is softer than `rms_db`. The peaks of speech are some 10 to 23 dB
    above its mean power: at -20 dBFS, half of the clips of RAVDESS reach full scale first and stay
    up to 3 dB too soft; at -25 dBFS none does (`benchmarks/denoising.py`).

    Digital silence stays silent. Each view of a clip is scaled by itself. The step learns nothing;
    the result for a clip does not depend, to the bit, on the other clips. A clip that holds NaN
    becomes NaN. The note on emotion in `PeakNormalizer` applies here too.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import RMSNormalizer
    >>> tone = np.sin(2 * np.pi * np.arange(22_050) / 100)
    >>> louder = RMSNormalizer().fit_transform([0.01 * tone])
    >>> float(20 * np.log10(np.sqrt(np.mean(louder**2))).round(2))
    -20.0

    A single click reaches full scale before that mean power:

    >>> click = np.r_[0.001, np.full(1_000, 1e-6), 0.5, np.full(1_000, 1e-6), 0.001]
    >>> float(RMSNormalizer().fit_transform([click]).max())
    1.0
    """

    _parameter_constraints: ClassVar[dict] = {
        "rms_db": [Interval(Real, None, 0, closed="right")],
    }

    def __init__(self, rms_db: float = -20.0) -> None:
        self.rms_db = rms_db

    def _change(self, sound: NDArray[np.float32]) -> NDArray:
        exact = sound.astype(np.float64)
        peak = np.abs(exact).max()
        exact /= peak  # so that its square does not underflow in a soft clip
        return exact * min(10 ** (self.rms_db / 20) / np.sqrt(np.mean(np.square(exact))), 1.0)
