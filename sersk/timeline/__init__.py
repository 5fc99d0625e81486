"""Emotion over time in recordings of any length, as numbers and as a picture."""

from sersk.timeline.display import TimelineDisplay
from sersk.timeline.predicting import predict_timeline
from sersk.timeline.result import Timeline

__all__ = ["Timeline", "TimelineDisplay", "predict_timeline"]
