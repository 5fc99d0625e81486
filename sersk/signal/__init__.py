"""The one STFT of the house: short-time spectra of waveforms, and back.

Plain functions on the last axis. Features (mel, MFCC, chroma) and effects (time stretch, pitch
shift) are built on them elsewhere; nothing here knows of bands, decibels or estimators.
"""

# What makes it fast, and the same to the bit whatever company a clip comes in:
#
# - One waveform at a time, in blocks of frames small enough that a block's frames and its spectra
#   stay about the processor's second-level cache. One FFT over the frames of 20 clips takes 1.7
#   times as long, and the shape of the batch would reach into the arithmetic.
# - Memory that is used again. Arrays of a megabyte, made and dropped for each clip, are pages that
#   the system takes back and hands out anew: as much time as all of the arithmetic.
# - Frame after frame in memory, (n_frames, n_bins): an FFT reads and writes neighbours. Time along
#   the last axis, as many libraries have it, costs a transposition of every spectrum.
# - In single precision and for the usual frames, a Fourier transform that is compiled for this very
#   processor (`sersk.signal._compiled`), three times as fast as scipy's; scipy's for all else. On
#   one thread: parallel work is over clips and is joblib's.

from sersk.signal.forward import count_frames, stft, stft_in_blocks
from sersk.signal.inverse import istft, istft_of_blocks
from sersk.signal.power import (
    is_sharing,
    power_in_blocks,
    power_spectrogram,
    sharing_spectra,
)

__all__ = [
    "count_frames",
    "is_sharing",
    "istft",
    "istft_of_blocks",
    "power_in_blocks",
    "power_spectrogram",
    "sharing_spectra",
    "stft",
    "stft_in_blocks",
]
