"""A clip gives the same numbers for any memory layout and any other clips in the call.

Every step from waveforms on is tested, with both backends. The values of a
step are compared with independent references in tests of that step.
"""

import atexit
import shutil
import tempfile

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from sersk import (
    AudioAugmenter,
    AudioLoader,
    ChromaTransformer,
    FeatureStack,
    FrontEnd,
    FunctionalsTransformer,
    HighPassFilter,
    MelSpectrogramTransformer,
    MFCCTransformer,
    PeakNormalizer,
    PitchTransformer,
    RMSNormalizer,
    SpectralSubtraction,
    WhisperEncoder,
)
from sersk.signal import use_backend
from sersk.testing import make_whisper_folder

# Some clips are of a few samples, which an AudioLoader warns of.
pytestmark = pytest.mark.filterwarnings("ignore::sersk.audio.UnanswerableClipWarning")

WHISPER = tempfile.mkdtemp()  # a model of random weights
make_whisper_folder(WHISPER)
atexit.register(shutil.rmtree, WHISPER, ignore_errors=True)

EFFECTS = {
    "time_stretch": (0.8, 1.25),
    "pitch_shift": (-3, 3),
    "speed": (0.9, 1.1),
    "noise_snr_db": (5, 30),
    "gain_db": (-6, 6),
}

STEPS = {
    "mel": MelSpectrogramTransformer(),
    "mel with level": MelSpectrogramTransformer(ref=1.0, normalization=None),
    "mfcc": MFCCTransformer(),
    "chroma": ChromaTransformer(),
    "pitch": PitchTransformer(),
    "functionals": FunctionalsTransformer(),
    "whisper": WhisperEncoder(WHISPER, layers=[1, "last"], pooling=("mean", "max", "attention")),
    "whisper at one level": WhisperEncoder(WHISPER, level_db=-25.0),
    "functionals at one level": FunctionalsTransformer(level_db=-25.0, noise_margin=6.0),
    "whisper over time": WhisperEncoder(WHISPER, pooling=None),
    "stack": FeatureStack([("mel", MelSpectrogramTransformer()), ("mfcc", MFCCTransformer())]),
    "stretch": AudioAugmenter(pitch_shift=None),
    "shift": AudioAugmenter(time_stretch=None),
    "all effects": AudioAugmenter(**EFFECTS, random_state=0),
    "effects combined": AudioAugmenter(**EFFECTS, combine=True, n_views=2, random_state=0),
    "conditions": AudioAugmenter(
        time_stretch=None,
        pitch_shift=None,
        babble_snr_db=(0, 30),
        room_rt60=(0.05, 0.4),
        noise_snr_db=(5, 30),
        noise_exponent=(0, 2),
        tilt_db=(-6, 6),
        microphone_db=(0, 6),
        clipping_db=(0, 6),
        channel=("telephone", "narrowband"),
        combine=True,
        probability=0.5,
        n_views=3,
        random_state=0,
    ),
    "delay": AudioAugmenter(
        time_stretch=None, pitch_shift=None, time_shift=(-0.002, 0.002), random_state=0
    ),
    "high-pass": HighPassFilter(),
    "subtraction": SpectralSubtraction(),
    "peak": PeakNormalizer(),
    "level": RMSNormalizer(),
    "loader": AudioLoader(duration=0.25, allow_silence=True),
    "resampler": AudioLoader(16_000, 0.25, input_sample_rate=22_050, allow_silence=True),
    "front end": FrontEnd(
        [
            ("loader", AudioLoader(duration=0.25, allow_silence=True)),
            ("augmenter", AudioAugmenter(random_state=0)),
            ("features", MelSpectrogramTransformer()),
        ],
        chunk_size=2,
    ),
}

# around a frame of 2048 samples and half of it, around hops, and very short clips
lengths = st.one_of(
    st.sampled_from([1, 2, 3, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049]),
    st.integers(1, 7000),
)
clips = st.builds(
    lambda n_clips, n_samples, seed: make_clips(n_clips, n_samples, seed),
    st.integers(1, 4),
    lengths,
    st.integers(0, 99),
)
step_names = pytest.mark.parametrize("name", STEPS)
ways = pytest.mark.parametrize("backend", ["compiled", "scipy"])
quickly = settings(
    deadline=None,
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def make_step(name, X):
    assume(name != "delay" or X.shape[1] > 44)  # it must leave some samples of a clip
    return clone(STEPS[name])


def make_clips(n_clips, n_samples, seed=0):
    """Return harmonic tones in noise, so that there are voiced and unvoiced frames."""
    rng = np.random.default_rng(seed)
    times = np.arange(n_samples) / 22_050
    buzz = (times * rng.uniform(90, 300, (n_clips, 1)) % 1) - 0.5
    X = buzz * np.hanning(n_samples + 2)[1:-1] + rng.normal(scale=0.05, size=buzz.shape)
    return X.astype(np.float32)


@pytest.fixture(autouse=True)
def with_either_backend(request):
    parameters = getattr(request.node, "callspec", None)
    with use_backend(parameters.params.get("backend", "scipy") if parameters else "scipy"):
        yield


def in_memory_of_another_kind(X, kind, folder):
    """Return an array with the same numbers in another memory layout."""
    path = folder / "X.npy"
    match kind:
        case "Fortran order":
            return np.asfortranarray(X)
        case "every third sample":
            return np.repeat(X, 3, axis=1)[:, ::3]
        case "backwards":
            return np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1]
        case "columns of a wider array":
            return np.pad(X, ((1, 2), (3, 4)), constant_values=7)[1:-2, 3:-4]
        case "one row, broadcast":
            return np.broadcast_to(X[:1], X.shape)
        case "read-only":
            X = X.copy()
            X.flags.writeable = False
            return X
        case "the other byte order":
            return X.astype(X.dtype.newbyteorder())
        case "double precision":
            return X.astype(np.float64)
        case "file" | "writable file" | "copy-on-write file":
            np.save(path, X)
            modes = {"file": "r", "writable file": "r+"}
            return np.load(path, mmap_mode=modes.get(kind, "c"))
        case "misaligned file":
            path.write_bytes(b"x" + X.tobytes())
            return np.memmap(path, X.dtype, "r", 1, X.shape)
    raise ValueError(kind)


KINDS = [
    "Fortran order",
    "every third sample",
    "backwards",
    "columns of a wider array",
    "one row, broadcast",
    "read-only",
    "the other byte order",
    "double precision",
    "file",
    "writable file",
    "copy-on-write file",
    "misaligned file",
]


@ways
@step_names
@quickly
@given(X=clips, kinds=st.lists(st.sampled_from(KINDS), min_size=3, max_size=3, unique=True))
def test_memory_does_not_matter(name, backend, X, kinds, tmp_path_factory):
    step = make_step(name, X)
    expected = step.fit_transform(X)
    for kind in kinds:
        same = in_memory_of_another_kind(X, kind, tmp_path_factory.mktemp("memory"))
        before = np.array(same)
        wanted = expected
        if kind == "one row, broadcast":
            wanted = np.repeat(expected[:1], len(X), axis=0)
        np.testing.assert_array_equal(step.fit_transform(same), wanted, err_msg=kind)
        np.testing.assert_array_equal(same, before)  # the input is not modified


@ways
@step_names
@quickly
@given(X=clips)
def test_short_types_equal_their_values_as_float32(name, backend, X):
    """Half precision and integers represent fewer values, but represent those exactly."""
    step = make_step(name, X)
    half = X.astype(np.float16)
    np.testing.assert_array_equal(
        step.fit_transform(half), step.fit_transform(half.astype(np.float32))
    )
    whole = np.round(X * 20_000).astype(np.int16)
    # the loader divides integers by their full scale; other steps use their values
    scale = 2**15 if name in ("loader", "resampler", "front end") else 1
    as_floats = whole.astype(np.float32) / scale
    np.testing.assert_array_equal(step.fit_transform(whole), step.fit_transform(as_floats))


OTHER_CLIPS = {
    "silence": lambda y: np.zeros_like(y),
    "full scale": lambda y: np.sign(y) + (y == 0),
    "far above full scale": lambda y: 1e9 * y,
    "subnormal numbers": lambda y: 1e-38 * y,
    "a click": lambda y: np.eye(1, len(y), len(y) // 2, dtype=y.dtype)[0],
    "a constant": lambda y: np.full_like(y, 0.3),
    "not readable": lambda y: np.full_like(y, np.nan),
}


@ways
@step_names
@quickly
@given(
    X=clips,
    others=st.lists(st.sampled_from(list(OTHER_CLIPS)), min_size=1, max_size=3),
    at=st.integers(0, 3),
)
def test_other_clips_do_not_matter(name, backend, X, others, at):
    step = make_step(name, X)
    if name in ("loader", "resampler", "front end"):  # these refuse such clips
        others = [
            other for other in others if other not in ("not readable", "far above full scale")
        ]
    clip = X[:1]
    beside = [OTHER_CLIPS[other](X[-1])[np.newaxis] for other in others]
    at = min(at, len(beside))
    batch = np.concatenate([*beside[:at], clip, *beside[at:]])
    np.testing.assert_array_equal(step.fit_transform(batch)[at], step.fit_transform(clip)[0])
    # the number of clips in a call does not matter either
    one_by_one = [step.fit_transform(X[i : i + 1])[0] for i in range(len(X))]
    np.testing.assert_array_equal(step.fit_transform(X), one_by_one)


# Decisions by a threshold, such as whether a frame is voiced, may change by a rounding error.
# These features are tested by their parts above, and against references in other modules.
@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("mel", 1e-4),
        ("mel with level", 1e-4),
        ("mfcc", 1e-3),
        ("chroma", 1e-4),
        ("pitch", 1e-3),
        ("functionals", 1e-3),
        ("stack", 1e-3),
        ("subtraction", 1e-5),
        ("front end", 1e-2),
    ],
)
@settings(deadline=None, max_examples=20)
@given(n_clips=st.integers(1, 3), n_samples=st.integers(3000, 12_000), seed=st.integers(0, 99))
def test_the_backend_does_not_matter(name, tolerance, n_clips, n_samples, seed):
    X = make_clips(n_clips, n_samples, seed)
    step = clone(STEPS[name])
    plain = step.fit_transform(X)
    with use_backend("compiled"):
        compiled = step.fit_transform(X)
    np.testing.assert_allclose(plain, compiled, rtol=tolerance, atol=tolerance)


def test_every_step_from_waveforms_on_is_tested():
    import sersk

    per_clip = {
        name
        for name in sersk.__all__
        if isinstance(value := getattr(sersk, name), type)
        and issubclass(value, (sersk.StatelessTransformer, AudioLoader, FrontEnd, FeatureStack))
    } - {"SpectralTransformer", "StatelessTransformer"}
    per_clip.discard("PretrainedEncoder")  # needs PyTorch: tests/features/pretrained
    assert per_clip == {type(step).__name__ for step in STEPS.values()}
