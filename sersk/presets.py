"""The presets of `make_ser_pipeline`: values of the arguments that are not given."""

from __future__ import annotations

from typing import Any

from sersk.audio.augmentation import AudioAugmenter
from sersk.features import WhisperEncoder

# Padding takes little time and changes no vector.
_DURATION = 6.0
# As if smaller and larger people than those of the corpus spoke.
_SPEED = (0.85, 1.18)

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
        "features": "functionals",
        "augmentation": AudioAugmenter(
            time_stretch=None, pitch_shift=None, speed=_SPEED, n_views=4
        ),
        "duration": _DURATION,
    },
    "pretrained": {
        "classifier": "discriminant",
        "features": WhisperEncoder("base", layers=[2, 3, 4]),
        "augmentation": AudioAugmenter(
            time_stretch=None, pitch_shift=None, speed=_SPEED, n_views=2
        ),
        "duration": _DURATION,
    },
}
