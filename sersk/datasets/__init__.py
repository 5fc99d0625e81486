"""Emotional speech to learn from: loaders of corpora, and a synthetic stand-in to try things on.

A new corpus is a file beside this one, and its line in `CORPORA`.
"""

from sersk.datasets.folder import load_audio_folder
from sersk.datasets.ravdess import load_ravdess
from sersk.datasets.synthetic import make_emotional_speech

CORPORA = {
    "ravdess": load_ravdess,
}
"""Loaders by the name of their corpus; each takes the folder that the corpus unpacks to."""

__all__ = ["CORPORA", "load_audio_folder", "load_ravdess", "make_emotional_speech"]
