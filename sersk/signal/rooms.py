"""Rooms: the response from a mouth to a microphone, and a waveform heard in such a room."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

# Time from the direct sound to the first reflection: a detour of 1 m.
_FIRST_REFLECTION = 0.003  # s


def room_response(
    rt60: float, sample_rate: float, rng: np.random.Generator, *, drr_db: float = 3.0
) -> NDArray[np.float64]:
    """Draw the response of a room: the direct sound, then noise that decays.

    Parameters
    ----------
    rt60 : float
        Reverberation time (s), in which the sound decays by 60 dB: 0.2 to 0.6 in a furnished room,
        1 and more in a hall.
    sample_rate : float
        Samples a second (Hz).
    rng : numpy.random.Generator
        Generator of the noise.
    drr_db : float, default=3.0
        Power of the direct sound over that of the reverberation (dB). It falls with the distance
        from the microphone.

    Returns
    -------
    response : ndarray of float64 of shape (n_samples,)
        The response, `rt60` long. Its first sample is the direct sound, 1.

    Raises
    ------
    ValueError
        If `rt60` is not a positive finite number.

    See Also
    --------
    reverberate : Plays a waveform in the room.

    Notes
    -----
    Polack's model [1]_, as used by Moorer [2]_: beyond the first reflections the response of a
    room is Gaussian noise with an exponential envelope. Single early reflections and the faster
    decay of high frequencies are not modelled.

    References
    ----------
    .. [1] J.-D. Polack, "La transmission de l'énergie sonore dans les salles", doctoral thesis,
       Université du Maine, 1988.
    .. [2] J. A. Moorer, "About this reverberation business", Computer Music Journal, 3(2), 1979.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.rooms import room_response
    >>> response = room_response(0.4, 22_050, np.random.default_rng(0), drr_db=0)
    >>> response.shape, float(response[0]), float(np.square(response[1:]).sum().round(6))
    ((8820,), 1.0, 1.0)
    """
    if not (np.isfinite(rt60) and rt60 > 0):
        raise ValueError(f"room_response: rt60={rt60} must be a positive finite number (s).")
    n_samples = max(1, round(rt60 * sample_rate))
    begin = max(1, round(_FIRST_REFLECTION * sample_rate))
    response = np.zeros(n_samples)
    tail = rng.standard_normal(max(0, n_samples - begin))
    if len(tail):
        tail *= 10 ** (-3 * np.arange(len(tail)) / (rt60 * sample_rate))
        tail *= 10 ** (-drr_db / 20) / np.sqrt(np.square(tail).sum())
        response[begin:] = tail
    response[0] = 1
    return response


def reverberate(waveform: NDArray, response: NDArray) -> NDArray:
    """Play a waveform in a room.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    response : ndarray of shape (n_response,)
        Response of the room at the waveform's sample rate, from `room_response` or measured; the
        direct sound is its first sample.

    Returns
    -------
    heard : ndarray of shape (n_samples,)
        The waveform with its reverberation. It is not delayed; what sounds after its end is lost.

    See Also
    --------
    room_response : Draws a response.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.rooms import reverberate
    >>> reverberate(np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.5])).round(6)
    array([1. , 0.5, 0. ])
    """
    heard = scipy.signal.oaconvolve(waveform.astype(np.float64), np.asarray(response, np.float64))
    return heard[: len(waveform)].astype(waveform.dtype)
