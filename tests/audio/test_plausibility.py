"""One rule of what a sound file is holds in every reader, whatever a header says."""

import io
import struct
import subprocess
import sys
import textwrap
from contextlib import suppress

import numpy as np
import pytest
import soundfile

from sersk import AudioLoader
from sersk.audio import SoundBlocks, UnusableClipError, read_sound
from sersk.audio._decoder import Decoder
from sersk.audio.clips import LOUDEST
from sersk.audio.loading import AudioFileError, AudioFileWarning
from sersk.audio.plausibility import MOST_CHANNELS, RATES

RATE = 16_000

READERS = {
    "whole": lambda path: read_sound(path)[0],
    "part": lambda path: read_sound(path, offset=0.01, duration=0.1)[0],
    "blocks": lambda path: np.concatenate([*SoundBlocks(path)]),
    "rows": lambda path: AudioLoader().transform([path]),
}


def make_noise(n_samples=4_000, n_channels=1, seed=0):
    shape = n_samples, n_channels
    return np.random.default_rng(seed).uniform(-0.5, 0.5, shape).astype(np.float32)


def write(path, samples=None, rate=RATE, **kwargs):
    soundfile.write(path, make_noise() if samples is None else samples, rate, **kwargs)
    return path


def make_bytes(samples):
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV")
    return file.getvalue()


GOOD = make_bytes(make_noise())


def patch(path, at, value):
    content = bytearray(path.read_bytes())
    content[at : at + len(value)] = value
    path.write_bytes(content)
    return path


def lie(path, what, value):
    """Write another rate or number of channels to the header of a WAV, AU or FLAC file."""
    suffix = path.suffix
    if suffix == ".wav":
        at, form = {"rate": (24, "<I"), "channels": (22, "<H")}[what]
    elif suffix == ".au":
        at, form = {"rate": (16, ">I"), "channels": (20, ">I")}[what]
    else:  # FLAC: 20 bits of the rate
        old = path.read_bytes()[20] & 0x0F
        return patch(path, 18, ((value << 4) | old).to_bytes(3, "big"))
    return patch(path, at, struct.pack(form, value))


def check_refused(path, reason):
    """Every reader names one reason, and the loader collects it as any other."""
    for read in READERS.values():
        with pytest.raises((UnusableClipError, AudioFileError), match=reason):
            read(path)
    good = path.with_name("good.wav")
    good.write_bytes(GOOD)
    with pytest.warns(AudioFileWarning, match=reason):
        rows = AudioLoader(on_error="nan").transform([good, path, good])
    np.testing.assert_array_equal(np.isnan(rows).all(axis=1), [False, True, False])


@pytest.mark.parametrize(
    ("name", "kwargs", "rates"),
    [
        ("a.wav", {}, (0, 1, 999, 768_001, 100_000_000, 4_294_967_295)),
        ("a.wav", {"subtype": "FLOAT"}, (0, 1, 768_001, 4_294_967_295)),
        ("a.au", {}, (0, 768_001, 0x7FFFFFFF)),
        ("a.flac", {}, (1, 999, 800_000)),
    ],
)
def test_impossible_rates_are_refused(tmp_path, name, kwargs, rates):
    for rate in rates:
        path = lie(write(tmp_path / name, **kwargs), "rate", rate)
        check_refused(path, rf"sample rate is {rate} Hz|states a rate, or a number")


@pytest.mark.parametrize("rate", [*RATES, 8_000, 96_000, 384_000])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_possible_rates_are_read(tmp_path, rate, subtype):
    samples, found = read_sound(write(tmp_path / "a.wav", rate=rate, subtype=subtype))
    assert (len(samples), found) == (4_000, rate)


def test_impossible_numbers_of_channels_are_refused(tmp_path):
    few = make_noise(100, MOST_CHANNELS)
    samples, _ = read_sound(write(tmp_path / "few.wav", few))
    np.testing.assert_allclose(samples, few.mean(axis=1), atol=1e-4)
    many = write(tmp_path / "many.wav", make_noise(100, MOST_CHANNELS + 1))
    check_refused(many, "has 65 channels")
    path = write(tmp_path / "lie.wav", make_noise(60_000))
    check_refused(lie(path, "channels", 1_000), "has 1000 channels")
    check_refused(lie(path, "channels", 20_000), "is not audio that can be decoded")


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
@pytest.mark.parametrize(
    ("scale", "advice"),
    [
        (30_000, "divide by 32768"),
        (2**22, "divide by 8388608"),
        (2**30, "divide by 2147483648"),
        (1e20, "peaks at 1e.20: samples are floats"),
    ],
)
def test_very_loud_floats_are_named_with_their_scale(tmp_path, subtype, scale, advice):
    samples = make_noise()
    path = write(tmp_path / "a.wav", scale * samples / np.abs(samples).max(), subtype=subtype)
    check_refused(path, advice)


def test_opposite_channels_do_not_hide_a_scale(tmp_path):
    loud = 20_000 * make_noise()
    check_refused(write(tmp_path / "a.wav", np.hstack([loud, -loud]), subtype="FLOAT"), "32768")


def test_a_loud_mix_in_floats_is_read_as_it_is(tmp_path):
    samples = LOUDEST / 0.51 * make_noise()
    found, _ = read_sound(write(tmp_path / "a.wav", samples, subtype="FLOAT"))
    np.testing.assert_array_equal(found, samples[:, 0])


@pytest.mark.parametrize("suffix", ["au", "snd", "vox", "gsm", "raw", "ul", "mp3", "wav", "dat"])
@pytest.mark.parametrize("kind", ["text", "bytes", "zeros"])
def test_what_has_no_header_is_no_sound(tmp_path, suffix, kind, capfd):
    content = {
        "text": b"This text is about speech and emotion.\n" * 2_500,
        "bytes": np.random.default_rng(0).bytes(100_000),
        "zeros": bytes(100_000),
    }[kind]
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    check_refused(path, "is not audio that can be decoded")


@pytest.mark.parametrize("n_bytes", range(1, 30))
@pytest.mark.parametrize("suffix", ["snd", "wav", "mp3", "sph", "ogg", "aiff", "flac"])
def test_the_beginning_of_a_file_is_refused_with_a_reason(tmp_path, suffix, n_bytes):
    form = {"snd": "AU", "sph": "NIST"}.get(suffix, suffix)
    path = write(tmp_path / f"a.{suffix}", format=form)
    path.write_bytes(path.read_bytes()[:n_bytes])
    for read in READERS.values():
        with pytest.raises((UnusableClipError, AudioFileError)):
            read(path)


def test_two_small_bytes_make_no_sampler_file(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"\1\4" + np.random.default_rng(0).bytes(5_000))
    check_refused(path, "has no header")


def test_a_damaged_sample_dump_prints_nothing(tmp_path, capfd):
    path = write(tmp_path / "a.sds", format="SDS")
    check_refused(patch(path, 21, b"\xa6"), "is a sample dump")
    assert capfd.readouterr().out == ""


# ---------------------------------------------------------------- memory


def make_unsized(data_size, n_bytes=2_000):
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    sound = np.random.default_rng(0).integers(-9_999, 9_999, n_bytes // 2).astype("<i2").tobytes()
    return b"RIFF\xff\xff\xff\xffWAVE" + fmt + struct.pack("<4sI", b"data", data_size) + sound


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process")
def test_headers_reserve_no_memory(tmp_path):
    """A file of 2 kB that promises gigabytes is read or refused within 400 MB."""
    for i, size in enumerate([0xFFFFFFFF, 0x7FFFF000, 0x80000000, 0x7F000000, 0x20000000]):
        (tmp_path / f"{i}.wav").write_bytes(make_unsized(size))
    patch(write(tmp_path / "a.flac"), 21, b"\x0f\xff\xff\xff\xff")
    patch(write(tmp_path / "b.flac", make_noise(n_channels=8)), 22, b"\x10\0\0\0")
    wide = write(tmp_path / "wide.wav", make_noise(60_000))
    lie(wide, "channels", 1_000)
    script = """
        import resource, sys
        import soundfile, soxr  # their libraries are no part of the limit
        from sersk import AudioLoader
        from sersk.audio import SoundBlocks, UnusableClipError, read_sound
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000, -1))
        for path in sys.argv[1:]:
            for read in (
                read_sound,
                lambda path: read_sound(path, duration=100_000.0),
                lambda path: [*SoundBlocks(path)],
                lambda path: AudioLoader(on_error="nan").transform([path]),
            ):
                try:
                    read(path)
                except UnusableClipError as reason:
                    print(reason)
    """
    files = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(script), *files],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "memory" not in done.stdout


@pytest.mark.parametrize("data_size", [0xFFFFFFFF, 0x7FFFF000, 0x80000000])
def test_unsized_wavs_are_read_to_their_end(tmp_path, data_size):
    path = tmp_path / "a.wav"
    path.write_bytes(make_unsized(data_size))
    expected, _ = soundfile.read(io.BytesIO(make_unsized(2_000)), dtype="float32")
    np.testing.assert_array_equal(read_sound(path)[0], expected)


# ---------------------------------------------------------------- exceptions


def test_a_superscript_in_a_header_is_no_number(tmp_path):
    path = write(tmp_path / "a.sph", format="NIST")
    at = path.read_bytes().index(b"sample_count -i ") + len(b"sample_count -i ")
    patch(path, at, "²".encode("latin-1"))
    for read in READERS.values():
        with suppress(UnusableClipError, AudioFileError):
            read(path)


def make_crc_table():
    table = []
    for value in range(256):
        crc = value << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        table.append(crc & 0xFFFFFFFF)
    return table


def lie_in_last_page(content, position):
    """Write another position (frames) to the last page of an Ogg file, with its new checksum."""
    begin = content.rindex(b"OggS")
    page = bytearray(content[begin:])
    page[6:14] = struct.pack("<q", position)
    page[22:26] = bytes(4)
    table, crc = make_crc_table(), 0
    for byte in page:
        crc = (crc << 8 & 0xFFFFFFFF) ^ table[crc >> 24 ^ byte]
    page[22:26] = struct.pack("<I", crc)
    return content[:begin] + bytes(page)


@pytest.mark.filterwarnings("ignore::sersk.audio.UnanswerableClipWarning")  # milliseconds are left
@pytest.mark.parametrize("subtype", ["OPUS", "VORBIS"])
@pytest.mark.parametrize("position", [-(2**63), -2, 0, 1, 100, 3_999, 2**40, 2**62, 2**63 - 1])
def test_a_lying_page_of_ogg_is_read_or_refused(tmp_path, subtype, position):
    path = write(tmp_path / "a.ogg", subtype=subtype)
    path.write_bytes(lie_in_last_page(path.read_bytes(), position))
    for read in READERS.values():
        with suppress(UnusableClipError, AudioFileError):
            samples = read(path)
            assert samples.shape in ((1, 88_200), (len(samples),))
            assert np.isfinite(samples).all()
            assert len(samples) <= 4_096  # whole packets of Vorbis


def test_a_length_that_a_file_cannot_hold_is_refused(tmp_path):
    """Of an Opus file whose last page ends too early, libsndfile gives 6e18 frames."""
    path = write(tmp_path / "a.ogg", subtype="OPUS")
    path.write_bytes(lie_in_last_page(path.read_bytes(), 100))
    check_refused(path, r"header promises \d+ frames, which a file of \d+ bytes cannot hold")


@pytest.mark.parametrize(
    "fault",
    [
        ValueError("negative dimensions are not allowed"),
        MemoryError(),
        KeyError("codec"),
        OverflowError("too large"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        struct.error("unpack requires a buffer of 8 bytes"),
        RuntimeError("surprise"),
        OSError(5, "Input/output error"),
    ],
    ids=lambda fault: type(fault).__name__,
)
@pytest.mark.parametrize("where", ["open", "read", "containers"])
def test_whatever_a_library_raises_is_the_failure_of_the_file(tmp_path, monkeypatch, fault, where):
    path = write(tmp_path / "a.flac")

    def fail(*arguments, **options):
        raise fault

    name = {"open": "SoundFile.__init__", "read": "SoundFile.read"}.get(where)
    if name:
        monkeypatch.setattr(f"soundfile.{name}", fail)
    else:
        path.write_bytes(path.read_bytes()[:-1_000])
        monkeypatch.setattr("sersk.audio._containers.is_cut_short", fail)
        monkeypatch.setattr(Decoder, "check_reached", lambda *arguments: None)
        monkeypatch.setattr(Decoder, "_telling_of_damage", lambda *arguments: fail())
    with pytest.raises(UnusableClipError) as caught:
        read_sound(path)
    assert caught.value.__cause__ is fault
    check_refused(path, "cannot be read")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_no_failure_of_a_file(tmp_path, monkeypatch, error):
    path = write(tmp_path / "a.flac")

    def stop(*arguments, **options):
        raise error

    monkeypatch.setattr("soundfile.SoundFile.read", stop)
    for read in READERS.values():
        with pytest.raises(error):
            read(path)


def test_a_fault_of_the_resampler_is_the_failure_of_the_file(tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise MemoryError

    path = write(tmp_path / "a.wav")
    monkeypatch.setattr("soxr.resample", fail)
    with pytest.raises(UnusableClipError, match="needs more memory than there is"):
        read_sound(path, sample_rate=8_000)
    with pytest.warns(AudioFileWarning, match="needs more memory than there is"):
        assert np.isnan(AudioLoader(8_000, on_error="nan").transform([path])).all()


def test_an_error_of_the_caller_s_own_blocks_is_not_hidden():
    def break_off():
        yield np.zeros(100, np.float32)
        raise ConnectionError("the microphone is gone")

    with pytest.raises(ConnectionError, match="microphone"):
        [*SoundBlocks(break_off(), RATE)]


# ---------------------------------------------------------------- codecs

# Every encoding that libsndfile writes, but those without a mark of their
# own. It writes MPEG in layer III and as MP3 only.
ENCODINGS = [
    (form, subtype)
    for form in sorted(soundfile.available_formats())
    for subtype in sorted(soundfile.available_subtypes(form))
    if form not in ("RAW", "MPC2K", "SD2", "SDS")
    and not subtype.startswith("DWVW")
    and (form == "MP3") == (subtype == "MPEG_LAYER_III")
    and (form, subtype) != ("PAF", "PCM_24")  # refused, see below
]
NOT_SEEKABLE = {"GSM610", "G721_32", "G723_24", "G723_40", "DPCM_8", "DPCM_16"}


@pytest.mark.parametrize(("form", "subtype"), ENCODINGS, ids=lambda part: part)
def test_a_part_is_read_in_every_encoding(tmp_path, form, subtype):
    """Also where libsndfile cannot seek: then the frames before the part are read and dropped."""
    path = tmp_path / "a.sound"
    write(path, make_noise(12_000), 8_000, format=form, subtype=subtype)
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        assert file.seekable() or subtype in NOT_SEEKABLE or subtype.startswith("NMS")
        whole = file.read(file.frames, dtype="float32")
    np.testing.assert_array_equal(read_sound(path)[0], whole)
    np.testing.assert_array_equal(np.concatenate([*SoundBlocks(path)]), whole)
    begin, end = rate // 8, rate // 8 + rate // 4
    part, _ = read_sound(path, offset=0.125, duration=0.25)
    np.testing.assert_allclose(part, whole[begin:end], atol=1e-6)
    with pytest.raises(UnusableClipError, match="ends before offset"):
        read_sound(path, offset=100.0)


def test_a_format_of_which_libsndfile_reads_parts_wrongly_is_refused(tmp_path):
    path = tmp_path / "a.paf"
    noise = make_noise(4_000, 3)
    write(path, noise, 8_000, format="PAF", subtype="PCM_24")
    with soundfile.SoundFile(path) as file:  # what is wrong with it
        file.seek(8)
        assert np.abs(file.read() - noise[8:]).max() > 0.1
    check_refused(path, "write it to a WAV file")


def test_an_au_file_whose_sound_begins_in_its_header_is_refused(tmp_path):
    path = tmp_path / "a.au"
    write(path, make_noise(4_000), 8_000, format="AU")
    data = bytearray(path.read_bytes())
    data[4:8] = bytes(4)
    path.write_bytes(data)
    check_refused(path, "begins within the header")


def test_a_nist_header_without_its_end_is_truncated(tmp_path):
    path = tmp_path / "a.nist"
    write(path, make_noise(4_000), 8_000, format="NIST")
    data = path.read_bytes()
    end = data.index(b"end_head")
    path.write_bytes(data[:end] + bytes(1024 - end) + data[1024:3_000])
    check_refused(path, "is truncated")


def test_what_follows_the_last_frame_of_flac_is_not_read_by_any_reader(tmp_path):
    path = tmp_path / "a.flac"
    write(path, make_noise(4_000), 8_000, format="FLAC")
    path.write_bytes(path.read_bytes() + path.read_bytes()[-2_000:])
    lengths = {len(np.concatenate([*SoundBlocks(path)])), len(read_sound(path)[0])}
    assert lengths == {4_000}


def test_a_model_s_loader_takes_an_offset_into_gsm(tmp_path):
    path = write(tmp_path / "a.wav", make_noise(30_000), 8_000, subtype="GSM610")
    whole, _ = soundfile.read(path, frames=30_000, dtype="float32")
    rows = AudioLoader(8_000, 1.0, offset=1.5).transform([path])
    np.testing.assert_array_equal(rows[0], whole[12_000:20_000])
