"""Reduce noise in clips: noise below the frequencies of a voice, and steady noise.

Steps of a pipeline, before views are made. The level of clips is changed in `sersk.audio.levels`.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
import scipy
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval

from sersk.audio._sound import SoundTransformer
from sersk.signal import count_frames, istft, stft

# Zeros in a row that are digital silence, as a part of a frame: 1/16 is 3 ms in a frame of 46 ms.
# Fewer zeros may be samples of a quiet recording of few bits.
_SILENT_SHARE = 16


class HighPassFilter(SoundTransformer):
    """Remove sound below the frequencies of a voice: hum, rumble, wind, an offset from zero.

    A Butterworth filter in second-order sections runs forwards and backwards over the clip, so that
    no frequency is delayed.

    Parameters
    ----------
    sample_rate : float, default=22050
        Samples a second of the waveforms (Hz).
    cutoff : float, default=80.0
        Cutoff frequency (Hz): a tone there loses 6 dB, 3 dB in either direction. Deep voices
        speak at 80 Hz and above.
    order : int, default=4
        Order of the filter in either direction. A tone far below `cutoff` loses ``12 * order`` dB
        with each octave: 48 dB at half of `cutoff` with the default.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    Raises
    ------
    ValueError
        In `fit` and `transform`, if `cutoff` is not below half of `sample_rate`.

    See Also
    --------
    sersk.SpectralSubtraction : Reduces noise at all frequencies.
    scipy.signal.sosfiltfilt : Runs the filter.

    Notes
    -----
    At its edges a clip is padded with its mirror image, for three periods of `cutoff` or the length
    of the clip if that is shorter. So an offset is removed from the first sample on, without a
    click. A deep tone that ends at an edge may leave a trace in the periods next to it.

    Zeros before and after the sound of a clip stay zeros, and the edges are those of the sound: the
    result does not depend on the length of the padding. The step learns nothing; the result for a
    clip does not depend, to the bit, on the other clips. A clip that holds NaN becomes NaN.

    Examples
    --------
    A tone with mains hum below it:

    >>> import numpy as np
    >>> from sersk import HighPassFilter
    >>> time = np.arange(22_050) / 22_050
    >>> tone, hum = np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 40 * time)
    >>> filtered = HighPassFilter().fit_transform([tone + hum])
    >>> bool(np.abs(filtered[0] - tone)[1000:-1000].max() < 0.005)
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [Interval(Real, 0, None, closed="neither")],
        "cutoff": [Interval(Real, 0, None, closed="neither")],
        "order": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, sample_rate: float = 22050, *, cutoff: float = 80.0, order: int = 4) -> None:
        self.sample_rate = sample_rate
        self.cutoff = cutoff
        self.order = order

    def _check_parameters(self) -> None:
        if self.cutoff >= self.sample_rate / 2:
            raise ValueError(
                f"HighPassFilter: cutoff={self.cutoff} Hz removes all sound at sample_rate="
                f"{self.sample_rate} Hz; choose a cutoff below {self.sample_rate / 2:g} Hz."
            )

    def _change(self, sound: NDArray[np.float32]) -> NDArray:
        sections = scipy.signal.butter(
            self.order, self.cutoff, "highpass", fs=self.sample_rate, output="sos"
        )
        # scipy's default length depends on the order, but the filter rings with the period of the
        # cutoff. scipy's default padding ("odd") also inverts the mirror image, which continues the
        # clip with an offset at its last sample: in speech that is cut, errors at the edges are
        # 8 dB larger.
        n_beyond = min(round(3 * self.sample_rate / self.cutoff), len(sound) - 1)
        return scipy.signal.sosfiltfilt(sections, sound, padtype="even", padlen=n_beyond)


class SpectralSubtraction(SoundTransformer):
    """Reduce steady noise, as estimated from the quietest frames of the clip.

    The power of the noise at each frequency is the mean over the clip's quietest frames. It is
    subtracted from the power of every frame, more than once in frames with much noise. Phases are
    kept.

    Parameters
    ----------
    n_fft : int, default=1024
        Samples a frame, an even number; 46 ms at 22,050 Hz.
    hop_length : int, default=256
        Samples from one frame to the next, at most half of `n_fft`.
    over_subtraction : float, default=4.0
        How many times the noise is subtracted from a frame with as much speech as noise (0 dB), at
        least 1. The factor is lower in frames with less noise, down to 1 at 20 dB, and higher in
        frames with more. Higher values leave less noise, and less of soft speech.
    floor : float, default=0.01
        Least power that is left at each frequency, relative to the noise; 0.01 is 20 dB below it.
        It masks the isolated tones ("musical noise") that subtraction leaves. No frequency is
        amplified.
    quantile : float, default=0.1
        Share of the frames, the quietest ones, that are taken as noise, between 0 and 1; at least
        one frame.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    Raises
    ------
    ValueError
        In `fit` and `transform`, if `n_fft` is odd or `hop_length` more than half of it.

    See Also
    --------
    sersk.HighPassFilter : Reduces noise below the voice only.
    sersk.signal.stft : Computes the spectra.

    Notes
    -----
    Power subtraction after Boll [1]_, with the over-subtraction and the spectral floor of Berouti,
    Schwartz and Makhoul [2]_: a frame whose power is `SNR` dB over that of the noise has the noise
    subtracted ``over_subtraction - (over_subtraction - 1) * SNR / 20`` times, with `SNR` kept
    between -5 and 20 dB; for 4 that is their rule.

    Frames that contain digital silence, such as the padding at the end of a clip, are not used for
    the estimate of the noise. Zeros before and after the sound stay zeros. A clip without a frame
    that is free of digital silence, such as one shorter than a frame, is returned unchanged.

    The step helps if the clip has pauses, and the noise in them is that in speech. On clips of
    RAVDESS, white noise at 0, 5 and 10 dB falls by 11, 9 and 8 dB, pink noise by 3 to 4 dB, babble
    hardly at all; the change of clean clips is 67 dB below them. In a clip without pauses the
    quietest speech is taken for noise: in the clips of URDU, cut from talk shows, the change is
    24 dB below the clips, in some 5 dB below (`benchmarks/denoising.py`).

    Scaling a clip scales the result. The step learns nothing; the result for a clip does not
    depend, to the bit, on the other clips. A clip that holds NaN becomes NaN.

    References
    ----------
    .. [1] S. F. Boll, "Suppression of acoustic noise in speech using spectral subtraction", IEEE
       Transactions on Acoustics, Speech, and Signal Processing, 27(2), 1979.
    .. [2] M. Berouti, R. Schwartz and J. Makhoul, "Enhancement of speech corrupted by acoustic
       noise", IEEE International Conference on Acoustics, Speech, and Signal Processing, 1979.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import SpectralSubtraction, make_emotional_speech
    >>> clean = make_emotional_speech(n_speakers=1, n_repetitions=1).data
    >>> noise = np.random.default_rng(0).normal(scale=clean.std(), size=clean.shape)
    >>> denoised = SpectralSubtraction().fit_transform(clean + noise)  # 0 dB
    >>> gain = 10 * np.log10(np.sum(noise**2) / np.sum((denoised - clean) ** 2))
    >>> bool(gain > 6)  # dB
    True

    In a front end, after the loader and before views are made:

    >>> from sersk import AudioAugmenter, AudioLoader, FrontEnd, MelSpectrogramTransformer
    >>> frontend = FrontEnd(
    ...     [
    ...         ("loader", AudioLoader(duration=2.0)),
    ...         ("denoiser", SpectralSubtraction()),
    ...         ("augmenter", AudioAugmenter(random_state=0)),
    ...         ("features", MelSpectrogramTransformer()),
    ...     ]
    ... )
    >>> frontend.fit_transform(clean[:2]).shape
    (2, 3, 128, 87)
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
        "over_subtraction": [Interval(Real, 1, None, closed="left")],
        "floor": [Interval(Real, 0, 1, closed="both")],
        "quantile": [Interval(Real, 0, 1, closed="right")],
    }

    def __init__(
        self,
        *,
        n_fft: int = 1024,
        hop_length: int = 256,
        over_subtraction: float = 4.0,
        floor: float = 0.01,
        quantile: float = 0.1,
    ) -> None:
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.over_subtraction = over_subtraction
        self.floor = floor
        self.quantile = quantile

    def _check_parameters(self) -> None:
        if self.n_fft % 2 or self.hop_length > self.n_fft // 2:
            raise ValueError(
                f"SpectralSubtraction: n_fft={self.n_fft} and hop_length={self.hop_length}; n_fft "
                "must be even and hop_length at most half of it, or frames would miss samples."
            )

    def _change(self, sound: NDArray[np.float32]) -> NDArray:
        is_full = self._find_full_frames(sound)
        if not is_full.any():
            return sound
        # Scaling by a power of two is exact. Squares of the softest and the loudest sound then stay
        # within float32, and scaling the clip scales the result.
        exponent = np.frexp(np.abs(sound).max())[1]
        sound = np.ldexp(sound, -exponent)
        spectra = stft(sound, n_fft=self.n_fft, hop_length=self.hop_length)
        power = np.square(np.abs(spectra))
        noise = self._estimate_noise(power[is_full])
        spectra *= self._find_gain(power, noise)
        denoised = istft(spectra, hop_length=self.hop_length, length=len(sound))
        return np.ldexp(denoised, exponent)

    def _find_full_frames(self, sound: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which frames hold no digital silence."""
        half = self.n_fft // 2
        n_frames = count_frames(len(sound), n_fft=self.n_fft, hop_length=self.hop_length)
        n_silent = max(2, self.n_fft // _SILENT_SHARE)
        heard = np.concatenate([[0], np.cumsum(np.pad(sound != 0, half))])
        begins_silence = heard[n_silent:] == heard[:-n_silent]
        # Frame t of the padded sound begins at t * hop_length.
        n_beginnings = self.n_fft - n_silent + 1
        silent = np.concatenate([[0], np.cumsum(begins_silence)])
        first = np.arange(n_frames) * self.hop_length
        return silent[first + n_beginnings] == silent[first]

    def _estimate_noise(self, power: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean power over the quietest frames; power has one row a frame."""
        n_quiet = max(1, round(self.quantile * len(power)))
        order = np.argsort(power.sum(axis=1, dtype=np.float64), kind="stable")
        return power[order[:n_quiet]].mean(axis=0)

    def _find_gain(
        self, power: NDArray[np.float32], noise: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the factor of the magnitude at each frame and frequency, from 0 to 1."""
        tiny = np.finfo(np.float32).tiny
        snr = 10 * np.log10(power.sum(axis=1) / max(noise.sum(), tiny) + tiny)
        alpha = self.over_subtraction - (self.over_subtraction - 1) * np.clip(snr, -5, 20) / 20
        left = power - alpha[:, np.newaxis].astype(np.float32) * noise
        np.maximum(left, np.minimum(np.float32(self.floor) * noise, power), out=left)
        # at most 1, and 0 where there is no power
        gain = np.divide(left, power, out=np.zeros_like(power), where=power > 0)
        return np.sqrt(gain, out=gain)
