"""What happens to files: cut, flipped, shuffled, and headers that lie."""

import re
import struct

import numpy as np

# Values at which sizes, rates and numbers of channels break a reader.
VALUES = (
    *(0, 1, 2, 3, 4, 7, 8, 15, 16, 24, 32, 33, 64, 255, 256, 1_000, 20_000, 65_535, 65_536),
    *(0x7FFF, 0x8000, 48_000, 192_000, 768_000, 2_000_000, 100_000_000, 0x7EFFFFFF, 0x7F000000),
    *(0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF),
)

# Fields of headers: offset and struct code.
FIELDS = {
    b"RIFF": ((4, "<I"), (16, "<I"), (20, "<H"), (22, "<H"), (24, "<I"), (28, "<I"), (32, "<H"),
              (34, "<H"), (36, "<I"), (40, "<I")),
    b"FORM": ((4, ">I"), (16, ">I"), (20, ">H"), (22, ">I"), (26, ">H"), (28, ">H"), (30, ">I"),
              (34, ">I"), (42, ">I"), (46, ">I")),
    b".snd": ((4, ">I"), (8, ">I"), (12, ">I"), (16, ">I"), (20, ">I")),
    b"fLaC": ((4, ">I"), (8, ">H"), (10, ">H"), (12, ">I"), (16, ">I"), (18, ">I"), (20, ">H"),
              (22, ">I")),
    b"OggS": ((4, "<H"), (6, "<I"), (10, "<I"), (14, "<I"), (18, "<I"), (22, "<I"), (26, "<H"),
              (39, "<H"), (40, "<I"), (44, "<I")),
    b"caff": ((4, ">I"), (8, ">I"), (12, ">I"), (16, ">I"), (20, ">I"), (24, ">I"), (32, ">I"),
              (36, ">I"), (40, ">I"), (44, ">I"), (48, ">I"), (52, ">I"), (56, ">I")),
    b"riff": ((16, "<I"), (40, "<I"), (64, "<H"), (66, "<H"), (68, "<I"), (76, "<H"), (96, "<I")),
    b"RF64": ((20, "<I"), (28, "<I"), (36, "<I"), (56, "<H"), (58, "<H"), (60, "<I"), (70, "<H")),
}  # fmt: skip

_WORDS = ("0", "-1", "²", "٣", "1e9", "99999999999999999999", "4294967295", "", "x", "\x00", "1.5")


def truncate(data: bytes, rng: np.random.Generator) -> bytes:
    """Cut the end off, anywhere; half of the time within the last tenth or the header."""
    n = len(data)
    place = rng.random()
    low, high = (0, n) if place < 0.5 else (0, min(n, 120)) if place < 0.75 else (n - n // 10, n)
    return data[: int(rng.integers(low, max(low + 1, high)))]


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Flip one to eight bits; half of the time in the header."""
    changed = bytearray(data)
    n = min(len(data), 100) if rng.random() < 0.5 else len(data)
    for place in rng.integers(0, n, int(rng.integers(1, 9))):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def shuffle(data: bytes, rng: np.random.Generator) -> bytes:
    """Put blocks into another order, or repeat, zero or drop one."""
    n_blocks = int(rng.integers(2, 12))
    edges = np.sort(rng.integers(0, len(data) + 1, n_blocks - 1))
    keeps_header = rng.random() < 0.6
    head = min(len(data), 64) if keeps_header else 0
    edges = np.maximum(edges, head)
    blocks = [data[a:b] for a, b in zip([head, *edges], [*edges, len(data)], strict=True)]
    what = rng.integers(4)
    chosen = int(rng.integers(len(blocks)))
    if what == 0:
        blocks = [blocks[i] for i in rng.permutation(len(blocks))]
    elif what == 1:
        blocks[chosen] = blocks[chosen] * 2
    elif what == 2:
        blocks[chosen] = bytes(len(blocks[chosen]))
    else:
        del blocks[chosen]
    return data[:head] + b"".join(blocks)


def lie(data: bytes, rng: np.random.Generator) -> bytes:
    """Write a false value, or a few, to fields of the header."""
    if data[:4] == b"NIST":
        return _lie_in_words(data, rng)
    changed = bytearray(data)
    fields = FIELDS.get(data[:4], ())
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        if fields and rng.random() < 0.8:
            place, code = fields[rng.integers(len(fields))]
        else:
            place = int(rng.integers(0, min(len(data), 160)))
            code = ("<I", ">I", "<H", ">H", "<B")[rng.integers(5)]
        size = struct.calcsize(code)
        if place + size > len(changed):
            continue
        value = VALUES[rng.integers(len(VALUES))] & (256**size - 1)
        changed[place : place + size] = struct.pack(code, value)
    return bytes(changed)


def _lie_in_words(data: bytes, rng: np.random.Generator) -> bytes:
    """Replace numbers in the text of a NIST header, which keeps its length."""
    head, rest = data[:1024], data[1024:]
    numbers = list(re.finditer(rb"\d+", head))
    for i in rng.integers(0, len(numbers), int(rng.integers(1, 3))):
        word = _WORDS[rng.integers(len(_WORDS))]
        if rng.random() < 0.3:
            word = str(VALUES[rng.integers(len(VALUES))])
        encoded = word.encode("latin-1", "replace") if rng.random() < 0.7 else word.encode()
        number = numbers[i]
        head = (head[: number.start()] + encoded + head[number.end() :])[:1024].ljust(1024)
    return head + rest


def unsize(data: bytes) -> bytes:
    """Set the sizes of a WAV file to 0, as in a file that was written to a pipe."""
    at = data.index(b"data") + 4
    return data[:4] + bytes(4) + data[8:at] + bytes(4) + data[at + 4 :]
