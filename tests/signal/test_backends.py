"""Both backends give the same numbers; the choice of backend is passed to worker processes."""

import builtins
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import sersk
from sersk import AudioAugmenter, FrontEnd, MelSpectrogramTransformer
from sersk.signal import (
    analyze_motion,
    get_backend,
    istft,
    pitch_shift,
    power_in_blocks,
    power_spectrogram,
    set_backend,
    stft,
    stft_in_blocks,
    time_stretch,
    use_backend,
    with_backend,
)
from sersk.signal.backend import active_backend

numba = pytest.importorskip("numba")
if numba.config.DISABLE_JIT:
    pytest.skip("numba is switched off", allow_module_level=True)

sizes = st.one_of(
    st.sampled_from([512, 1024, 2048, 4096, 8192]), st.integers(200, 1000).map(lambda n: 2 * n)
)
waveforms = st.builds(
    lambda n_samples, seed, level: (
        np.random.default_rng(seed).uniform(-level, level, n_samples).astype(np.float32)
    ),
    st.integers(1, 20_000),
    st.integers(0, 99),
    st.sampled_from([1e-4, 1.0, 100.0]),
)


def both(call):
    """Return the results of a call with both backends, compiled first."""
    results = []
    for name in ("compiled", "scipy"):
        with use_backend(name):
            results.append(call())
    return results


def assert_same(call, tolerance=1e-6):
    """Compare the results of both backends, relative to the largest value."""
    compiled, plain = both(call)
    assert compiled.shape == plain.shape
    assert compiled.dtype == plain.dtype
    scale = np.abs(plain).max(initial=0) or 1
    np.testing.assert_allclose(compiled, plain, rtol=0, atol=tolerance * scale)


@settings(deadline=None, max_examples=30)
@given(y=waveforms, n_fft=sizes, hop_length=st.integers(100, 1000), n_used=st.integers(1, 200))
@example(y=np.ones(5000, np.float32), n_fft=512, hop_length=1000, n_used=1)  # gaps between frames
def test_spectra(y, n_fft, hop_length, n_used):
    how = {"n_fft": n_fft, "hop_length": hop_length}
    assert_same(lambda: stft(y, **how))
    assert_same(lambda: power_spectrogram(y, **how))
    for name in ("compiled", "scipy"):
        with use_backend(name):
            power = power_spectrogram(y, **how)
            part = power_spectrogram(y, **how, n_used_bins=n_used)
            np.testing.assert_array_equal(part, power[:, :n_used])
            np.testing.assert_allclose(power, np.abs(stft(y, **how)) ** 2, rtol=1e-5, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(
    y=waveforms,
    n_window=st.integers(1, 700),
    n_zeros=st.integers(0, 400),
    hop_length=st.integers(1, 900),
    center=st.booleans(),
)
def test_windows_of_any_length_with_and_without_centring(y, n_window, n_zeros, hop_length, center):
    hop_length = max(hop_length, len(y) // 500 + 1)
    n_fft = n_window + n_zeros + (n_window + n_zeros) % 2
    window = np.hanning(n_window + 2)[1:-1]
    before = n_window // 2 if center else 0
    padded = np.pad(y, (before, n_window)) if center else y
    starts = range(0, len(y) + 1 if center else len(y) - n_window + 1, hop_length)
    frames = [padded[start : start + n_window] * window for start in starts]
    expected = np.fft.rfft(np.reshape(frames, (-1, n_window)), n_fft)
    how = {"n_fft": n_fft, "hop_length": hop_length, "window": window, "center": center}
    tolerance = 1e-5 * np.abs(y).max() * n_window
    for name in ("compiled", "scipy"):
        with use_backend(name):
            blocks = [block for _, _, block in stft_in_blocks(y, **how)]
            spectra = np.concatenate([np.empty((0, n_fft // 2 + 1)), *blocks])
            np.testing.assert_allclose(spectra, expected, rtol=0, atol=tolerance)
            power = power_in_blocks(y, n_used_bins=1, **how)
            power = np.concatenate([np.empty((0, 1)), *(block.copy() for _, _, block in power)])
            np.testing.assert_allclose(power[:, 0], np.abs(spectra[:, 0]) ** 2, rtol=1e-5)


@settings(deadline=None, max_examples=20)
@given(
    n_frames=st.integers(1, 12),
    n_fft=sizes.map(lambda n: n - n % 4),
    length=st.integers(0, 20_000),
    seed=st.integers(0, 99),
)
def test_the_inverse_of_any_spectra(n_frames, n_fft, length, seed):
    """Also of spectra whose constant or Nyquist bin has an imaginary part."""
    parts = np.random.default_rng(seed).uniform(-1, 1, (2, n_frames, n_fft // 2 + 1))
    spectra = (parts[0] + 1j * parts[1]).astype(np.complex64)
    n_covered = max(0, min(length, (n_frames - 1) * n_fft // 4))
    assert_same(lambda: istft(spectra, hop_length=n_fft // 4, length=length)[:n_covered])


@settings(deadline=None, max_examples=20)
@given(y=waveforms, n_fft=sizes, hop_length=st.integers(100, 1000), n_mels=st.integers(1, 25))
def test_mel_bands(y, n_fft, hop_length, n_mels):
    mel = MelSpectrogramTransformer(n_fft=n_fft, n_mels=n_mels, fmin=50.0, fmax=10_000.0)
    sizes = {"n_fft": n_fft, "hop_length": hop_length, "n_used_bins": mel.n_used_bins}
    compiled, plain = both(lambda: mel.frames(power_spectrogram(y, **sizes)))
    np.testing.assert_allclose(compiled, plain, rtol=2e-4, atol=1e-6 * plain.max())


@pytest.mark.parametrize("normalization", [None, "clip"])
@pytest.mark.parametrize("spoil", [np.nan, 1e25, -1e38])
def test_only_a_clip_whose_power_is_not_finite_becomes_nan(spoil, normalization):
    X = np.random.default_rng(0).uniform(-1, 1, (3, 9000)).astype(np.float32)
    X[1, 4000] = spoil
    mel = MelSpectrogramTransformer(normalization=normalization)
    for features in both(lambda: mel.fit_transform(X)):
        assert np.isnan(features).all(axis=(1, 2)).tolist() == [False, True, False]
        assert np.isnan(features).any(axis=(1, 2)).tolist() == [False, True, False]


@settings(deadline=None, max_examples=20)
@given(y=waveforms, rate=st.floats(0.3, 3), n_steps=st.floats(-12, 12))
def test_effects(y, rate, n_steps):
    # White noise has no faint bins, whose phase depends on rounding; the last frame may have some.
    covered = slice(0, max(0, int(len(y) / rate) - 2048))
    assert_same(lambda: time_stretch(y, rate)[covered], 1e-3)
    expected = time_stretch(y.astype(np.float64), rate)[covered]
    for stretched in both(lambda: time_stretch(y, rate)[covered]):
        np.testing.assert_allclose(stretched, expected, rtol=0, atol=1e-3 * np.abs(y).max())
    assert pitch_shift(y, n_steps).shape == y.shape


@pytest.mark.parametrize("name", ["compiled", "scipy"])
def test_a_phase_motion_can_be_overwritten(name):
    y = np.random.default_rng(0).uniform(-1, 1, (2, 9000)).astype(np.float32)
    with use_backend(name):
        motion = analyze_motion(y[0])
        expected = time_stretch(y[1], 1.3)
        assert analyze_motion(y[1], out=motion) is motion
        np.testing.assert_array_equal(time_stretch(y[1], 1.3, motion=motion), expected)
        assert not time_stretch(np.zeros(9000, np.float32), 1.3).any()


@pytest.mark.parametrize("name", ["compiled", "scipy"])
def test_any_memory_layout_is_accepted(name, tmp_path):
    """Strided arrays, memory-mapped files, and misaligned data."""
    y = np.random.default_rng(0).uniform(-1, 1, (3, 5000)).astype(np.float32)
    with use_backend(name):
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


@pytest.mark.parametrize("name", ["compiled", "scipy"])
def test_threads_do_not_interfere(name):
    from joblib import Parallel, delayed

    y = np.random.default_rng(0).uniform(-1, 1, (8, 30_000)).astype(np.float32)
    mel = MelSpectrogramTransformer().fit(y)
    with use_backend(name):
        expected = [mel.transform(y[i : i + 1]) for i in range(8)]
        transform = with_backend(mel.transform)
    many = Parallel(4, prefer="threads")(delayed(transform)(y[i % 8 :][:1]) for i in range(64))
    for i, features in enumerate(many):
        np.testing.assert_array_equal(features, expected[i % 8])


@pytest.fixture
def process_default():
    """Restore the backend of the process."""
    before = get_backend()
    yield
    set_backend(before)


def test_the_innermost_choice_takes_precedence(process_default):
    assert sersk.set_backend is set_backend
    set_backend("compiled")
    assert get_backend() == active_backend().name == "compiled"
    with use_backend("scipy"):
        assert get_backend() == "scipy"
        with use_backend("compiled"):
            assert get_backend() == "compiled"
        with pytest.raises(ZeroDivisionError), use_backend("compiled"):
            1 / 0  # noqa: B018
        assert get_backend() == "scipy"
    assert get_backend() == "compiled"
    set_backend("scipy")
    assert get_backend() == "scipy"


@pytest.mark.parametrize("choose", [set_backend, lambda name: use_backend(name).__enter__()])
def test_unknown_names_are_refused_with_the_choices(choose):
    before = get_backend()
    with pytest.raises(ValueError, match="'numba' is no backend; choose 'scipy' or 'compiled'"):
        choose("numba")
    assert get_backend() == before


class Backend(MelSpectrogramTransformer):
    """Gives the active backend and the process as features."""

    def transform_waveforms(self, X):
        code = {"scipy": 0, "compiled": 1}[get_backend()]
        return np.full((*X.shape[:-1], 1, 2), [code, os.getpid()], np.float32)


@pytest.mark.parametrize("engine", ["threading", "loky"])
@pytest.mark.parametrize("name", ["compiled", "scipy"])
def test_workers_of_a_front_end_use_the_backend_of_the_caller(engine, name):
    import joblib

    X = np.zeros((6, 4096), np.float32)
    frontend = FrontEnd([("features", Backend())], chunk_size=1, n_jobs=2)
    with use_backend(name), joblib.parallel_config(backend=engine):
        backends, processes = frontend.fit_transform(X)[:, 0].T
    assert set(backends) == {name == "compiled"}
    assert (np.float32(os.getpid()) in processes) == (engine == "threading")


def test_threads_use_the_backend_of_the_process(process_default):
    from joblib import Parallel, delayed

    set_backend("compiled")
    assert (
        Parallel(2, prefer="threads")(delayed(get_backend)() for _ in range(4)) == ["compiled"] * 4
    )


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


USE = """
import sys
import numpy as np, sersk
X = np.random.default_rng(0).uniform(-1, 1, (2, 9000)).astype(np.float32)
sersk.MelSpectrogramTransformer().fit_transform(sersk.AudioAugmenter().fit_transform(X))
print(sersk.get_backend(), "sersk.signal._loops" in sys.modules)
"""


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", "scipy False"), ("scipy", "scipy False"), ("compiled", "compiled True")],
)
def test_the_environment_chooses_and_by_default_nothing_is_compiled(value, expected):
    assert run(USE, SERSK_BACKEND=value).stdout.strip() == expected


def test_a_wrong_environment_is_an_error():
    error = run(USE, SERSK_BACKEND="fast").stderr
    assert "SERSK_BACKEND='fast' is no backend; choose 'scipy' or 'compiled'" in error


def test_calls_take_precedence_over_the_environment():
    code = "import sersk; sersk.set_backend('scipy'); print(sersk.get_backend())"
    assert run(code, SERSK_BACKEND="compiled").stdout.strip() == "scipy"


SCRIPT = """
import sersk
sersk.set_backend("compiled")
from sersk.signal import _loops
loops = [_loops.window_frames, _loops.power, _loops.phase_advance, _loops.interpolate]
loops.append(_loops.overlap_add)
print(sum(sum(loop.stats.cache_hits.values()) for loop in loops))
"""


@pytest.mark.slow
def test_later_processes_load_compiled_loops_from_the_cache(tmp_path):
    cache = str(tmp_path)
    assert [run(SCRIPT, NUMBA_CACHE_DIR=cache).stdout.strip() for _ in range(2)] == ["0", "5"]


def test_without_a_writable_folder_loops_are_compiled_too(monkeypatch):
    from numba import types

    from sersk.signal._loops import compile_loop

    njit = numba.njit

    def njit_of_a_read_only_disk(*args, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*args, **options)

    monkeypatch.setattr(numba, "njit", njit_of_a_read_only_disk)

    def clear(x):
        x[:] = 0

    x = np.ones(3, np.float32)
    compile_loop(types.float32[::1])(clear)(x)
    assert not x.any()


@pytest.fixture
def clean_backends(monkeypatch):
    """Clear the cached backends, so that a backend is created again."""
    from sersk.signal import backend

    backend._instance.cache_clear()
    yield
    backend._instance.cache_clear()


def test_without_numba_compiled_is_refused(monkeypatch, clean_backends):
    real = builtins.__import__

    def no_numba(name, *args, **kwargs):
        if name == "numba":
            raise ImportError("no numba for this Python")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_numba)
    with pytest.raises(ImportError, match=r'(?s)"compiled" needs numba.*this Python.*"scipy"'):
        set_backend("compiled")
    set_backend("scipy")
    assert AudioAugmenter().fit_transform(np.ones((1, 4000), np.float32)).shape == (1, 3, 4000)


def test_where_numba_is_switched_off_compiled_is_refused(monkeypatch, clean_backends):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    with pytest.raises(RuntimeError, match="NUMBA_DISABLE_JIT switches off"):
        set_backend("compiled")


def test_where_numba_fails_compiled_is_refused(monkeypatch, clean_backends):
    from sersk.signal import _loops

    def fail(*args):
        raise TypeError("no code for this processor")

    monkeypatch.setattr(_loops, "power", fail)
    with pytest.raises(RuntimeError, match=r"TypeError: no code for this processor.*Install"):
        set_backend("compiled")
