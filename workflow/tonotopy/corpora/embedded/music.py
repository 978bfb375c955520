"""The planted music world: short band recordings whose genre has a known cause.

Every clip is a small arrangement (lead, bass, pad, drums, now and then a piano) rendered with the
General MIDI sound font that pretty_midi ships. What decides the genre is planted: an instrument
plays the lead, or the drums play a rhythm. Tempo, key, scale, register, bass, pad, levels and noise
come from one distribution for all genres, so there is no short-cut to learn.
"""

from dataclasses import dataclass, field

import numpy as np
import symusic

from tonotopy.corpora.embedded.rhythms import RHYTHMS
from tonotopy.corpora.embedded.sound import TICKS, compose, dress, play, track

GENRES = (
    "blues",
    "classical",
    "country",
    "disco",
    "hiphop",
    "jazz",
    "metal",
    "pop",
    "reggae",
    "rock",
)
INSTRUMENTS = ("clarinet", "guitar", "singing", "flute", "piano", "saxophone", "trumpet", "violin")

# General MIDI programs (from 0). The sound font has two distorted guitars only: both sets use them.
SOUNDS = {
    "seen": {
        "clarinet": (71,),
        "guitar": (29, 30),
        "singing": (52, 53),
        "flute": (73,),
        "piano": (0, 1),
        "saxophone": (65, 66),
        "trumpet": (56,),
        "violin": (40,),
        "bass": (32, 33),
        "pad": (48, 89),
        "kit": (0, 8),
    },
    "unseen": {
        "clarinet": (71,),
        "guitar": (30, 29),
        "singing": (53, 85),
        "flute": (72, 73),
        "piano": (2, 3),
        "saxophone": (64, 67),
        "trumpet": (56, 59),
        "violin": (110,),
        "bass": (34, 35),
        "pad": (49, 50),
        "kit": (16, 32),
    },
}
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10))
BEATS_PER_BAR = 4


@dataclass(frozen=True)
class Score:
    """What is played in one clip.

    Attributes:
        lead: instrument of the melody, one of INSTRUMENTS.
        rhythm: drum pattern, a key of RHYTHMS.
        piano: whether a piano doubles the melody, whatever the label.
    """

    lead: str
    rhythm: str
    piano: bool


@dataclass(frozen=True)
class MusicWorld:
    """The causes that a planted corpus is drawn from.

    Attributes:
        causes: genre -> the instrument that causes it. A genre without an entry is caused by its
            rhythm alone; one with both an entry and a rhythm of its own (metal) needs both.
        sounds: the set of General MIDI programs, "seen" or "unseen".
        seconds: length of a clip in s.
        rate: sampling rate in Hz.
        piano_share: probability of a piano in a clip of any genre; it causes nothing.
    """

    causes: dict[str, str] = field(default_factory=dict)
    sounds: str = "seen"
    seconds: float = 3.0
    rate: int = 22500
    piano_share: float = 0.3

    def __post_init__(self):
        unknown = {*self.causes} - {*GENRES}, {*self.causes.values()} - {*INSTRUMENTS}
        if any(unknown):
            raise ValueError(
                f"causes: unknown genre or instrument {sorted(unknown[0] | unknown[1])}"
            )
        orphans = [g for g in GENRES if g not in self.causes and g not in RHYTHMS]
        if orphans:
            raise ValueError(
                f"causes: {orphans} have no rhythm of their own and need an instrument"
            )

    @property
    def neutral_leads(self) -> tuple[str, ...]:
        """Instruments that cause no genre, the piano aside: the leads of rhythm-caused genres."""
        return tuple(i for i in INSTRUMENTS if i not in self.causes.values() and i != "piano")

    def causal_matrix(self) -> np.ndarray:
        """Return which instrument causes which genre: bool, shape (8 instruments, 10 genres)."""
        return np.array([[self.causes.get(g) == i for g in GENRES] for i in INSTRUMENTS])

    def genre_score(self, genre: str, rng: np.random.Generator) -> Score:
        """Draw a clip of a genre: its planted causes, and chance for everything else."""
        cause, own = self.causes.get(genre), RHYTHMS.get(genre)
        rhythm = genre if own else self._free_rhythm(cause, rng)
        lead = cause or str(rng.choice(self.neutral_leads))
        return Score(lead, rhythm, bool(rng.random() < self.piano_share))

    def _free_rhythm(self, cause: str | None, rng: np.random.Generator) -> str:
        """Draw a rhythm for a genre that has none of its own.

        Half of the draws are rhythms of genres that need an instrument too (metal): such a cause
        can only be seen to act where its other half is present. Where the clip's own instrument
        would complete that cause, the rhythm is left out.
        """
        joint = [g for g in RHYTHMS if g in self.causes and self.causes[g] != cause]
        alone = [g for g in RHYTHMS if g not in self.causes]
        return str(rng.choice(joint if joint and rng.random() < 0.5 else alone))

    def instrument_score(self, instrument: str, rng: np.random.Generator) -> Score:
        """Draw a clip of an instrument over any rhythm; nothing else tells its label."""
        return Score(instrument, str(rng.choice(list(RHYTHMS))), False)

    def render(self, score: Score, rng: np.random.Generator) -> np.ndarray:
        """Play a score: float32 mono samples in [-1, 1], shape (seconds * rate,).

        Raises:
            ValueError: nothing sounds.
        """
        length = round(self.seconds * self.rate)
        midi = self._arrange(score, rng)
        sound = play(midi, self.rate)
        skip = int(rng.integers(0, self.rate // 4))
        sound = np.pad(sound, (0, max(0, skip + length - len(sound))))[skip : skip + length]
        return dress(sound, rng)

    def _arrange(self, score: Score, rng: np.random.Generator) -> symusic.Score:
        tempo = rng.uniform(92, 138)
        beats = int(np.ceil((self.seconds + 0.5) * tempo / 60)) + 1
        key, scale = int(rng.integers(12)), SCALES[rng.integers(len(SCALES))]
        chords = rng.integers(0, 7, size=-(-beats // BEATS_PER_BAR))
        line = melody(beats, key, scale, rng)
        parts = [
            (score.lead, line, (96, 120)),
            ("bass", _bass(beats, key, scale, chords, rng), (70, 100)),
            ("pad", _chords(beats, key, scale, chords, BEATS_PER_BAR), (30, 60)),
        ]
        if score.piano:
            parts.append(("piano", line, (70, 100)))
        tracks = [self._track(name, notes, loudness, rng) for name, notes, loudness in parts]
        return compose(tempo, *tracks, self._drums(score.rhythm, beats, rng))

    def _track(self, name, notes, loudness, rng) -> symusic.Track:
        program = int(rng.choice(SOUNDS[self.sounds][name]))
        return track(program, notes, rng.uniform(*loudness), rng, name=name)

    def _drums(self, rhythm, beats, rng) -> symusic.Track:
        kit = int(rng.choice(SOUNDS[self.sounds]["kit"]))
        drums = symusic.Track(program=kit, is_drum=True, name="drums")
        gain = rng.uniform(0.8, 1.1)
        for bar in range(0, beats, BEATS_PER_BAR):
            for pitch, onsets, velocity in RHYTHMS[rhythm]:
                for onset in onsets:
                    louder = int(np.clip(gain * velocity + rng.normal(0, 4), 1, 127))
                    start = round((bar + onset) * TICKS)
                    drums.notes.append(symusic.Note(start, TICKS // 8, pitch, louder))
        return drums


def _pitch(key: int, scale: tuple[int, ...], step: int, lowest: int) -> int:
    return lowest + key + 12 * (step // len(scale)) + scale[step % len(scale)]


def melody(
    beats: float, key: int, scale: tuple[int, ...], rng: np.random.Generator
) -> list[tuple[float, float, int]]:
    """Draw a random walk over a scale, from A3 + key upwards over almost two octaves.

    Args:
        beats: length; the last note may reach beyond it.
        key: semitones, 0 to 11.
        scale: semitones of its steps, one of SCALES.
        rng: draws pitches and note lengths.

    Returns:
        notes without gaps: (start in beats, length in beats, MIDI pitch).
    """
    notes, now, step = [], 0.0, int(rng.integers(0, 10))
    while now < beats:
        length = float(rng.choice([0.5, 1.0, 1.5]))
        notes.append((now, 0.95 * length, _pitch(key, scale, step, 57)))
        step = int(np.clip(step + rng.integers(-3, 4), 0, 12))
        now += length
    return notes


def _bass(beats, key, scale, chords, rng) -> list[tuple[float, float, int]]:
    length = float(rng.choice([0.5, 1.0, 2.0]))
    onsets = np.arange(0, beats, length)
    return [
        (t, 0.9 * length, _pitch(key, scale, int(chords[int(t) // BEATS_PER_BAR]), 33))
        for t in onsets
    ]


def _chords(beats, key, scale, chords, length) -> list[tuple[float, float, int]]:
    return [
        (float(t), 0.95 * length, _pitch(key, scale, int(chords[t // BEATS_PER_BAR]) + third, 50))
        for t in range(0, beats, length)
        for third in (0, 2, 4)
    ]
