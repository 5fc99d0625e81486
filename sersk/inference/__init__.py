"""Emotion over time, in recordings of any length and in live sound."""

from sersk.inference.averaging import average_over_windows
from sersk.inference.predicting import predict_timeline
from sersk.inference.streaming import EmotionStream, StreamResult
from sersk.inference.timeline import Timeline
from sersk.inference.unlike import compare_with_training

__all__ = [
    "EmotionStream",
    "StreamResult",
    "Timeline",
    "average_over_windows",
    "compare_with_training",
    "predict_timeline",
]
