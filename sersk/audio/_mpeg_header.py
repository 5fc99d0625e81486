"""The four bytes before a frame of MPEG audio. The frames of a file are in `sersk.audio._mpeg`."""

from __future__ import annotations

from dataclasses import dataclass

# kbit/s by the header's index: of MPEG 1, layers I, II and III; of MPEG 2 and 2.5.
_BIT_RATES = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}

Kind = tuple[int, int, int, bool]


@dataclass(frozen=True)
class Header:
    """What the four bytes before a frame say.

    `kind` is the same in all frames of a file: version, layer, rate (Hz), whether the bit rate is
    free.
    """

    data: bytes
    kind: Kind
    n_bytes: int
    n_samples: int

    @property
    def n_head_bytes(self) -> int:
        """Size of the header, with its checksum if there is one."""
        return 4 if self.data[1] & 1 else 6

    @property
    def n_side_bytes(self) -> int:
        """Size of the table of where the sound lies (layer III)."""
        is_mono = self.data[3] >> 6 == 3
        return (17 if is_mono else 32) if self.kind[0] == 3 else (9 if is_mono else 17)


def read_header(data: bytes, n_free: int = 0) -> Header | None:
    """Return what a frame's header says; None if these bytes are none, or its size is open.

    Parameters
    ----------
    data : bytes
        Bytes that may begin as a frame does.
    n_free : int, default=0
        Size of a frame of a free bit rate without its padding (bytes); 0 if it is unknown.

    Returns
    -------
    header : Header or None
        What the header says.
    """
    if len(data) < 4 or data[0] != 0xFF or data[1] < 0xE0:
        return None
    version, layer = data[1] >> 3 & 3, 4 - (data[1] >> 1 & 3)
    rate_index, bit_rate_index = data[2] >> 2 & 3, data[2] >> 4
    if version == 1 or layer == 4 or rate_index == 3 or bit_rate_index == 15:
        return None
    is_free = bit_rate_index == 0
    if is_free and not n_free:
        return None
    bit_rate = _BIT_RATES[1 if version == 3 else 2, layer][bit_rate_index]
    rate = _RATES[version][rate_index]
    n_samples = {1: 384, 2: 1152, 3: 1152 if version == 3 else 576}[layer]
    unit = 4 if layer == 1 else 1
    n_bytes = n_free if is_free else n_samples // 8 * 1000 * bit_rate // rate // unit * unit
    n_bytes += (data[2] >> 1 & 1) * unit
    return Header(data[:4], (version, layer, rate, is_free), n_bytes, n_samples)
