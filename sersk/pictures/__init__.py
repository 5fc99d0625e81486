"""Pictures of sound, of what a network sees of it, and of training.

Each is a display as in scikit-learn: made by a ``from_...``, drawn by ``plot(ax=None)``, with
``ax_`` and ``figure_`` afterwards; and a function ``plot_...`` that takes and gives axes.
Pictures of scores are in `sersk.evaluation`.
"""

from sersk.pictures.features import FeaturesDisplay, plot_features, plot_mel
from sersk.pictures.training import TrainingDisplay, plot_training
from sersk.pictures.views import ViewsDisplay, plot_views
from sersk.pictures.waveform import WaveformDisplay, plot_waveform

__all__ = [
    "FeaturesDisplay",
    "TrainingDisplay",
    "ViewsDisplay",
    "WaveformDisplay",
    "plot_features",
    "plot_mel",
    "plot_training",
    "plot_views",
    "plot_waveform",
]
