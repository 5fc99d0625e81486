"""Figures of sound, features, views, training and scores.

Each figure is a display as in scikit-learn: a ``from_...`` makes and draws it, ``plot(ax=None)``
draws it again, and ``ax_`` and ``figure_`` hold what was drawn.
"""

from sersk.plotting.confusion import ConfusionDisplay
from sersk.plotting.coverage import RiskCoverageDisplay
from sersk.plotting.features import FeaturesDisplay
from sersk.plotting.learning_curve import LearningCurveDisplay
from sersk.plotting.protocols import EmotionOverTime, ScoredPredictions
from sersk.plotting.reliability import ReliabilityDisplay
from sersk.plotting.speakers import SpeakersDisplay
from sersk.plotting.timeline import TimelineDisplay
from sersk.plotting.training import TrainingDisplay
from sersk.plotting.views import ViewsDisplay
from sersk.plotting.waveform import WaveformDisplay

__all__ = [
    "ConfusionDisplay",
    "EmotionOverTime",
    "FeaturesDisplay",
    "LearningCurveDisplay",
    "ReliabilityDisplay",
    "RiskCoverageDisplay",
    "ScoredPredictions",
    "SpeakersDisplay",
    "TimelineDisplay",
    "TrainingDisplay",
    "ViewsDisplay",
    "WaveformDisplay",
]
