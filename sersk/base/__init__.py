"""The base of stateless steps, the checks of waveforms, and the mark of views.

Computing sound or features belongs into other modules.
"""

from sersk.base.stateless import StatelessTransformer
from sersk.base.views import ViewArray, as_views, has_views
from sersk.base.waveforms import check_n_samples, check_waveforms

__all__ = [
    "StatelessTransformer",
    "ViewArray",
    "as_views",
    "check_n_samples",
    "check_waveforms",
    "has_views",
]
