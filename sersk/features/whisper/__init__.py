"""Features from the encoder of OpenAI's Whisper, in numpy."""

from sersk.features.whisper.models import download_whisper
from sersk.features.whisper.transformer import WhisperEncoder

__all__ = ["WhisperEncoder", "download_whisper"]
