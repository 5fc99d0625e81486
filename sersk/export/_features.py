"""Mel spectrograms, MFCC and stacks of them, in a graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from sersk.export._operations import Operations, Value
from sersk.export._spectra import cut_frames, power_spectra
from sersk.features import FeatureStack, MelSpectrogramTransformer, MFCCTransformer
from sersk.signal import FilterBank, count_frames, filter_bank_of

_AMIN = 1e-10  # of both features: the power of -100 dB
_DECIBELS = 10 / np.log(10)  # of the natural logarithm of a power
_DELTA_WIDTH = 9


def add_features(ops: Operations, step: Any, waveform: Value, n_samples: int) -> Value | None:
    """Add features that are made from power spectra.

    Parameters
    ----------
    ops : Operations
        The graph.
    step : transformer
        The feature transformer.
    waveform : value of shape (n_samples,)
        A clip.
    n_samples : int
        Its samples.

    Returns
    -------
    features : value of shape (n_bands, n_frames) or None
        The features; None if the transformer is of another kind.
    """
    if type(step) is FeatureStack:
        parts = [
            add_features(ops, part, waveform, n_samples) for _, part in step.active_transformers()
        ]
        known = [part for part in parts if part is not None]
        return ops.concatenate(known) if len(known) == len(parts) else None
    if type(step) is MelSpectrogramTransformer:
        return _finish_mel(ops, step, _mel_power(ops, step, waveform, n_samples))
    if type(step) is MFCCTransformer:
        return _finish_mfcc(ops, step, _mel_power(ops, step, waveform, n_samples), n_samples)
    return None


def dense_filters(bank: FilterBank) -> NDArray[np.float32]:
    """Return a filter bank as one matrix.

    Parameters
    ----------
    bank : FilterBank
        The bank.

    Returns
    -------
    filters : ndarray of float32 of shape (n_used_bins, n_bands)
        Weight of each bin in each band.
    """
    filters = np.zeros((bank.n_used_bins, len(bank.band_frequencies)), np.float32)
    for bands, bins, weights in bank.blocks:
        filters[bins, bands] = weights.T
    return filters


def _mel_power(ops: Operations, step: Any, waveform: Value, n_samples: int) -> Value:
    """Return the power in each band, of shape (n_mels, n_frames)."""
    n_fft = step.n_fft
    n_frames = count_frames(n_samples, n_fft=n_fft, hop_length=step.hop_length)
    padded = ops.concatenate([np.zeros(n_fft // 2, np.float32), waveform])
    frames = cut_frames(ops, padded, n_samples + n_fft // 2, n_fft, step.hop_length, n_frames)
    bank = filter_bank_of(step)
    window = scipy.signal.get_window("hann", n_fft)
    power = power_spectra(ops, frames, window, bank.n_used_bins)
    return ops.transpose(ops.matmul(power, dense_filters(bank)), (1, 0))


def _finish_mel(ops: Operations, step: MelSpectrogramTransformer, power: Value) -> Value:
    decibels = ops.multiply(ops.log(ops.add(power, _AMIN)), _DECIBELS)
    peak = ops.max(decibels, (0, 1))
    values = _floor(ops, ops.subtract(decibels, peak), step.top_db)
    if step.normalization is None:
        if step.ref == "max":
            return values
        return ops.add(values, ops.subtract(peak, 10 * np.log10(step.ref)))
    values = _standardize(ops, values, (0, 1))
    if step.clip_value is None:
        return values
    return ops.minimum(ops.maximum(values, -step.clip_value), step.clip_value)


def _finish_mfcc(ops: Operations, step: MFCCTransformer, power: Value, n_samples: int) -> Value:
    decibels = ops.multiply(ops.log(ops.maximum(power, _AMIN)), _DECIBELS)
    peak = ops.max(decibels, (0, 1))
    values = _floor(ops, ops.subtract(decibels, peak), step.top_db)
    cosines = scipy.fft.dct(np.eye(step.n_mels), axis=0, type=2, norm="ortho")[: step.n_mfcc]
    if step.normalization is None:  # the level, which is in the first coefficient only
        coefficients = ops.matmul(cosines, values)
        level = np.zeros((step.n_mfcc, 1))
        level[0] = np.sqrt(step.n_mels)
        # derivatives are of the coefficients without it, as a constant has none
        rows = _with_derivatives(ops, step, coefficients, n_samples)
        levels = np.concatenate([level, np.zeros((step.n_mfcc * step.delta, 1))])
        return ops.add(rows, ops.multiply(peak, levels))
    rows = _with_derivatives(ops, step, ops.matmul(cosines, values), n_samples)
    return _standardize(ops, rows, (1,))


def _with_derivatives(
    ops: Operations, step: MFCCTransformer, coefficients: Value, n_samples: int
) -> Value:
    """Add rows for the derivatives: products with the matrix that fits polynomials to frames."""
    n_frames = count_frames(n_samples, n_fft=step.n_fft, hop_length=step.hop_length)
    rows = [coefficients]
    for order in range(1, 1 + step.delta):
        slopes = scipy.signal.savgol_filter(
            np.eye(n_frames), _DELTA_WIDTH, polyorder=order, deriv=order, axis=-1, mode="interp"
        )
        rows.append(ops.matmul(coefficients, slopes))
    return ops.concatenate(rows) if step.delta else coefficients


def _floor(ops: Operations, decibels: Value, top_db: float | None) -> Value:
    return decibels if top_db is None else ops.maximum(decibels, -top_db)


def _standardize(ops: Operations, values: Value, axes: tuple[int, ...]) -> Value:
    centred = ops.subtract(values, ops.mean(values, axes))
    variance = ops.mean(ops.multiply(centred, centred), axes)
    return ops.divide(centred, ops.one_for_zero(ops.sqrt(variance)))
