"""Models that come with sersk, as `.sersk` files, and their licence.

``benchmarks/ready_models.py`` trains them and writes the files. A ``.sersk`` file of one's own is
read by `sersk.load_model`.
"""

from sersk.models.ready import READY_MODELS, find_ready_model, load_default_model, read_notice

__all__ = ["READY_MODELS", "find_ready_model", "load_default_model", "read_notice"]
