"""Figures of sound, features, views, training and scores.

Each is a display as in scikit-learn: made by a ``from_...``, drawn by ``plot(ax=None)``, with
``ax_`` and ``figure_`` afterwards.
"""

from sersk.plotting.confusion import ConfusionDisplay
from sersk.plotting.features import FeaturesDisplay, plot_features, plot_mel
from sersk.plotting.plots import (
    plot_calibration,
    plot_confusion,
    plot_learning_curve,
    plot_speakers,
)
from sersk.plotting.reliability import ReliabilityDisplay
from sersk.plotting.speakers import SpeakersDisplay
from sersk.plotting.training import TrainingDisplay, plot_training
from sersk.plotting.views import ViewsDisplay, plot_views
from sersk.plotting.waveform import WaveformDisplay, plot_waveform

__all__ = [
    "ConfusionDisplay",
    "FeaturesDisplay",
    "ReliabilityDisplay",
    "SpeakersDisplay",
    "TrainingDisplay",
    "ViewsDisplay",
    "WaveformDisplay",
    "plot_calibration",
    "plot_confusion",
    "plot_features",
    "plot_learning_curve",
    "plot_mel",
    "plot_speakers",
    "plot_training",
    "plot_views",
    "plot_waveform",
]
