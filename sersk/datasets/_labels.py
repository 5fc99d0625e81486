"""Labels of emotions: map a corpus's own labels to others, and select emotions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sersk.datasets.parts import Labels


def map_labels(
    originals: Sequence[str], labels: Labels, standard: Mapping[str, str], loader: str
) -> list[str]:
    """Return the label of each clip, named as `labels` says.

    `standard` maps the corpus's own labels to the standard vocabulary; `loader` is the name in
    error messages.
    """
    if isinstance(labels, Mapping):
        unmapped = sorted(set(originals) - set(labels))
        if unmapped:
            raise ValueError(
                f"{loader}: labels, a dict, has no entry for {', '.join(map(repr, unmapped))}. It "
                "maps each of the corpus's own labels to the one to give: "
                f"{', '.join(map(repr, sorted(set(originals))))}."
            )
        wrong = [key for key in labels if not isinstance(labels[key], str) or not labels[key]]
        if wrong:
            raise ValueError(
                f"{loader}: labels[{wrong[0]!r}] is {labels[wrong[0]]!r}; a label is a non-empty "
                "string. To leave an emotion out, select the others by emotions=[...]."
            )
        return [labels[label] for label in originals]
    if labels == "original":
        return list(originals)
    if labels == "standard":
        return [standard[label] for label in originals]
    raise ValueError(
        f'{loader}: labels is {labels!r}; it is "standard", "original", or a dict from the '
        "corpus's own labels to the ones to give."
    )


def check_emotions(
    emotions: Iterable[str] | None, available: Iterable[str], loader: str
) -> list[str]:
    """Return the emotions to select, checked against those that the clips have."""
    present = sorted(set(available))
    if emotions is None:
        return present
    allowed = ", ".join(map(repr, present))
    if isinstance(emotions, str):
        raise ValueError(
            f"{loader}: emotions is the string {emotions!r}; pass a list of some of: {allowed}."
        )
    wanted = list(emotions)
    if not wanted:
        raise ValueError(f"{loader}: emotions is empty; pass some of: {allowed}.")
    unknown = [emotion for emotion in wanted if emotion not in present]
    if unknown:
        raise ValueError(
            f"{loader}: emotions has {', '.join(map(repr, unknown))}, of which there is no clip; "
            f"there are: {allowed}."
        )
    return wanted
