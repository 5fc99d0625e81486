"""Emotional speech to learn from: loaders of corpora, and a synthetic stand-in to try things on.

A new corpus is a file beside this one, and its line in `CORPORA`.
"""

from sersk.datasets import crema_d, emodb, ravdess, savee, tess
from sersk.datasets.combine import combine
from sersk.datasets.crema_d import fetch_crema_d, load_crema_d
from sersk.datasets.emodb import fetch_emodb, load_emodb
from sersk.datasets.folder import load_audio_folder
from sersk.datasets.published import load_published_corpus
from sersk.datasets.ravdess import fetch_ravdess, load_ravdess
from sersk.datasets.savee import load_savee
from sersk.datasets.synthetic import make_emotional_speech
from sersk.datasets.tess import fetch_tess, load_tess

CORPORA = {
    "crema_d": load_crema_d,
    "emodb": load_emodb,
    "ravdess": load_ravdess,
    "savee": load_savee,
    "tess": load_tess,
}
"""Loaders by the name of their corpus; each takes the folder that the corpus unpacks to."""

FACTS = {module.FACTS.name: module.FACTS for module in (crema_d, emodb, ravdess, savee, tess)}
"""Size, licence and source of each of them, for whoever looks for one."""

__all__ = [
    "CORPORA",
    "FACTS",
    "combine",
    "fetch_crema_d",
    "fetch_emodb",
    "fetch_ravdess",
    "fetch_tess",
    "load_audio_folder",
    "load_crema_d",
    "load_emodb",
    "load_published_corpus",
    "load_ravdess",
    "load_savee",
    "load_tess",
    "make_emotional_speech",
]
