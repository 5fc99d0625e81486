"""Features of clips that are brought to one level: the gain of a recording changes nothing."""

import numpy as np
import pytest

from sersk import FunctionalsTransformer, WhisperEncoder, make_emotional_speech
from sersk.testing import make_whisper_folder


@pytest.fixture(scope="module")
def speech():
    return make_emotional_speech(
        n_speakers=1, n_repetitions=1, emotions=("anger", "sad"), duration=1.5, random_state=0
    ).data


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    folder = make_whisper_folder(tmp_path_factory.mktemp("whisper"))
    return {
        "functionals": FunctionalsTransformer,
        "whisper": lambda **parameters: WhisperEncoder(folder, **parameters),
    }


@pytest.mark.parametrize("name", ["functionals", "whisper"])
def test_gain_changes_nothing(name, steps, speech):
    step = steps[name](level_db=-25.0)
    expected = step.fit_transform(speech)
    scale = np.abs(expected).max(axis=0) + 1
    for gain_db in (-60, -20, 20):
        louder = step.transform(speech * np.float32(10 ** (gain_db / 20)))
        np.testing.assert_allclose(louder / scale, expected / scale, atol=2e-3)
    # without a level it does
    plain = steps[name]()
    change = plain.fit_transform(speech * np.float32(0.01)) - plain.transform(speech)
    assert np.abs(change / scale).max() > 0.1


@pytest.mark.parametrize("name", ["functionals", "whisper"])
def test_level_is_the_level_of_the_features(name, steps, speech):
    """At its own level a clip has the features that it has without one."""
    from sersk.signal import measure_level

    clip = speech[:1]
    own = measure_level(clip[0], 22_050)
    step = steps[name](level_db=own)
    expected = steps[name]().fit_transform(clip)
    scale = np.abs(expected) + 1
    np.testing.assert_allclose(step.fit_transform(clip) / scale, expected / scale, atol=2e-3)
    assert not np.allclose(steps[name](level_db=own - 20).fit_transform(clip), expected, atol=1e-2)


@pytest.mark.parametrize("name", ["functionals", "whisper"])
def test_silence_and_clips_that_could_not_be_read(name, steps, speech):
    step = steps[name](level_db=-25.0)
    X = np.stack([np.zeros(4000), np.full(4000, np.nan)]).astype(np.float32)
    silent, unread = step.fit_transform(X)
    np.testing.assert_array_equal(silent, steps[name]().fit_transform(X)[0])
    assert np.isfinite(silent).all()
    assert np.isnan(unread).all()


@pytest.mark.parametrize("name", ["functionals", "whisper"])
@pytest.mark.parametrize("level_db", ["loud", [1.0]])
def test_invalid_levels_are_refused(name, level_db, steps, speech):
    with pytest.raises(ValueError, match="'level_db' parameter"):
        steps[name](level_db=level_db).fit(speech)
