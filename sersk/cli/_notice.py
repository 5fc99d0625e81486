"""The licence notice of the ready models: on stderr, once for each user."""

from contextlib import suppress

from sersk._utils.progress import note

_MARKER = "ready-models-notice"


def tell_licence_once() -> None:
    """Print the notice, unless the user's cache has the mark that it was printed before.

    Where no mark can be written, it is printed each time.
    """
    from sersk.features.whisper.cache import cache_home
    from sersk.models import read_notice

    marker = cache_home() / _MARKER
    if marker.exists():
        return
    note(
        f"Note: {read_notice()} (This note appears once; sersk info --model functionals has more.)"
    )
    with suppress(OSError):
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
