"""Signal processing: spectra, filter banks, resampling, effects, pitch. Arrays in, arrays out.

Plain functions on the last axis, without files and without estimators. Features (mel, MFCC, chroma)
and the loading and augmentation of clips are built on them in other packages.
"""

# Why the transforms are fast, and independent of the other clips of a batch:
#
# - One waveform at a time, in blocks of frames. The frames and the spectra of a block fit into the
#   second-level cache of the processor. One FFT over the frames of 20 clips takes 1.7 times as
#   long, and the shape of the batch would change the rounding.
# - Buffers are reused. Allocating and freeing arrays of a megabyte for each clip takes as much time
#   as all of the arithmetic, because the system has to provide the pages again.
# - The layout is (n_frames, n_bins), so that an FFT reads and writes neighbours. Time along the
#   last axis, as in many libraries, costs a transposition of every spectrum.
# - One thread: clips are processed in parallel by joblib.
#
# The inner loops run in numpy or compiled, see `sersk.signal.backend`.

from sersk.signal.autocorrelation import correlate, window_correction
from sersk.signal.babble import add_babble, mix_voices
from sersk.signal.backend import get_backend, set_backend, use_backend, with_backend
from sersk.signal.channels import CHANNELS, limit_band, pass_channel
from sersk.signal.conditions import CONDITIONS, hear, needs_other_speakers
from sersk.signal.effects import (
    change_gain,
    change_speed,
    delay,
    fit_length,
    pitch_shift,
)
from sersk.signal.filter_bank import (
    FilterBank,
    apply_filter_bank,
    chroma_filter_bank,
    filter_bank_of,
    mel_filter_bank,
)
from sersk.signal.forward import count_frames, stft, stft_in_blocks
from sersk.signal.inverse import istft, istft_of_blocks
from sersk.signal.level import bring_to_level, measure_level
from sersk.signal.microphone_curves import pass_microphone, pass_phone_microphone
from sersk.signal.microphones import clip_peaks, tilt_spectrum
from sersk.signal.noise import add_noise, colored_noise, mix_at_snr
from sersk.signal.phase_vocoder import Motion, analyze_motion, time_stretch
from sersk.signal.pitch_tracking import Voicing, fft_length, track_voice
from sersk.signal.power import (
    power_in_blocks,
    power_spectrogram,
)
from sersk.signal.recording import Recording, describe_recording
from sersk.signal.resampling import resample, resample_into
from sersk.signal.rooms import reverberate, room_response

__all__ = [
    "CHANNELS",
    "CONDITIONS",
    "FilterBank",
    "Motion",
    "Recording",
    "Voicing",
    "add_babble",
    "add_noise",
    "analyze_motion",
    "apply_filter_bank",
    "bring_to_level",
    "change_gain",
    "change_speed",
    "chroma_filter_bank",
    "clip_peaks",
    "colored_noise",
    "correlate",
    "count_frames",
    "delay",
    "describe_recording",
    "fft_length",
    "filter_bank_of",
    "fit_length",
    "get_backend",
    "hear",
    "istft",
    "istft_of_blocks",
    "limit_band",
    "measure_level",
    "mel_filter_bank",
    "mix_at_snr",
    "mix_voices",
    "needs_other_speakers",
    "pass_channel",
    "pass_microphone",
    "pass_phone_microphone",
    "pitch_shift",
    "power_in_blocks",
    "power_spectrogram",
    "resample",
    "resample_into",
    "reverberate",
    "room_response",
    "set_backend",
    "stft",
    "stft_in_blocks",
    "tilt_spectrum",
    "time_stretch",
    "track_voice",
    "use_backend",
    "window_correction",
    "with_backend",
]
