"""Sound events that overlap: the tagging corpus. Class names are plain words for what is heard."""

import numpy as np

from tonotopy.corpora.embedded.clip import Clip, Setting
from tonotopy.corpora.embedded.font import recording
from tonotopy.corpora.embedded.mixture import Dressing, Mixture, dress
from tonotopy.corpora.embedded.sound import at, compose, noise, peak, perform, track
from tonotopy.corpora.embedded.speech import SPEAKERS, Voice
from tonotopy.corpora.embedded.spoken import WORDS, accent, utter

FADE = 0.02  # s, at both ends of sounds that would start or stop with a click


def events(setting: Setting, split: str, index: int, most: int) -> Clip:
    """Make a clip of 1 to ``most`` different events at random onsets and levels over faint noise.

    Classes take turns as the first event; the others are drawn evenly. Onsets lie in the first half
    of the clip, levels are 0 to 12 dB below the loudest possible.

    Args:
        setting: what the corpus's clips have in common.
        split: train, validation or test; speakers of the class "speech" are the split's own.
        index: of the clip.
        most: greatest number of events in a clip, at least 1.

    Returns:
        the clip; it is its own group, and its parts are named after their classes.
    """
    rng = setting.rng(split, index)
    names = tuple(EVENTS)
    first = names[index % len(names)]
    others = [name for name in names if name != first]
    count = int(rng.integers(1, most + 1))
    classes = (first, *map(str, rng.choice(others, count - 1, replace=False)))
    sounds = {
        name: _at_random_onset(event(name, setting, split, rng), setting, rng) for name in classes
    }
    return Clip(dress(Mixture.of(sounds), Dressing.draw(setting.length, rng)), classes)


def event(name: str, setting: Setting, split: str, rng: np.random.Generator) -> np.ndarray:
    """Draw one event of a class: shape (samples,), its peak 1, at most as long as the clip.

    Raises:
        ValueError: nothing sounds.
    """
    seconds = setting.seconds * rng.uniform(0.5, 1.0)
    sound = EVENTS[name](rng, setting.rate, seconds, split)[: setting.length]
    return sound / peak(sound)


def _at_random_onset(sound, setting, rng):
    onset = int(rng.uniform(0, 0.5) * setting.length)
    placed = 10 ** (rng.uniform(-12, 0) / 20) * at(sound, onset, setting.length)
    return placed.astype(np.float64)


def _instrument(*programs, lowest: int = 55):
    """One to three notes of one program, about two octaves from a MIDI pitch upwards."""

    def make(rng, rate, seconds, _split):
        ends = np.linspace(0, seconds, int(rng.integers(1, 4)) + 1)
        pitches = lowest + int(rng.integers(25)) + rng.integers(-5, 6, len(ends))
        notes = list(zip(ends[:-1], 0.95 * np.diff(ends), pitches[1:], strict=True))
        line = track(int(rng.choice(programs)), notes, rng.uniform(70, 115))
        return perform(compose(60, line), rate)

    return make


def _strikes(*names, most: int, speeds=(0.85, 1.15)):
    """One to ``most`` strikes of a recording, a tenth to a third of a second apart."""

    def make(rng, rate, seconds, _split):
        struck = recording(str(rng.choice(names))).play(rate, rng.uniform(*speeds))
        gap, count = rng.uniform(0.1, 0.33), int(rng.integers(1, most + 1))
        out = np.zeros(max(round(seconds * rate), len(struck)))
        for onset in np.arange(count) * gap * rate:
            out += at(struck, round(onset), len(out))
        return out

    return make


def _lasting(*names, speeds):
    """A recording that repeats, faded in and out."""

    def make(rng, rate, seconds, _split):
        sound = recording(str(rng.choice(names))).play(rate, rng.uniform(*speeds), seconds)
        return _faded(sound, rate)

    return make


def _ringing(rng, rate, seconds, _split):
    """Rings of a telephone's bell, struck about twenty times a second."""
    bell = recording("Telephone")
    ring = _faded(bell.play(rate, rng.uniform(0.5, 0.7), rng.uniform(0.25, 0.45)), rate)
    pause = np.zeros(round(rng.uniform(0.1, 0.2) * rate))
    rings = np.tile(np.concatenate([ring, pause]), -(-round(seconds * rate) // len(ring)))
    return rings[: round(seconds * rate)]


def _speech(rng, rate, seconds, split):
    speaker = str(rng.choice(SPEAKERS[split]))
    text = " ".join(rng.choice(WORDS, int(np.ceil(2 * seconds)) + 1))
    pitch = int(rng.integers(40, 61))
    speech = utter(text, Voice(accent(speaker), speaker, int(rng.integers(140, 190)), pitch), rate)
    return speech[: round(seconds * rate)]


def _white_noise(rng, rate, seconds, _split):
    return _faded(noise(round(seconds * rate), rng), rate)


def _clicking(rng, rate, seconds, _split):
    """Clicks that decay within a few ms, at a steady pace."""
    clicks = np.zeros(round(seconds * rate))
    clicks[:: round(rate / rng.uniform(6, 14))] = 1
    decay = np.exp(-np.arange(round(0.008 * rate)) / (0.001 * rate))
    return np.convolve(clicks, decay)[: len(clicks)]


def _beep(rng, rate, seconds, _split):
    """A steady tone in one to three parts."""
    time = np.arange(round(seconds * rate)) / rate
    parts = int(rng.integers(1, 4))
    sounding = (time * parts / seconds) % 1 < (1 if parts == 1 else 0.6)
    return _faded(np.sin(2 * np.pi * rng.uniform(600, 2000) * time) * sounding, rate)


def _siren(rng, rate, seconds, _split):
    """A tone with five overtones that rises and falls by up to an octave."""
    time = np.arange(round(seconds * rate)) / rate
    turn = np.sin(2 * np.pi * (rng.uniform(1, 3) * time + rng.uniform()))
    frequency = rng.uniform(500, 900) * 2 ** (rng.uniform(0.3, 0.5) * turn)
    phase = 2 * np.pi * np.cumsum(frequency) / rate
    return _faded(sum(np.sin(k * phase) / k for k in range(1, 6)), rate)


def _faded(sound, rate):
    steps = min(round(FADE * rate), len(sound) // 2)
    ramp = np.ones(len(sound))
    ramp[:steps] = np.linspace(0, 1, steps)
    ramp[len(sound) - steps :] = np.linspace(1, 0, steps)
    return sound * ramp


EVENTS = {
    "violin": _instrument(40),
    "piano": _instrument(0, 1),
    "flute": _instrument(73),
    "trumpet": _instrument(56),
    "electric guitar": _instrument(29, 30, lowest=40),
    "snare drum": _strikes("Snare 1", "Snare 2", "E Snare", most=4),
    "bass drum": _strikes("Bass Drum New", "Kick Verb", most=4),
    "cymbal": _strikes("Med Crash Cymbal", "ChinaCrashCymb", most=2),
    "cowbell": _strikes("Cowbell", most=4),
    "speech": _speech,
    "white noise": _white_noise,
    "clicking": _clicking,
    "beep": _beep,
    "siren": _siren,
    "bird": _lasting("Bird", speeds=(0.8, 1.3)),
    "telephone": _ringing,
    "helicopter": _lasting("Helicopter", speeds=(0.5, 0.9)),
    "applause": _lasting("Applause", speeds=(0.8, 1.2)),
    "gunshot": _strikes("Gun Shot", most=2, speeds=(0.7, 1.3)),
    "sea waves": _lasting("OceanWaves", speeds=(0.5, 1.0)),
}
