"""Whisper's models by name: where their publisher has them, and what the files are.

Each checksum of a file was found in two or more independent public sources. The files of "tiny.en"
and "base" were also rebuilt to the byte from conversions of the same weights, from which the
checksums of their tensors (tensors.csv) were computed; a test does so for "tiny.en".
"""

from __future__ import annotations

from dataclasses import dataclass

from sersk.features.whisper.network import Size


@dataclass(frozen=True)
class Published:
    """A model as OpenAI publishes it.

    Attributes
    ----------
    size : Size
        Size of its encoder.
    repository : str
        Its repository on the Hugging Face hub.
    revision : str
        Commit of the repository.
    n_bytes : int
        Size of ``model.safetensors`` at that commit.
    sha256 : str
        Checksum of that file.
    """

    size: Size
    repository: str
    revision: str
    n_bytes: int
    sha256: str


_TINY, _BASE, _SMALL = Size(384, 4, 6), Size(512, 6, 8), Size(768, 12, 12)
_MEDIUM, _LARGE, _LARGE_V3 = Size(1024, 24, 16), Size(1280, 32, 20), Size(1280, 32, 20, 128)

MODELS = {
    "tiny": Published(
        _TINY,
        "openai/whisper-tiny",
        "169d4a4341b33bc18d8881c4b69c2e104e1cc0af",
        151061672,
        "7ebd0e69e78190ffe1438491fa05cc1f5c1aa3a4c4db3bc1723adbb551ea2395",
    ),
    "tiny.en": Published(
        _TINY,
        "openai/whisper-tiny.en",
        "87c7102498dcde7456f24cfd30239ca606ed9063",
        151060136,
        "db59695928ded6043adaef491a53ef4e12da9611184d77c53baa691a60b958ad",
    ),
    "base": Published(
        _BASE,
        "openai/whisper-base",
        "e37978b90ca9030d5170a5c07aadb050351a65bb",
        290403936,
        "07cadb9f25677c8d50df603e66a98fbd842cce45047139baeb16e6219a1e807b",
    ),
    "base.en": Published(
        _BASE,
        "openai/whisper-base.en",
        "911407f4214e0e1d82085af863093ec0b66f9cd6",
        290401888,
        "d4dd5542fd6a1d35639e21384238f3bfe6c557c849d392b5905d33ee29e71db5",
    ),
    "small": Published(
        _SMALL,
        "openai/whisper-small",
        "973afd24965f72e36ca33b3055d56a652f456b4d",
        966995080,
        "1d7734884874f1a1513ed9aa760a4f8e97aaa02fd6d93a3a85d27b2ae9ca596b",
    ),
    "small.en": Published(
        _SMALL,
        "openai/whisper-small.en",
        "e8727524f962ee844a7319d92be39ac1bd25655a",
        966992008,
        "6014ac49b506df900f66f4aca6b0801eed7245594ace97bcaf73e0ae5b863066",
    ),
    "medium": Published(
        _MEDIUM,
        "openai/whisper-medium",
        "abdf7c39ab9d0397620ccaea8974cc764cd0953e",
        3055544304,
        "62f73550fa6db24b0c6f6c5962bd0dae80fa644e93cde9cd9c3792971b47fd28",
    ),
    "large-v2": Published(
        _LARGE,
        "openai/whisper-large-v2",
        "ae4642769ce2ad8fc292556ccea8e901f1530655",
        6173370152,
        "57a1ba2a82c093cabff2541409ae778c97145378b9ddfa722763cb1cb8f9020b",
    ),
    "large-v3": Published(
        _LARGE_V3,
        "openai/whisper-large-v3",
        "06f233fe06e710322aca913c1bc4249a0d71fce1",
        3087130976,
        "a8e94b85976e5864ba3e9525c7e6c83b2a1eca42d4b797a0c7c24d778e40fd95",
    ),
    "large-v3-turbo": Published(
        _LARGE_V3,
        "openai/whisper-large-v3-turbo",
        "41f01f3fe87f28c78e2fbf8b568835947dd65ed9",
        1617824864,
        "542566a422ae4f3fd23f1ba11add198fca01bbf82e66e6a2857b3f608b1eb9d1",
    ),
}
