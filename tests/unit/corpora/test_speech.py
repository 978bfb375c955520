"""Speech: repeatable whatever was said before, as high and as fast as asked, clear when refused.

The library runs in processes of its own here, as it does in the workflow.
"""

import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from tonotopy.corpora.embedded import speech
from tonotopy.corpora.embedded.speech import RATE, SPEAKERS, Voice
from tonotopy.errors import InputError

EVERYONE = [name for names in SPEAKERS.values() for name in names]
SPEECHES = [("backward", Voice("en-us", name)) for name in EVERYONE] + [
    ("[['SA]]", Voice("fa", name, speed=150, pitch=40)) for name in EVERYONE[::6]
]


def say_all(speeches) -> list[np.ndarray]:
    return [speech.say(*spoken) for spoken in speeches]


def elsewhere(speeches) -> list[np.ndarray]:
    """Say it all in a fresh process."""
    with ProcessPoolExecutor(1) as pool:
        return pool.submit(say_all, speeches).result()


def say(text: str, **voice) -> np.ndarray:
    return elsewhere([(text, Voice(**{"language": "en-us", "variant": "m3", **voice}))])[0]


def fundamental(sound: np.ndarray) -> float:
    """Median fundamental in Hz of the voiced frames, by autocorrelation."""
    found = []
    for start in range(0, len(sound) - 1024, 512):
        frame = sound[start : start + 1024] * np.hanning(1024)
        lags = np.correlate(frame, frame, "full")[1023:]
        low, high = RATE // 400, RATE // 60
        best = low + int(np.argmax(lags[low:high]))
        if lags[0] > 0.1 and lags[best] > 0.5 * lags[0]:
            found.append(RATE / best)
    return float(np.median(found))


def test_an_utterance_does_not_depend_on_what_was_said_before():
    order = np.random.default_rng(0).permutation(len(SPEECHES))
    straight = elsewhere(SPEECHES)
    for position, again in zip(order, elsewhere([SPEECHES[i] for i in order]), strict=True):
        np.testing.assert_array_equal(again, straight[position], err_msg=str(SPEECHES[position]))


def test_speakers_differ_and_are_in_one_split_each():
    assert len(set(EVERYONE)) == len(EVERYONE) > 60
    assert all(len(names) > 10 for names in SPEAKERS.values())  # ten talk at once
    said = elsewhere(SPEECHES)
    assert len({sound.tobytes() for sound in said}) == len(SPEECHES)
    assert all(0.1 < np.abs(sound).max() <= 1 and sound.dtype == np.float32 for sound in said)
    assert all(0.2 < len(sound) / RATE < 1.2 for sound in said)


def test_pitch_speed_and_intonation_are_as_asked():
    low, high = say("follow me now", pitch=20), say("follow me now", pitch=80)
    assert fundamental(high) > 1.3 * fundamental(low)
    assert 80 < fundamental(say("follow me now")) < 130  # a male voice
    assert 160 < fundamental(say("follow me now", variant="f4")) < 260  # a female voice
    slow, fast = say("follow me now", speed=120), say("follow me now", speed=240)
    assert 1.5 < len(slow) / len(fast) < 2.5


def test_the_defaults_are_not_what_the_last_utterance_left():
    strange = ("seven", Voice("fa", "f1", speed=300, pitch=99, span=0))
    plain = ("seven", Voice("en-us", "m3"))
    np.testing.assert_array_equal(elsewhere([strange, plain])[1], elsewhere([plain])[0])


def test_unknown_speakers_and_languages_and_silence_are_refused():
    with pytest.raises(InputError, match="no voice variant 'm33'.*'m3'"):
        say("yes", variant="m33")
    with pytest.raises(InputError, match="no language 'marsian'"):
        say("yes", language="marsian")
    with pytest.raises(ValueError, match="'' gives no sound in en-us"):
        say("")


@pytest.fixture
def forgetful():
    """Forget what is known of the library before and after."""
    caches = speech._library_paths, speech._check_unloading, speech._variants
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_a_missing_package_is_told(forgetful, monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(InputError, match="espeak-ng library cannot be used.*pip install"):
        speech.say("yes", Voice("en-us", "m3"))


def test_a_broken_library_is_told(forgetful, monkeypatch, tmp_path):
    (tmp_path / "lib.so").write_text("no library")
    monkeypatch.setattr(speech, "_library_paths", lambda: (str(tmp_path / "lib.so"), str(tmp_path)))
    with pytest.raises(InputError, match=r"cannot be used \(.*lib.so"):
        speech._fresh()


def test_a_system_that_does_not_unload_is_told(forgetful, monkeypatch):
    """Then the second utterance would differ from the first."""
    said = iter([np.zeros(3), np.ones(3)])
    monkeypatch.setattr(speech, "_say", lambda text, voice: next(said))
    with pytest.raises(InputError, match="does not unload it"):
        speech.say("yes", Voice("en-us", "m3"))
