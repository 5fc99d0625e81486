"""Parts of the declaration of a `Corpus`: clips, choices among them, and files to download.

The class `Corpus` is in `corpus`. Nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

VOCABULARY = (
    "anger",
    "boredom",
    "calm",
    "disgust",
    "fear",
    "happy",
    "neutral",
    "sad",
    "surprise",
)
"""The names of emotions with ``labels="standard"``, for every corpus."""

COLUMNS = ("path", "corpus", "emotion", "original_label", "speaker")
"""The first columns of the frame of every corpus; facts of its clips follow."""

Labels: TypeAlias = Literal["standard", "original"] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Clip:
    """The facts in the name of one file.

    Attributes
    ----------
    identity : str
        Equal for two files with the same recording, in any folder and format.
    label : str
        The corpus's own label of the emotion.
    speaker : str or None
        The speaker; None if it is not part of the name.
    facts : dict, default={}
        Further facts, such as the intensity: columns of the frame.

    See Also
    --------
    Corpus : Has a parser that returns clips.

    Examples
    --------
    >>> from sersk.datasets import Clip
    >>> Clip("03_ang_2", label="ang", speaker="03", facts={"take": 2}).speaker
    '03'
    """

    identity: str
    label: str
    speaker: str | None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """A keyword of `Corpus.load` that selects clips by one of their facts.

    Attributes
    ----------
    fact : str
        Name of the fact, and of the keyword.
    values : tuple of str
        Values of the fact that can be selected.
    default : str
        Selected if the keyword is not given: one of `values`, or `everything`.
    everything : str
        The value of the keyword that selects all clips.
    description : str
        One sentence for the documentation of the keyword.

    See Also
    --------
    Corpus : Takes choices.

    Examples
    --------
    >>> from sersk.datasets import Choice
    >>> channel = Choice(
    ...     "channel",
    ...     values=("speech", "song"),
    ...     default="speech",
    ...     everything="both",
    ...     description="Clips to load: the spoken ones, the sung ones, or both.",
    ... )
    >>> channel.allowed
    ('speech', 'song', 'both')
    """

    fact: str
    values: tuple[str, ...]
    default: str
    everything: str
    description: str

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values that the keyword takes.

        Returns
        -------
        values : tuple of str
            `values`, then `everything`.
        """
        return (*self.values, self.everything)


@dataclass(frozen=True, slots=True)
class Remote:
    """A file on the publisher's server.

    Attributes
    ----------
    name : str
        Name of the file once it is downloaded.
    url : str
        Address of the file.
    checksum : str or None, default=None
        The published checksum with its algorithm, as in "md5:..." or "sha256:...". None if none is
        published; the content cannot be verified then.

    See Also
    --------
    Corpus : Says which files to download.

    Examples
    --------
    >>> from sersk.datasets import Remote
    >>> Remote("kitchen.zip", "https://example.org/kitchen.zip").checksum is None
    True
    """

    name: str
    url: str
    checksum: str | None = None
