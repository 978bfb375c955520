"""Syllables, words, single voices and crowds of voices, spoken by espeak-ng."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from tonotopy.corpora.audio import peak_excess
from tonotopy.corpora.embedded import speech
from tonotopy.corpora.embedded.clip import SOURCE, Clip, Setting
from tonotopy.corpora.embedded.mixture import NOISE, Dressing, Mixture, dress
from tonotopy.corpora.embedded.sound import at, noise, trim
from tonotopy.corpora.embedded.speech import SPEAKERS, Voice
from tonotopy.corpora.public.speech_commands import WORDS

# PCVC's consonants -> phonemes of espeak-ng's Persian. Two that many speakers of Persian merge are
# kept apart: Gh is the voiced velar fricative, Q the voiceless uvular stop. R is rolled.
CONSONANTS = {
    "P": "p",
    "B": "b",
    "T": "t",
    "D": "d",
    "tS": "tS",
    "dZ": "dZ",
    "K": "k",
    "G": "g",
    "F": "f",
    "V": "v",
    "Kh": "x",
    "Gh": "Q",
    "S": "s",
    "Z": "z",
    "Sh": "S",
    "Zh": "Z",
    "M": "m",
    "N": "n",
    "H": "h",
    "L": "l",
    "R": "R",
    "Q": "q",
    "j": "j",
}
VOWELS = ("A", "i", "u", "a", "e", "o")
ACCENTS = ("en-us", "en-gb-x-rp", "en-gb-scotland")  # a speaker keeps one
COUNTS = tuple(str(count) for count in range(11))
TALKERS = tuple(f"voice {number}" for number in range(1, 11))  # parts, in the order of the draw
WORDS_PER_SECOND = 5  # more than the fastest say: talkers do not run out of text
WORDS_OF = {  # who talks is told in words that no other split has: three fifths, a fifth, a fifth
    "train": tuple(word for place, word in enumerate(WORDS) if place % 5 < 3),
    "validation": WORDS[3::5],
    "test": WORDS[4::5],
}


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names without kin: of those that differ in a final number alone, the first.

    Kin are a name and the same with a number (steph, steph2); m1 and m4 are none, as there is no m.
    """
    return tuple(n for n in names if (stem := n.rstrip("0123456789")) == n or stem not in names)


KNOWN_VOICES = {f"voice {name}": name for name in distinct(SPEAKERS["train"])}  # class -> who it is


def consonant(setting: Setting, split: str, index: int) -> Clip:
    """Make a clip of a Persian consonant-vowel syllable; its label is the consonant.

    Returns:
        the clip; its group is the speaker, and no speaker is in two splits.
    """
    rng = setting.rng(split, index)
    label = tuple(CONSONANTS)[index % len(CONSONANTS)]
    speaker = str(rng.choice(SPEAKERS[split]))
    text = f"[['{CONSONANTS[label]}{rng.choice(VOWELS)}]]"
    voice = _mood("fa", speaker, (120, 170), rng)
    return Clip(_centred(utter(text, voice, setting.rate), setting, rng), label, speaker)


def keyword(setting: Setting, split: str, index: int) -> Clip:
    """Make a clip of an English word; its label is the word.

    Returns:
        the clip; its group is the speaker, and no speaker is in two splits.
    """
    rng = setting.rng(split, index)
    label = WORDS[index % len(WORDS)]
    speaker = str(rng.choice(SPEAKERS[split]))
    voice = _mood(accent(speaker), speaker, (140, 190), rng)
    return Clip(_centred(utter(label, voice, setting.rate), setting, rng), label, speaker)


def speaker(setting: Setting, split: str, index: int, voices: int) -> Clip:
    """Make a clip of a few words by one voice; its label is the voice.

    Voices are in all splits, words in one (WORDS_OF): what tells voices apart cannot be a word. The
    voice sets in within the first tenth of the clip and talks to its end, where it is cut off.

    Args:
        setting: what the corpus's clips have in common.
        split: train, validation or test.
        index: of the clip.
        voices: number of voices, the first of KNOWN_VOICES.

    Returns:
        the clip. It is its own group: voices must be in several splits, and groups of words that
        are said in one clip would be the splits themselves.
    """
    rng = setting.rng(split, index)
    label = tuple(KNOWN_VOICES)[index % voices]
    who = KNOWN_VOICES[label]
    text = " ".join(rng.choice(WORDS_OF[split], math.ceil(WORDS_PER_SECOND * setting.seconds) + 2))
    said = utter(text, _mood(accent(who), who, (140, 190), rng), setting.rate)
    onset = round(rng.uniform(0, 0.1) * setting.length)
    alone = Mixture.of({SOURCE: at(said, onset, setting.length)})
    return Clip(dress(alone, Dressing.draw(setting.length, rng)), label)


@dataclass(frozen=True)
class Talker:
    """One voice of a crowd.

    Attributes:
        voice: who talks.
        text: what is said.
        skipped: share of the utterance that was said before the clip begins.
        onset: when the voice sets in, in s.
        level: in dB, relative to the mean talker.
    """

    voice: Voice
    text: str
    skipped: float
    onset: float
    level: float


def crowd(count: int, split: str, seconds: float, rng: np.random.Generator) -> list[Talker]:
    """Draw ``count`` different speakers of a split, who talk from their onset to the clip's end.

    Onsets lie in the first third of the clip; levels are within 5 dB of the mean.
    """
    return [
        Talker(
            voice=_mood(accent(speaker), speaker, (140, 190), rng),
            text=" ".join(rng.choice(WORDS, math.ceil(WORDS_PER_SECOND * seconds) + 2)),
            skipped=rng.uniform(0, 0.2),
            onset=rng.uniform(0, seconds / 3),
            level=rng.uniform(-5, 5),
        )
        for speaker in map(str, rng.choice(SPEAKERS[split], count, replace=False))
    ]


def speakers(setting: Setting, split: str, index: int) -> Clip:
    """Make a clip of 0 to 10 voices at once; its label is how many.

    Coloured noise, 15 to 30 dB below a talker, is in every clip and all that a clip without voices
    has. The clip's RMS is drawn from -35 to -25 dB whatever the label.

    Returns:
        the clip; it is its own group. No speaker is in two splits. Its parts are the noise and
        "voice 1" to "voice 10".
    """
    rng = setting.rng(split, index)
    count = index % len(COUNTS)
    hiss = 10 ** (rng.uniform(-30, -15) / 20) * noise(setting.length, rng, rng.uniform(0, 1.5))
    voices = zip(TALKERS[:count], crowd(count, split, setting.seconds, rng), strict=True)
    mixture = Mixture.of({NOISE: hiss, **{name: _talk(talker, setting) for name, talker in voices}})
    gain = 10 ** (rng.uniform(-35, -25) / 20) / np.sqrt(np.mean(mixture.whole**2))
    mixture = mixture.through(lambda sound: sound * gain)
    excess = peak_excess(mixture.whole)
    return Clip(mixture.through(lambda sound: sound / excess), COUNTS[count])


def utter(text: str, voice: Voice, rate: int) -> np.ndarray:
    """Speak a text: float32, shape (samples,), at ``rate`` in Hz, without silence around it."""
    return trim(soxr.resample(speech.say(text, voice), speech.RATE, rate, quality="HQ"))


def accent(speaker: str) -> str:
    """Return the kind of English that a speaker keeps to."""
    everyone = [name for names in SPEAKERS.values() for name in names]
    return ACCENTS[everyone.index(speaker) % len(ACCENTS)]


def _mood(language, speaker, speeds, rng) -> Voice:
    """Draw how fast, how high and how lively a speaker talks this time."""
    speed, pitch, span = rng.integers(*speeds), rng.integers(40, 61), rng.integers(40, 61)
    return Voice(language, speaker, int(speed), int(pitch), int(span))


def _talk(talker: Talker, setting: Setting) -> np.ndarray:
    """One talker's part of a clip, of unit RMS before the level is applied."""
    utterance = utter(talker.text, talker.voice, setting.rate)
    utterance = utterance[round(talker.skipped * len(utterance)) :]
    part = at(utterance, round(talker.onset * setting.rate), setting.length)
    return 10 ** (talker.level / 20) * part / np.sqrt(np.mean(utterance**2))


def _centred(sound, setting, rng) -> Mixture:
    """Put a sound about the clip's middle, off by up to a twentieth of the clip, and dress it."""
    shift = rng.uniform(-0.05, 0.05) * setting.length
    onset = round((setting.length - len(sound)) / 2 + shift)
    alone = Mixture.of({SOURCE: at(sound, onset, setting.length)})
    return dress(alone, Dressing.draw(setting.length, rng))
