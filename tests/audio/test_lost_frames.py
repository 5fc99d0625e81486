"""Sound that is lost within a file or at its end is no shorter recording, and no silence."""

import io
import struct
import zlib

import numpy as np
import pytest
import soundfile

from sersk.audio import AudioFileError, AudioLoader, UnusableClipError, read_sound
from sersk.audio.reading import SoundBlocks

needs_mp3 = pytest.mark.skipif(
    "MP3" not in soundfile.available_formats(), reason="this libsndfile has no MP3"
)
#: of a stereo file of MPEG 1, and a mono file of MPEG 2
KINDS = [pytest.param((44_100, 2), id="mpeg1"), pytest.param((16_000, 1), id="mpeg2")]
RNG = np.random.default_rng(0)


def make_noise(n_samples, n_channels=1):
    noise = 0.2 * np.random.default_rng(1).normal(size=(n_samples, n_channels))
    return noise.clip(-1, 1) * (1 + np.sin(np.arange(n_samples) / 9_000))[:, None] / 2


def encode(n_seconds, rate, n_channels=1, **kwargs):
    memory = io.BytesIO()
    soundfile.write(memory, make_noise(int(n_seconds * rate), n_channels), rate, **kwargs)
    return memory.getvalue()


def ask(path):
    """Return what a file is, by every door: samples, or why it is not read."""
    answers = []
    for read in (
        lambda: read_sound(path)[0],
        lambda: np.concatenate(list(SoundBlocks(path))),
    ):
        try:
            answers.append(read())
        except UnusableClipError as error:
            answers.append(str(error))
    whole, blocks = answers
    if isinstance(whole, str):
        assert isinstance(blocks, str), f"{whole}, but SoundBlocks reads {len(blocks)} samples"
        return whole
    np.testing.assert_allclose(blocks, whole, atol=1e-6)
    return whole


def split_mp3(data):
    """Return the frames of an intact MP3 file, by its constant sizes in the standard."""
    frames, at = [], 0
    while at < len(data):
        assert data[at] == 0xFF
        of_mpeg_1, padding = data[at + 1] & 8, data[at + 2] >> 1 & 1
        slow = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
        fast = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
        rates = (44_100, 48_000, 32_000) if of_mpeg_1 else (22_050, 24_000, 16_000)
        kbits, rate = (fast if of_mpeg_1 else slow)[data[at + 2] >> 4], rates[data[at + 2] >> 2 & 3]
        size = (144 if of_mpeg_1 else 72) * kbits * 1000 // rate + padding
        frames.append(data[at : at + size])
        at += size
    return frames


@pytest.fixture(scope="module", params=KINDS)
def mp3(request):
    """Return the frames of a file, of which the first states how many follow, and a frame's length.

    The sizes of the frames vary.
    """
    rate, n_channels = request.param
    frames = split_mp3(encode(1.5, rate, n_channels, format="MP3"))
    assert b"Info" in frames[0] or b"Xing" in frames[0]
    assert len({len(frame) for frame in frames}) > 2
    return frames, 1152 if rate == 44_100 else 576


def id3(n_bytes):
    sizes = bytes(n_bytes >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\0\0" + sizes + b"\xff\xfb\x90\x00".ljust(n_bytes, b"\xff")


def ape(n_bytes):
    ends = [
        struct.pack("<8sIIII8x", b"APETAGEX", 2000, n_bytes + 32, 1, flags)
        for flags in (0xA000_0000, 0x8000_0000)
    ]
    return ends[0] + bytes(n_bytes) + ends[1]


@needs_mp3
def test_an_mp3_that_states_no_length_is_read_to_its_end(mp3, tmp_path):
    frames, n_a_frame = mp3
    path = tmp_path / "a.mp3"
    path.write_bytes(b"".join(frames[1:]))
    whole = ask(path)
    assert len(whole) == n_a_frame * (len(frames) - 1)
    assert SoundBlocks(path).duration == len(whole) / read_sound(path)[1]
    begin, rate = soundfile.read(path)  # libsndfile alone stops where it guesses the end
    begin = begin if begin.ndim == 1 else begin.mean(axis=1)
    np.testing.assert_allclose(whole[: len(begin)], begin, atol=1e-6)
    part, _ = read_sound(path, offset=1.0, duration=0.25)
    np.testing.assert_allclose(part, whole[rate : rate + len(part)], atol=1e-6)
    assert len(part) == rate // 4


@needs_mp3
def test_an_mp3_that_begins_with_small_frames_is_read_to_its_end(tmp_path):
    rate, path = 44_100, tmp_path / "a.mp3"
    sound = make_noise(4 * rate, 2)
    sound[: rate // 4] = 0
    sound[2 * rate :] *= 0.01
    soundfile.write(path, sound, rate, format="MP3", bitrate_mode="VARIABLE")
    frames = split_mp3(path.read_bytes())
    for first in range(1, 9):  # of a piece, the first frames may lack their sound
        path.write_bytes(b"".join(frames[first:]))
        assert len(ask(path)) == 1152 * (len(frames) - first)


@needs_mp3
def test_the_end_of_an_mp3_is_that_of_ffmpeg(mp3, tmp_path):
    av = pytest.importorskip("av", reason="PyAV is not installed (the extra media)")
    path = tmp_path / "a.mp3"
    path.write_bytes(b"".join(mp3[0][1:]))
    with av.open(str(path)) as file:
        blocks = [frame.to_ndarray().mean(axis=0) for frame in file.decode(audio=0)]
    np.testing.assert_allclose(ask(path), np.concatenate(blocks), atol=1e-5)


@needs_mp3
@pytest.mark.parametrize("is_stated", [True, False])
def test_tags_of_an_mp3_are_no_sound_and_no_damage(mp3, tmp_path, is_stated):
    data = b"".join(mp3[0][0 if is_stated else 1 :])
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    right = ask(path)
    lyrics = b"LYRICSBEGINLYR00003abc000020LYRICS200"
    for name, tagged in {
        "ID3v2": id3(200) + data,
        "ID3v2 of a picture": id3(100_000) + data,
        "two ID3v2": id3(5) + id3(300) + data,
        "ID3v1": data + b"TAG".ljust(128, b"\0"),
        "APE": data + ape(500),
        "APE, ID3v1": data + ape(0) + b"TAG".ljust(128, b"\xff"),
        "Lyrics3, ID3v1": data + lyrics + b"TAG".ljust(128, b"\0"),
        "APE at the beginning": ape(40) + data,
        "APE without a header": data + ape(3_000)[32:],
        "APE without a header, ID3v1": data + ape(3_000)[32:] + b"TAG".ljust(128, b"\0"),
        "ID3v2, zeros": id3(200) + bytes(5_000) + data,
    }.items():
        path.write_bytes(tagged)
        answer = ask(path)
        assert not isinstance(answer, str), f"{name}: {answer}"
        np.testing.assert_allclose(answer, right, atol=1e-6, err_msg=name)


def damage_mp3(frames, n):
    """Yield damaged files and what is to be said of each; n is a frame in the middle."""
    size, before, after = len(frames[n]), b"".join(frames[:n]), b"".join(frames[n + 1 :])
    at = len(before)
    yield before + bytes(size) + after, f"{size} bytes from byte {at} on are no MP3 frame"
    yield before + bytes(4) + frames[n][4:] + after, f"{size} bytes from byte {at} on are no MP3"
    yield before + b"\x7f" + frames[n][1:] + after, f"{size} bytes from byte {at} on are no MP3"
    yield before + b"\0" * 5_000 + frames[n] + after, f"5000 bytes from byte {at} on are no MP3"
    five = b"".join(frames[n : n + 5])
    rest = b"".join(frames[n + 5 :])
    yield before + bytes(len(five)) + rest, f"{len(five)} bytes from byte {at} on are no MP3 frame"
    half = size // 2
    yield before + frames[n][half:] + after, f"{size - half} bytes from byte {at} on are no MP3"
    lost = before + frames[n][:4] + b"\xff" * (size - 4) + after
    yield lost, f"the MP3 frame at byte {at} is damaged"
    yield before + frames[n] + after[:-10], "it ends within an MP3 frame"
    yield before + frames[n][:half], "it ends within an MP3 frame"


@needs_mp3
@pytest.mark.parametrize("is_stated", [True, False])
def test_damage_in_an_mp3_is_found_where_it_is(mp3, tmp_path, is_stated):
    frames = mp3[0][0 if is_stated else 1 :]
    path = tmp_path / "a.mp3"
    for data, words in damage_mp3(frames, len(frames) // 2):
        path.write_bytes(data)
        answer = ask(path)
        assert isinstance(answer, str), words
        assert answer.startswith("is truncated or damaged: ")
        assert words in answer
        with pytest.raises(AudioFileError, match=r"a\.mp3"):
            AudioLoader(duration=1.5).transform([path])


@needs_mp3
def test_frames_that_an_mp3_promises_are_not_there(mp3, tmp_path):
    frames = mp3[0]
    path = tmp_path / "a.mp3"
    for kept, words in ((frames[:-1], "promises"), (frames[:-3], "promises"), (frames[:20], "19")):
        path.write_bytes(b"".join(kept))
        assert words in ask(path)


@needs_mp3
def test_joined_mp3_files_are_not_read_as_the_first(mp3, tmp_path):
    path = tmp_path / "a.mp3"
    n = len(mp3[0]) - 1
    path.write_bytes(2 * b"".join(mp3[0]))
    assert f"it promises {n} MP3 frames and holds {2 * n + 1}, as if files were joined" in ask(path)
    assert read_sound(path, duration=1.0)  # the part is there


@needs_mp3
def test_what_is_no_mp3_at_the_beginning_is_named(mp3, tmp_path):
    frames = mp3[0][1:]
    path = tmp_path / "a.mp3"
    path.write_bytes(bytes(5_000) + b"".join(frames))
    assert "its first 5000 bytes are no MP3 frame" in ask(path)
    # less than a frame is what is left of one, in a piece of a broadcast
    path.write_bytes(frames[0][50:] + b"".join(frames[1:]))
    assert len(ask(path)) == (len(frames) - 1) * mp3[1]


PICTURE = b"\xff\xd8\xff\xe0\0\x10JFIF" + RNG.bytes(200_000) + b"\xff\xd9"


@needs_mp3
@pytest.mark.parametrize("is_free", [False, True], ids=["stated", "free bit rate"])
def test_zeros_and_a_picture_after_the_last_frame_are_no_lost_sound(mp3, tmp_path, is_free):
    frames = mp3[0][1:]
    if is_free:
        frames = make_free(encode_constant(mp3[1] == 1152))
    data = b"".join(frames)
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    right = ask(path)
    for more in (bytes(5_000), bytes(200_000), PICTURE, b"\x89PNG\r\n\x1a\n" + RNG.bytes(9_000)):
        path.write_bytes(data + more)
        np.testing.assert_allclose(ask(path), right, atol=1e-6)
        path.write_bytes(data + more + b"TAG".ljust(128, b"\0"))
        np.testing.assert_allclose(ask(path), right, atol=1e-6)
        # sound follows, so something between is lost
        path.write_bytes(data + more + b"".join(frames[:5]))
        assert "are no MP3 frame" in ask(path)
    for more in (RNG.bytes(5_000), b"\1" * 5_000, bytes(70_000) + b"\1" + bytes(5_000)):
        path.write_bytes(data + more)
        assert f"its last {len(more)} bytes are no MP3 frame" in ask(path)


@needs_mp3
@pytest.mark.parametrize("more", [bytes(5_000), PICTURE], ids=["zeros", "picture"])
def test_a_download_that_broke_off_is_not_whole_because_zeros_follow(mp3, tmp_path, more):
    frames, n_a_frame = mp3[0][1:], mp3[1]
    path = tmp_path / "a.mp3"
    path.write_bytes(b"".join(frames))
    right, n_refused = ask(path), 0
    for n in (15, 20, 25):
        begin, last = b"".join(frames[:n]), frames[n]
        for n_kept in (2, 4, 9, len(last) // 4, len(last) // 2, len(last) - 9):
            path.write_bytes(begin + last[:n_kept] + more)
            answer = ask(path)
            if isinstance(answer, str):
                n_refused += 1
                continue
            # the sound of a frame may lie in those before it: then none is lost
            assert len(answer) in (n * n_a_frame, (n + 1) * n_a_frame)
            np.testing.assert_allclose(answer, right[: len(answer)], atol=1e-6)
    assert n_refused >= 9


@needs_mp3
@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
@pytest.mark.parametrize(("rate", "n_channels"), [(16_000, 1), (44_100, 2)])
def test_hardly_a_place_where_a_download_broke_off_is_taken_for_the_end(
    tmp_path, rate, n_channels, mode
):
    # loud and soft by turns, as speech: the sound of many frames begins in those before them
    noise = make_noise(3 * rate, n_channels)
    noise *= np.abs(np.sin(np.arange(len(noise)) * 7 / rate))[:, None] ** 3
    memory = io.BytesIO()
    soundfile.write(memory, noise, rate, format="MP3", bitrate_mode=mode)
    data = b"".join(split_mp3(memory.getvalue())[1:])
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    right = read_sound(path)[0]
    path.write_bytes(data + bytes(20_000))
    np.testing.assert_allclose(read_sound(path)[0], right, atol=1e-6)
    places = range(len(data) // 3, len(data) - 1500, max(1, len(data) // 60))
    refused = 0
    for place in places:
        path.write_bytes(data[:place] + bytes(20_000))
        refused += isinstance(ask(path), str)
    assert len(places) > 30
    assert refused > 0.9 * len(places)


def encode_constant(is_mpeg_1):
    rate, n_channels = (44_100, 2) if is_mpeg_1 else (16_000, 1)
    return encode(
        1.5, rate, n_channels, format="MP3", bitrate_mode="CONSTANT", compression_level=0.5
    )


def make_free(data):
    """Return the frames of a file of a constant bit rate, which their headers no longer state."""
    return [frame[:2] + bytes([frame[2] & 0x0F]) + frame[3:] for frame in split_mp3(data)[1:]]


@needs_mp3
@pytest.mark.parametrize("is_mpeg_1", [True, False])
def test_an_mp3_of_a_free_bit_rate_is_that_of_the_stated_rate(tmp_path, is_mpeg_1):
    data = encode_constant(is_mpeg_1)
    path = tmp_path / "a.mp3"
    path.write_bytes(b"".join(split_mp3(data)[1:]))
    right = ask(path)
    frames = make_free(data)
    assert not is_mpeg_1 or len({len(frame) for frame in frames}) == 2  # some are padded
    for begin in (b"", id3(300), frames[-1][-200:]):
        path.write_bytes(begin + b"".join(frames))
        np.testing.assert_array_equal(ask(path), right)
    path.write_bytes(b"".join(frames[:2]))
    assert len(ask(path)) == 2 * len(right) // len(frames)
    # the frame that states the length, and what the encoder added, is of another rate
    path.write_bytes(split_mp3(data)[0] + b"".join(frames))
    stated, _ = soundfile.read(path, always_2d=True)
    np.testing.assert_allclose(ask(path), stated.mean(axis=1), atol=1e-6)
    path.write_bytes(split_mp3(data)[0] + b"".join(frames[:-3]))
    assert f"promises {len(frames)} MP3 frames and holds {len(frames) - 3}" in ask(path)
    for damaged, words in damage_mp3(frames, len(frames) // 2):
        path.write_bytes(damaged)
        assert words in ask(path)


@needs_mp3
def test_an_mp3_without_a_stated_length_is_looked_through_once(mp3, tmp_path, monkeypatch):
    from sersk.audio import _mpeg

    frames, n_looked_at = mp3[0], []
    path = tmp_path / "a.mp3"

    def look(header, *arguments, check=_mpeg._check_table):
        n_looked_at.append(header)
        return check(header, *arguments)

    monkeypatch.setattr(_mpeg, "_check_table", look)
    for first in (0, 1):  # with and without the frame that states the length
        path.write_bytes(b"".join(frames[first:]))
        n_looked_at.clear()
        read_sound(path)
        assert len(n_looked_at) == len(frames) - 1


@needs_mp3
def test_a_tag_whose_length_is_none_is_no_tag(mp3, tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"".join(mp3[0][1:]))
    right = ask(path)
    # four bytes of seven bits: one with the eighth would be a length of 384, or of 256
    path.write_bytes(b"ID3\4\0\0\0\0\x82\0" + bytes(300) + b"".join(mp3[0][1:]))
    np.testing.assert_allclose(ask(path), right, atol=1e-6)
    samples, _ = soundfile.read(path, always_2d=True)  # libmpg123 does the same
    n = min(len(samples), len(right))
    np.testing.assert_allclose(right[:n], samples.mean(axis=1)[:n], atol=1e-6)


@needs_mp3
def test_damage_after_the_part_of_an_mp3_does_not_matter(mp3, tmp_path):
    frames = mp3[0]
    path = tmp_path / "a.mp3"
    path.write_bytes(b"".join(frames))
    whole, rate = read_sound(path, duration=0.25)
    last = len(b"".join(frames[:-3]))
    path.write_bytes(b"".join(frames)[:last] + bytes(len(frames[-3])) + b"".join(frames[-2:]))
    np.testing.assert_array_equal(read_sound(path, duration=0.25)[0], whole)
    assert len(whole) == rate // 4
    assert isinstance(ask(path), str)


def split_ogg(data):
    pages, at = [], 0
    while at < len(data):
        n_parts = data[at + 26]
        size = 27 + n_parts + sum(data[at + 27 : at + 27 + n_parts])
        pages.append(data[at : at + size])
        at += size
    return pages


@pytest.fixture(scope="module", params=["VORBIS", "OPUS"])
def ogg(request):
    rate = 48_000 if request.param == "OPUS" else 16_000
    data = encode(8, rate, format="OGG", subtype=request.param)
    assert len(split_ogg(data)) > 8
    return split_ogg(data)


def test_a_lost_page_of_ogg_is_not_bridged(ogg, tmp_path):
    n = len(ogg) // 2
    before, lost, after = b"".join(ogg[:n]), ogg[n], b"".join(ogg[n + 1 :])
    path = tmp_path / "a.ogg"
    for page in (b"", bytes(len(lost)), b"OGGS" + lost[4:], lost[:90] + b"\0" + lost[91:]):
        path.write_bytes(before + page + after)
        answer = ask(path)
        assert "pages are missing, damaged or out of order about" in answer
        seconds = float(answer.split(" about ")[1].split(" s ")[0])
        assert 1 < seconds < 7
    path.write_bytes(before + lost + lost + after)
    assert "out of order" in ask(path)
    path.write_bytes(before + lost + after)
    assert len(ask(path)) == 8 * read_sound(path)[1]


def test_the_last_page_of_ogg_is_held_against_its_checksum(ogg, tmp_path):
    path = tmp_path / "a.ogg"
    whole, last = b"".join(ogg[:-1]), ogg[-1]
    path.write_bytes(whole + last[:500] + bytes([last[500] ^ 1]) + last[501:])
    assert "its last page is damaged" in ask(path)


def test_what_stands_between_pages_of_ogg_does_no_harm(ogg, tmp_path):
    path = tmp_path / "a.ogg"
    path.write_bytes(b"".join(ogg))
    right = ask(path)
    path.write_bytes(b"".join(ogg[:4]) + RNG.bytes(300) + b"".join(ogg[4:]) + b"TAG" + bytes(125))
    np.testing.assert_allclose(ask(path), right, atol=1e-6)


def test_damage_after_the_part_of_ogg_does_not_matter(ogg, tmp_path):
    path = tmp_path / "a.ogg"
    path.write_bytes(b"".join(ogg))
    right, _ = read_sound(path, duration=0.5)
    path.write_bytes(b"".join(ogg[:-2] + ogg[-1:]))
    np.testing.assert_allclose(read_sound(path, duration=0.5)[0], right, atol=1e-6)
    assert isinstance(ask(path), str)


def test_joined_ogg_files_are_not_read_as_the_first(ogg, tmp_path):
    path = tmp_path / "a.ogg"
    path.write_bytes(2 * b"".join(ogg))
    assert "holds several recordings one after another" in ask(path)


def test_pages_of_ogg_have_the_checksum_of_the_standard(ogg):
    from sersk.audio import _ogg

    for page in ogg[:3]:
        value = 0
        for byte in page[:22] + bytes(4) + page[26:]:  # bit by bit, as RFC 3533 defines it
            value ^= byte << 24
            for _ in range(8):
                value = (value << 1 ^ (0x04C1_1DB7 if value & 0x8000_0000 else 0)) & 0xFFFF_FFFF
        assert struct.unpack("<I", page[22:26])[0] == value
        assert _ogg._sum(page[:22] + bytes(4) + page[26:]) == page[22:26]
    assert zlib.crc32(b"123456789") == 0xCBF4_3926  # what the sum is made of


#: formats that state how long they are, with a subtype
STATED = [
    *(("W64", "PCM_16"), ("RF64", "PCM_24"), ("CAF", "FLOAT"), ("CAF", "ALAC_24")),
    *(("AIFF", "ULAW"), ("AIFF", "IMA_ADPCM"), ("AIFF", "GSM610"), ("NIST", "PCM_24")),
    *(("VOC", "PCM_16"), ("VOC", "PCM_U8"), ("VOC", "ULAW"), ("AVR", "PCM_16"), ("AVR", "PCM_S8")),
    *(("MAT4", "PCM_16"), ("MAT4", "DOUBLE"), ("MAT5", "PCM_16"), ("MAT5", "FLOAT")),
    *(("WVE", "ALAW"), ("HTK", "PCM_16"), ("SVX", "PCM_S8")),
]


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize(("form", "subtype"), STATED, ids=lambda part: part)
def test_a_cut_off_file_of_any_format_that_states_its_length(tmp_path, form, subtype, n_channels):
    path = tmp_path / f"clip.{form.lower()}"
    rate = 8_000 if form == "WVE" else 16_000
    samples = make_noise(4_000, n_channels)
    try:
        soundfile.write(path, samples, rate, format=form, subtype=subtype)
    except (ValueError, soundfile.SoundFileError):
        pytest.skip("libsndfile does not write it")
    data = path.read_bytes()
    whole = ask(path)
    assert not isinstance(whole, str), whole
    for n_lost in (4, 5, 40, 1_000, len(data) // 2, len(data) - 400):
        path.write_bytes(data[:-n_lost])
        answer = ask(path)
        assert isinstance(answer, str), f"{len(answer)} samples of {len(whole)} without {n_lost} B"
        with pytest.raises(AudioFileError, match="clip"):
            AudioLoader(duration=1.0).transform([path])


@pytest.mark.parametrize("form", ["MAT4", "MAT5"])
def test_a_cut_off_file_of_the_other_order_of_bytes(tmp_path, form):
    path = tmp_path / "clip.mat"
    soundfile.write(path, make_noise(4_000), 16_000, format=form, subtype="PCM_16", endian="BIG")
    assert len(ask(path)) == 4_000
    path.write_bytes(path.read_bytes()[:-40])
    assert "is truncated" in ask(path)


#: containers, with the place of the size of the sound in their headers, and how it is written
PARTS = [
    *(("WAV", "PCM_16", 40, "<I"), ("WAV", "PCM_24", None, "<I"), ("WAV", "FLOAT", None, "<I")),
    *(("WAV", "ULAW", None, "<I"), ("W64", "PCM_16", None, "<Q"), ("RIFX", "PCM_16", 40, ">I")),
    *(("AIFF", "PCM_24", None, ">I"), ("CAF", "PCM_16", None, ">Q"), ("AU", "PCM_16", 8, ">I")),
]


@pytest.mark.parametrize(("form", "subtype", "at", "order"), PARTS, ids=lambda part: str(part))
def test_a_part_of_a_frame_that_a_header_promises_is_no_sound(tmp_path, form, subtype, at, order):
    path = tmp_path / f"clip.{form.lower() if form != 'RIFX' else 'wav'}"
    options = {"format": form} if form != "RIFX" else {"format": "WAV", "endian": "BIG"}
    soundfile.write(path, make_noise(4_000, 2), 16_000, subtype=subtype, **options)
    data, right = bytearray(path.read_bytes()), ask(path)
    n_bytes = 2 * {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4, "ULAW": 1}[subtype]
    size = 4_000 * n_bytes + {"AIFF": 8, "CAF": 4, "W64": 24}.get(form, 0)
    at = data.index(struct.pack(order, size)) if at is None else at
    assert struct.unpack_from(order, data, at) == (size,)
    end = len(data) if form not in ("WAV", "RIFX") else at + 4 + size  # no chunks after the sound
    for n_more in (1, n_bytes - 1, n_bytes):
        struct.pack_into(order, data, at, size + n_more)
        path.write_bytes(data[:end])
        if n_more == n_bytes:  # a whole frame is missing
            assert "is truncated" in ask(path)
            continue
        np.testing.assert_array_equal(ask(path), right)
        np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0].shape, (4_000, 2))
        row = AudioLoader(sample_rate=16_000, duration=0.25).transform([path])[0]
        np.testing.assert_allclose(row, right, atol=1e-6)
