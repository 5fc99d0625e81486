"""Features from pretrained speech encoders, through PyTorch and transformers."""

from sersk.features.pretrained.transformer import PretrainedEncoder

__all__ = ["PretrainedEncoder"]
