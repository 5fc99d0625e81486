"""Models as files for other runtimes: ONNX and LiteRT. Nothing here trains or reads sound."""

from sersk.export.litert import export_litert
from sersk.export.onnx import export_onnx

__all__ = ["export_litert", "export_onnx"]
