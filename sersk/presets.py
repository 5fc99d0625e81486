"""The presets of `make_ser_pipeline`: values of the arguments that are not given."""

from __future__ import annotations

from typing import Any

from sersk.audio.augmentation import AudioAugmenter
from sersk.features import FunctionalsTransformer, WhisperEncoder

# Padding takes little time and changes no vector.
_DURATION = 6.0
# Level of speech (dBFS). One level for all clips: the gain of a recording says nothing.
_LEVEL = -25.0
_NOISE_MARGIN = 6.0  # dB above the noise floor, where speech begins


def _in_other_places(n_views: int) -> AudioAugmenter:
    """Return an augmenter: other people, in other rooms, with other microphones and telephones.

    Measured in ``docs/results/conditions.md``.
    """
    return AudioAugmenter(
        time_stretch=None,
        pitch_shift=None,
        # As if smaller and larger people than those of the corpus spoke.
        speed=(0.85, 1.18),
        babble_snr_db=(5.0, 30.0),
        room_rt60=(0.1, 0.8),
        noise_snr_db=(5.0, 40.0),
        noise_exponent=(0.0, 2.0),
        tilt_db=(-6.0, 6.0),
        channel=("telephone", "narrowband", "gsm", "mu-law"),
        probability={
            "babble_snr_db": 0.2,
            "room_rt60": 0.3,
            "noise_snr_db": 0.5,
            "tilt_db": 0.3,
            "channel": 0.3,
        },
        combine=True,
        n_views=n_views,
    )


# name of a preset -> values of the arguments of make_ser_pipeline that are not given
PRESETS: dict[str, dict[str, Any]] = {
    "published": {
        "classifier": "cnn",
        "features": "mel",
        "augmentation": AudioAugmenter(),
        "duration": 4.0,
    },
    "functionals": {
        "classifier": "discriminant",
        "features": FunctionalsTransformer(level_db=_LEVEL, noise_margin=_NOISE_MARGIN),
        "augmentation": _in_other_places(n_views=4),
        "duration": _DURATION,
    },
    "pretrained": {
        "classifier": "discriminant",
        "features": WhisperEncoder("base", layers=[2, 3, 4], level_db=_LEVEL),
        "augmentation": _in_other_places(n_views=3),
        "duration": _DURATION,
    },
}
