"""Compiled loops give what numpy and scipy give, wherever they are compiled and kept."""

import builtins
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sersk import MelSpectrogramTransformer
from sersk.features.mel import mel_filter_bank, mel_spectrogram
from sersk.signal import _compiled, istft, power_spectrogram, stft
from sersk.signal.effects import analyze_motion, pitch_shift, time_stretch

sizes = st.sampled_from([512, 1024, 2048, 4096, 8192])
waveforms = st.builds(
    lambda n_samples, seed, level: (
        np.random.default_rng(seed).uniform(-level, level, n_samples).astype(np.float32)
    ),
    st.integers(1, 20_000),
    st.integers(0, 99),
    st.sampled_from([1e-4, 1.0, 100.0]),
)

if _compiled.loops() is None:
    pytest.skip("numba is switched off", allow_module_level=True)


def slowly(call):
    """Return what a call gives without compiled loops."""
    loops = _compiled.loops
    _compiled.loops = lambda: None
    try:
        return call()
    finally:
        _compiled.loops = loops


def assert_same(call, tolerance=1e-6):
    """Hold fast against slow, relative to the largest value."""
    fast, slow = call(), slowly(call)
    assert fast.shape == slow.shape
    assert fast.dtype == slow.dtype
    scale = np.abs(slow).max(initial=0) or 1
    np.testing.assert_allclose(fast, slow, rtol=0, atol=tolerance * scale)


@settings(deadline=None, max_examples=30)
@given(y=waveforms, n_fft=sizes, hop_length=st.integers(100, 1000), n_used=st.integers(1, 257))
def test_spectra(y, n_fft, hop_length, n_used):
    how = {"n_fft": n_fft, "hop_length": hop_length}
    assert_same(lambda: stft(y, **how))
    assert_same(lambda: power_spectrogram(y, **how))
    power = power_spectrogram(y, **how)
    part = power_spectrogram(y, **how, n_used_bins=n_used)
    np.testing.assert_array_equal(part, power[:, :n_used])
    np.testing.assert_allclose(power, np.abs(stft(y, **how)) ** 2, rtol=1e-5, atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(
    n_frames=st.integers(1, 12), n_fft=sizes, length=st.integers(0, 20_000), seed=st.integers(0, 99)
)
def test_the_way_back_of_any_spectra(n_frames, n_fft, length, seed):
    """Also of those with an imaginary part where no waveform has one."""
    parts = np.random.default_rng(seed).uniform(-1, 1, (2, n_frames, n_fft // 2 + 1))
    spectra = (parts[0] + 1j * parts[1]).astype(np.complex64)
    n_covered = max(0, min(length, (n_frames - 1) * n_fft // 4))
    assert_same(lambda: istft(spectra, hop_length=n_fft // 4, length=length)[:n_covered])


@settings(deadline=None, max_examples=20)
@given(y=waveforms, n_fft=sizes, hop_length=st.integers(100, 1000), n_mels=st.integers(1, 40))
def test_mel_bands(y, n_fft, hop_length, n_mels):
    bank = mel_filter_bank(22050, n_fft, n_mels, 50.0, 10_000.0)
    fast = mel_spectrogram(y, bank, hop_length=hop_length)
    slow = slowly(lambda: mel_spectrogram(y, bank, hop_length=hop_length))
    np.testing.assert_allclose(fast, slow, rtol=2e-4, atol=1e-6 * slow.max())


@settings(deadline=None, max_examples=20)
@given(
    y=waveforms,
    ref=st.sampled_from(["max", 1.0, 1e-3]),
    top_db=st.sampled_from([None, 30.0, 80.0]),
    normalization=st.sampled_from([None, "clip"]),
    clip_value=st.sampled_from([None, 1.5]),
    spoil=st.sampled_from([None, "silence", "NaN"]),
)
def test_decibels(y, spoil, **parameters):
    if spoil == "silence":
        y = np.zeros_like(y)
    elif spoil == "NaN":
        y[len(y) // 2] = np.nan
    mel = MelSpectrogramTransformer(**parameters)
    picture = mel_spectrogram(y, mel._filter_bank())
    # what is nearly flat makes its rounding errors large
    assume(mel.normalization is None or spoil or (10 * np.log10(picture + 1e-10)).std() > 0.5)
    fast, slow = picture.copy(), picture.copy()
    mel._to_decibels(fast)
    slowly(lambda: mel._to_decibels(slow))
    np.testing.assert_allclose(fast, slow, rtol=1e-5, atol=5e-5)


@settings(deadline=None, max_examples=20)
@given(y=waveforms, rate=st.floats(0.3, 3), n_steps=st.floats(-12, 12))
def test_effects(y, rate, n_steps):
    # White noise has no faint bins whose phase would be a matter of rounding; the last frame may.
    covered = slice(0, max(0, int(len(y) / rate) - 2048))
    assert_same(lambda: time_stretch(y, rate)[covered], 1e-3)
    np.testing.assert_allclose(
        time_stretch(y, rate)[covered],
        time_stretch(y.astype(np.float64), rate)[covered],
        rtol=0,
        atol=1e-3 * np.abs(y).max(),
    )
    assert pitch_shift(y, n_steps).shape == y.shape


def test_memory_of_another_motion_is_used_again():
    y = np.random.default_rng(0).uniform(-1, 1, (2, 9000)).astype(np.float32)
    motion = analyze_motion(y[0])
    expected = time_stretch(y[1], 1.3)
    assert analyze_motion(y[1], out=motion) is motion
    np.testing.assert_array_equal(time_stretch(y[1], 1.3, motion=motion), expected)


def test_any_memory_will_do(tmp_path):
    """Strides, files, and numbers at odd addresses."""
    y = np.random.default_rng(0).uniform(-1, 1, (3, 5000)).astype(np.float32)
    expected = power_spectrogram(y)
    np.testing.assert_array_equal(power_spectrogram(np.repeat(y, 3, axis=1)[:, ::3]), expected)
    np.testing.assert_array_equal(power_spectrogram(y[::-1])[::-1], expected)
    np.testing.assert_array_equal(power_spectrogram(y.astype(">f4")), expected)
    path = tmp_path / "waveforms"
    path.write_bytes(b"x" + y.tobytes())
    for offset, mode in ((1, "r"), (1, "c")):
        mapped = np.memmap(path, np.float32, mode, offset, y.shape)
        np.testing.assert_array_equal(power_spectrogram(mapped), expected)
        np.testing.assert_array_equal(time_stretch(mapped[0], 1.2), time_stretch(y[0], 1.2))
    frozen = y.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(power_spectrogram(frozen), expected)
    assert y.flags.writeable


def test_threads_share_nothing():
    from joblib import Parallel, delayed

    y = np.random.default_rng(0).uniform(-1, 1, (8, 30_000)).astype(np.float32)
    mel = MelSpectrogramTransformer().fit(y)
    expected = [mel.transform(y[i : i + 1]) for i in range(8)]
    many = Parallel(4, prefer="threads")(delayed(mel.transform)(y[i % 8 :][:1]) for i in range(64))
    for i, features in enumerate(many):
        np.testing.assert_array_equal(features, expected[i % 8])


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14])
def test_transforms_of_a_few_numbers(n):
    from sersk.signal._compiled.fourier import Complex, transform_few

    parts = np.random.default_rng(0).normal(size=(2, n))
    spectrum = transform_few([Complex(*pair) for pair in parts.T])
    expected = np.fft.fft(parts[0] + 1j * parts[1])
    np.testing.assert_allclose([z.re + 1j * z.im for z in spectrum], expected, atol=1e-12)


SCRIPT = """
import sys
import numpy as np
if sys.argv[2] == "wide":  # vectors as on a processor with AVX-512, of which each has two here
    import llvmlite.binding, numba
    find = llvmlite.binding.get_host_cpu_features
    llvmlite.binding.get_host_cpu_features = lambda: {"avx512f": True}
    import sersk.signal._compiled.lanes
    llvmlite.binding.get_host_cpu_features = find
from sersk import MelSpectrogramTransformer
from sersk.signal import _compiled
from sersk.signal.effects import time_stretch
from sersk.signal.resampling import resample
X = np.random.default_rng(0).uniform(-1, 1, (2, 9000)).astype(np.float32)
mel = MelSpectrogramTransformer(normalization=None).fit_transform(X)
resampled = [resample(X[0], rate, 22050) for rate in (16000, 24000, 32000, 44100, 48000)]
np.savez(sys.argv[1], *resampled, mel=mel, stretched=time_stretch(X[0], 1.2))
from sersk.signal._compiled import kernels, lanes, resampling, vocoder
used = [kernels.bands, kernels.level, resampling.resample, vocoder.motion, vocoder.stretch]
print(lanes.LANES, sum(sum(kernel._compiled.stats.cache_hits.values()) for kernel in used))
"""


@pytest.mark.slow
def test_later_processes_need_not_compile_and_lanes_do_not_matter(tmp_path):
    def run(name, kind="native"):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / kind)}
        arguments = [sys.executable, "-c", SCRIPT, str(tmp_path / name), kind]
        done = subprocess.run(
            arguments, env=environment, capture_output=True, text=True, check=True
        )
        n_lanes, n_read = map(int, done.stdout.split())
        return n_lanes, n_read, np.load(tmp_path / name)

    _, n_read, first = run("first.npz")
    assert n_read == 0
    _, n_read, second = run("second.npz")
    assert n_read == 5
    n_lanes, _, wide = run("wide.npz", "wide")
    assert n_lanes == 16
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
        np.testing.assert_array_equal(first[name], wide[name])


def test_without_a_folder_to_keep_them_loops_are_compiled_all_the_same(monkeypatch):
    import numba

    from sersk.signal._compiled import kernels

    njit = numba.njit

    def njit_of_a_read_only_disk(*args, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*args, **options)

    monkeypatch.setattr(numba, "njit", njit_of_a_read_only_disk)
    level = kernels.Kernel(kernels.level.function, kernels.level.arguments)
    picture = np.full((2, 3), 10.0, np.float32)
    level(picture, 0.0, -80.0, 0, 1.0, 0.0)
    np.testing.assert_allclose(picture, 10, atol=1e-5)


def test_without_numba_there_is_a_warning_and_no_harm(monkeypatch):
    real = builtins.__import__

    def no_numba(name, *args, **kwargs):
        if name == "numba":
            raise ImportError("no numba for this Python")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_numba)
    with pytest.warns(RuntimeWarning, match="numba can't be used .*scipy instead"):
        assert _compiled.loops.__wrapped__() is None


def test_numba_can_be_switched_off(monkeypatch):
    import numba

    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    assert _compiled.loops.__wrapped__() is None
