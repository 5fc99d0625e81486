"""Hold sersk's answer to a sound file against the oracle."""

import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from fuzzing import media, oracle
from fuzzing.cases import ERROR, FAULT, RIGHT, FileCase, Outcome, kind_of
from sersk.audio.clips import UnusableClipError
from sersk.audio.loading import AudioFileError, AudioFileWarning, AudioLoader
from sersk.audio.reading import SoundBlocks, read_sound

# What no recording has; sersk may refuse at less.
_MOST_RATE, _MOST_CHANNELS = 10_000_000, 1_024

_good: dict[str, Any] = {}


class Fault(Exception):
    """A case ended as it must not."""


def check_file(case: FileCase, folder: str, chatter: Callable[[], str]) -> Outcome:
    """Read a file through every door, and compare.

    The doors: `read_sound`, `SoundBlocks`, and `AudioLoader` with the file between two good ones
    and alone.
    """
    path = os.path.join(folder, f"hostile{case.suffix}")
    with open(path, "wb") as file:
        file.write(case.data)
    try:
        answers = {
            "read_sound": _ask(lambda: read_sound(path)),
            "SoundBlocks": _ask(lambda: _join(path)),
        }
        row = _ask_loader(path, folder, case.options)
        if (text := chatter()) and path not in text:
            raise Fault(f"writes to stderr without the name of the file: {text[:100]!r}")
        if case.twin:
            with open(path, "wb") as file:
                file.write(case.twin)
        is_media = media.is_possible() and media.is_media(case.data)
        return _compare(case, answers, row, media.read(path) if is_media else oracle.read(path))
    except Fault as fault:
        return Outcome(FAULT, kind_of(case), str(fault))
    finally:
        os.unlink(path)


def hold_warnings(caught: list[warnings.WarningMessage], name: str) -> bool:
    """Raise unless warnings are sersk's own and name the clip; tell whether one is a failure."""
    for warning in caught:
        if not warning.category.__module__.startswith("sersk.") or name not in str(warning.message):
            text = f"{warning.category.__name__}: {warning.message}"
            raise Fault(f"a warning without the name of the clip: {text}")
    return any(issubclass(warning.category, AudioFileWarning) for warning in caught)


def name_errors(error: BaseException | None) -> list[str]:
    """Return the names of the types of an error and of all its causes."""
    names = []
    while error is not None:
        names.append(type(error).__name__)
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context
    return names


def _ask(read: Callable[[], Any]) -> Any:
    """Return what a reader returns, or its clear error as a text."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return read()
        except (UnusableClipError, AudioFileError) as error:
            if "MemoryError" in name_errors(error) or "allocate" in str(error):
                raise Fault(f"more memory than the case has: {error}") from error
            return str(error)
        except Exception as error:
            raise Fault(f"{type(error).__name__}: {error}") from error


def _join(path: str) -> tuple[NDArray, int]:
    sound = SoundBlocks(path)
    return np.concatenate(list(sound)), sound.input_sample_rate


def _ask_loader(path: str, folder: str, options: dict[str, Any]) -> NDArray | str:
    """Return the file's row, or why there is none."""
    first, last, right = _find_good(folder, options)
    loader = AudioLoader(**options, on_error="nan", verbose=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            rows = loader.transform([first, path, last])
        except Exception as error:
            raise Fault(f"not collected: {type(error).__name__}: {error}") from error
    has_failed = hold_warnings(caught, folder)
    if has_failed and path not in str(caught[0].message):
        raise Fault(f"a warning without the name of the file: {caught[0].message}")
    if not np.array_equal(rows[[0, 2]], right):
        raise Fault("a good row changed beside a bad one")
    if not has_failed:
        return rows[1]
    if not np.isnan(rows[1]).all():
        raise Fault("reported as unusable, and its row is not NaN")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            AudioLoader(**options, verbose=False).transform([path])
    except AudioFileError as error:
        if path not in str(error):
            raise Fault(f"an error without the name of the file: {error}") from error
        if "MemoryError" in name_errors(error) or "allocate" in str(error):
            raise Fault(f"more memory than the case has: {error}") from error
        return str(error)
    except Exception as error:
        raise Fault(f"{type(error).__name__}: {error}") from error
    raise Fault("unusable among others, and accepted alone")


def _find_good(folder: str, options: dict[str, Any]) -> tuple[str, str, NDArray]:
    """Return two good files, and their rows with these options."""
    paths = os.path.join(folder, "first.wav"), os.path.join(folder, "last.flac")
    if not os.path.exists(paths[0]):
        for path, rate in zip(paths, (16_000, 22_050), strict=True):
            noise = np.random.default_rng(rate).uniform(-0.5, 0.5, (rate // 5, 2))
            soundfile.write(path, noise, rate)
    key = f"{folder} {options}"
    if key not in _good:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = AudioLoader(**options, verbose=False).transform(list(paths))
        for row, path in zip(rows, paths, strict=True):
            sound = oracle.read(path)
            assert sound is not None
            right = oracle.make_row(sound.samples, sound.rate, options)
            assert right is not None
            if problem := oracle.differ(row, right):
                raise Fault(f"a good file: {problem}")
        _good[key] = rows
    return *paths, _good[key]


def _compare(
    case: FileCase, answers: dict[str, Any], row: NDArray | str, sound: oracle.Sound | None
) -> Outcome:
    refused = [text for text in (*answers.values(), row) if isinstance(text, str)]
    for name, answer in answers.items():
        if isinstance(answer, str):
            continue
        samples, rate = answer
        if not np.isfinite(samples).all():
            raise Fault(f"{name}: NaN or infinity in the output")
        if not len(samples):
            raise Fault(f"{name}: no sample and no error")
        if rate > _MOST_RATE or (sound is not None and sound.n_channels > _MOST_CHANNELS):
            raise Fault(f"{name}: accepts an implausible header, {rate} Hz")
        if case.expect.startswith("error") and (
            case.expect == "error" or sound is None or _is_shorter(case, sound)
        ):
            raise Fault(f"{name}: accepts it ({case.expect})")
        if sound is None:
            raise Fault(f"{name}: accepts what the reference refuses")
        if sound.promised > 0 and sound.is_whole:
            _hold(name, samples, rate, sound)
    if isinstance(answers["read_sound"], str) != isinstance(answers["SoundBlocks"], str):
        texts = [
            f"{name}: {a if isinstance(a, str) else 'accepted'}" for name, a in answers.items()
        ]
        raise Fault("the doors disagree: " + "; ".join(texts))
    if not isinstance(row, str):
        _check_row(case, row, sound)
    # libsndfile does not read all that it writes (DWVW in AIFF).
    if case.expect == "right" and refused and sound is not None and sound.is_whole:
        _check_refusal(case, answers, row, sound)
    if refused:
        return Outcome(ERROR, kind_of(case), refused[0])
    return Outcome(RIGHT, kind_of(case))


def _is_shorter(case: FileCase, sound: oracle.Sound) -> bool:
    """Tell whether a truncated file lost frames (and not only what follows the sound)."""
    return len(sound.samples) < case.n_frames


def _tolerance(sound: oracle.Sound) -> float:
    """Return the largest relative error: rounding, of SDS (7 bits a byte) to 16 bits."""
    return 1e-3 if sound.format == "SDS" else 2e-5


def _hold(name: str, found: NDArray, rate: int, sound: oracle.Sound) -> None:
    if rate != sound.rate:
        raise Fault(f"{name}: {rate} Hz instead of {sound.rate} Hz")
    if sound.format == "MP3":  # libsndfile reads no further than it guesses the end to be
        if len(sound.samples) != sound.promised:
            return  # and puts nothing in place of damaged frames
        found = found[: sound.promised]
    if problem := oracle.differ(found, sound.samples, _tolerance(sound)):
        raise Fault(f"{name}: {problem}")


def _check_row(case: FileCase, row: NDArray, sound: oracle.Sound | None) -> None:
    if not np.isfinite(row).all():
        raise Fault("AudioLoader: NaN or infinity in the output")
    if case.expect == "error":
        raise Fault("AudioLoader: accepts it (error)")
    if sound is None:
        raise Fault("AudioLoader: accepts what the reference refuses")
    if sound.rate > _MOST_RATE or sound.n_channels > _MOST_CHANNELS:
        raise Fault(f"AudioLoader: accepts an implausible header, {sound.rate} Hz")
    if sound.promised <= 0 or (sound.format == "MP3" and len(sound.samples) != sound.promised):
        return
    end = int((case.options["offset"] + case.options["duration"]) * sound.rate)
    if (not sound.is_whole or sound.format == "MP3") and end > len(sound.samples):
        return
    right = oracle.make_row(sound.samples, sound.rate, case.options)
    if right is None:
        raise Fault("AudioLoader: accepts a part without usable samples")
    if problem := oracle.differ(row, right, _tolerance(sound)):
        raise Fault(f"AudioLoader: {problem}")


def _check_refusal(
    case: FileCase, answers: dict[str, Any], row: NDArray | str, sound: oracle.Sound | None
) -> None:
    """Raise if a plausible file is refused."""
    for name, answer in answers.items():
        if isinstance(answer, str):
            raise Fault(f"{name}: refuses a plausible file: {answer}")
    if sound is not None and isinstance(row, str):
        right = oracle.make_row(sound.samples, sound.rate, case.options)
        if right is not None and right.any():
            raise Fault(f"AudioLoader: refuses a plausible file: {row}")
