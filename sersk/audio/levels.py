"""How loud a clip is: by its peak, or by its mean power.

Steps of a pipeline. Levels are in dB relative to full scale (dBFS): a sample of 1.0 is 0 dBFS.
"""

from numbers import Real
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval

from sersk.audio._sound import SoundTransformer


class PeakNormalizer(SoundTransformer):
    """Bring the largest sample of each clip to one level.

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
    sersk.RMSNormalizer : The mean power instead, which is nearer to loudness.

    Notes
    -----
    Digital silence stays silent. Views of a clip are brought to the level one by one. Learns
    nothing; a clip's values are the same to the bit whatever clips are beside it. A clip that
    holds NaN becomes NaN.

    How loud somebody speaks is a mark of emotion, and gone after this step. Features that are
    normalised clip by clip, as `MelSpectrogramTransformer` does by default, do not see it anyway.

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
    """Bring the mean power of each clip to one level, as far as its peak allows.

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
    sersk.PeakNormalizer : The largest sample instead.

    Notes
    -----
    The mean is over the clip's sound: zeros before its first sample and after its last, such as a
    loader's padding, do not count, so that a short clip becomes no louder than a long one. Pauses
    within do.

    No sample is clipped. Where the level would take the peak of a clip above full scale, the clip
    is brought to a peak of 0 dBFS instead and stays softer than `rms_db`. The peaks of speech are
    some 10 to 23 dB above its mean power: at -20 half of the clips of RAVDESS stop at full scale,
    by up to 3 dB too soft, and none at -25 (`benchmarks/denoising.py`).

    Digital silence stays silent. Views of a clip are brought to the level one by one. Learns
    nothing; a clip's values are the same to the bit whatever clips are beside it. A clip that
    holds NaN becomes NaN. What `PeakNormalizer` says of emotion holds here too.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import RMSNormalizer
    >>> tone = np.sin(2 * np.pi * np.arange(22_050) / 100)
    >>> louder = RMSNormalizer().fit_transform([0.01 * tone])
    >>> float(20 * np.log10(np.sqrt(np.mean(louder**2))).round(2))
    -20.0

    A single click has no room for that mean power, and stops at full scale:

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
        exact /= peak  # its square is a normal number however soft the clip
        return exact * min(10 ** (self.rms_db / 20) / np.sqrt(np.mean(np.square(exact))), 1.0)
