"""Study 3's synthetic tones: two classes of four sound objects each (table 4.1 and appendix D).

Everything is a sine times an amplitude that changes in time. Frequencies are in Hz, so that N of
the equations is the sampling rate whatever the length of a clip; phases are in cycles, not radians.
Where the text leaves something open or errs:

- a falling saw is 1 - saw: both signs of gamma in D.5 give the same rising one;
- the objects of a clip are drawn evenly, ``least`` to ``most`` of the four of its class;
- object 3 of class two goes up and down over its four frequencies, one at each wave of its
  amplitude, and is silent during 4 of the 16 waves of a second.

Phases are reduced in float64 and sines taken in float32, which is many times faster; they are
within 1e-6 of the exact values.
"""

from collections.abc import Callable
from functools import partial, reduce

import numpy as np

from tonotopy.corpora.embedded.clip import Clip, Setting
from tonotopy.corpora.embedded.mixture import NOISE, Mixture
from tonotopy.corpora.embedded.sound import peak

RANDOM = "random"  # the part that is the sum of all sounds that belong to no class
LOWEST_RATE = 16000  # Hz: the random sounds reach up to 8000 Hz
DEPTHS = (0.5, 1.0)  # alpha of D.3
BASS, MIDDLE, VOICE = (100, 150), (500, 600), (800, 1000)  # Hz, in both classes
WAVES, SOUNDED = 16, 12  # waves a second of class two's object 3, and how many of them sound
SPACING = 200  # Hz between its four frequencies
STEPS = np.array([0, 1, 2, 3, 2, 1])  # their order
RANDOM_COUNTS = (3, 5)
RANDOM_SCALE, RANDOM_BOUNDS = 2000, (1, 8000)  # Hz
RANDOM_WAVES, RANDOM_SHIFT = (40, 100), 2

Sound = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def tones(setting: Setting, split: str, index: int, least: int, most: int, noise: float) -> Clip:
    """Make a clip of some objects of a class, 3 to 5 random sounds and Gaussian noise (D.2.1).

    The classes take turns. The peak of the clip is 1.

    Args:
        setting: what the corpus's clips have in common.
        split: train, validation or test.
        index: of the clip.
        least: smallest number of objects in a clip, at least 1.
        most: greatest number of objects, ``least`` to 4.
        noise: standard deviation of the noise, where an object's peak is at most 1 (of class
            one's object 3, the sum of two sines: 2).

    Returns:
        the clip; it is its own group. Its parts are the objects that are in it, "object 1" to
        "object 4", the sum of the random sounds and the noise.
    """
    rng = setting.rng(split, index)
    label = tuple(OBJECTS)[index % len(OBJECTS)]
    time = np.arange(setting.length) / setting.rate
    names = tuple(OBJECTS[label])
    count = int(rng.integers(least, most + 1))
    chosen = sorted(rng.choice(len(names), count, replace=False))
    parts = {names[i]: OBJECTS[label][names[i]](time, rng) for i in chosen}
    parts[RANDOM] = _random_sounds(time, rng)
    parts[NOISE] = np.float32(noise) * rng.standard_normal(len(time), dtype=np.float32)
    mixture = Mixture.of(parts)
    top = np.float32(peak(mixture.whole))
    return Clip(mixture.through(lambda sound: sound / top), label)


def _fraction(cycles: np.ndarray) -> np.ndarray:
    """Return the phase within a cycle, float64 in [0, 1)."""
    return cycles - np.floor(cycles)


def _sine(cycles: np.ndarray) -> np.ndarray:
    """Return sin(2 pi cycles) in float32."""
    return np.sin(np.float32(2 * np.pi) * _fraction(cycles).astype(np.float32))


def _tone(time: np.ndarray, frequency: float, rng: np.random.Generator) -> np.ndarray:
    """D.1 without its amplitude: a sine of random phase."""
    return _sine(frequency * time + rng.uniform())


def _waves(cycles: np.ndarray, shift: float, rng: np.random.Generator) -> np.ndarray:
    """D.3: a sine of random depth, raised by ``shift`` (beta) and cut off below 0."""
    depth = np.float32(rng.uniform(*DEPTHS))
    return np.maximum(depth * _sine(cycles) + np.float32(shift), 0) / np.float32(shift + 1)


def _amplitude(time, rng, waves, shift) -> np.ndarray:
    """D.3 of random phase; ``waves`` is a range in Hz."""
    return _waves(rng.uniform(*waves) * time + rng.uniform(), shift, rng)


def _modulated(time, rng, frequencies, waves, shift) -> np.ndarray:
    """D.1: a sine with the amplitude of D.3; ``frequencies`` and ``waves`` are ranges in Hz."""
    carrier = _tone(time, rng.uniform(*frequencies), rng)
    return carrier * _amplitude(time, rng, waves, shift)


def _gated(time, rng, frequencies, waves, gates) -> np.ndarray:
    """D.4: kept during the upper half of each of the ``gates`` a second."""
    kept = _fraction(gates * time + rng.uniform())
    sound = _modulated(time, rng, frequencies, waves, shift=0)
    return sound * ((kept > 0) & (kept < 0.5))


def _saw(time, rng, frequencies, teeth, falling) -> np.ndarray:
    """D.5, with 1 - saw where it falls."""
    carrier = _tone(time, rng.uniform(*frequencies), rng)
    saw = _fraction(teeth * time + rng.uniform()).astype(np.float32)
    return carrier * (1 - saw if falling else saw)


def _harmonic(time, rng, frequencies, waves, shift) -> np.ndarray:
    """D.6: a sine and its first harmonic under one amplitude."""
    frequency = rng.uniform(*frequencies)
    carrier = _tone(time, frequency, rng) + _tone(time, 2 * frequency, rng)
    return carrier * _amplitude(time, rng, waves, shift)


def _melody(time, rng, frequencies) -> np.ndarray:
    """Four sines, each heard where the others are masked (D.2, object 3)."""
    lowest, phases = rng.uniform(*frequencies), rng.uniform(size=STEPS.max() + 1)
    cycles = WAVES * time + rng.uniform()
    wave = (np.floor(cycles).astype(int) + rng.integers(WAVES)) % WAVES
    step = STEPS[(wave + rng.integers(len(STEPS))) % len(STEPS)]
    carrier = _sine((lowest + SPACING * step) * time + phases[step])
    return carrier * _waves(cycles, 0, rng) * (wave < SOUNDED)


def _random_sounds(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The sum of sounds that tell nothing of the class (D.7)."""
    low, high = RANDOM_COUNTS
    sounds = []
    for _ in range(rng.integers(low, high + 1)):
        frequency = np.clip(rng.exponential(RANDOM_SCALE), *RANDOM_BOUNDS)
        carrier = _tone(time, frequency, rng)
        sounds.append(carrier * _amplitude(time, rng, RANDOM_WAVES, RANDOM_SHIFT))
    return reduce(np.add, sounds)


OBJECTS: dict[str, dict[str, Sound]] = {
    "one": {
        "object 1": partial(_gated, frequencies=BASS, waves=(16, 16), gates=2),
        "object 2": partial(_saw, frequencies=MIDDLE, teeth=2, falling=False),
        "object 3": partial(_harmonic, frequencies=VOICE, waves=(3, 6), shift=0.75),
        "object 4": partial(_modulated, frequencies=(3500, 4000), waves=(20, 20), shift=1),
    },
    "two": {
        "object 1": partial(_modulated, frequencies=BASS, waves=(4, 5), shift=0),
        "object 2": partial(_saw, frequencies=MIDDLE, teeth=2, falling=True),
        "object 3": partial(_melody, frequencies=VOICE),
        "object 4": partial(_modulated, frequencies=(4000, 4500), waves=(10, 10), shift=1),
    },
}
PARTS = (*OBJECTS["one"], RANDOM, NOISE)
