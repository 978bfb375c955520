"""An arrangement of the planted world: everything that is drawn for a clip, and how it is played.

Drawing comes first and is complete; playing is a function of the arrangement alone. So a twin is
``dataclasses.replace`` of one field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import symusic

from tonotopy.corpora.embedded.mixture import Dressing
from tonotopy.corpora.embedded.rhythms import RHYTHMS
from tonotopy.corpora.embedded.sound import TICKS, track

SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10))
BEATS_PER_BAR = 4
THIRDS = (0, 2, 4)  # steps of a chord above its root
TAIL = 0.5  # s that are played beyond the clip's length, half of which may be skipped

Note = tuple[float, float, int]  # start in beats, length in beats, MIDI pitch


@dataclass(frozen=True)
class Touch:
    """How loud a part is played.

    Attributes:
        velocity: mean MIDI velocity of a part; for drums a factor of their rhythm's velocities.
        scatter: deviation of each note's velocity. A twin with more notes (a faster tempo, a denser
            rhythm) uses them again from the first.
    """

    velocity: float
    scatter: tuple[float, ...]

    def of_notes(self, number: int) -> np.ndarray:
        """Return the velocity of each of ``number`` notes."""
        return self.velocity + np.resize(self.scatter, number)


@dataclass(frozen=True)
class Arrangement:
    """All that is drawn for a clip.

    Attributes:
        lead: instrument of the melody.
        rhythm: drum pattern, a key of RHYTHMS.
        piano: whether a piano doubles the melody.
        tempo: beats per minute.
        key: semitones, 0 to 11.
        scale: semitones of the scale's steps.
        chords: root of each bar, a step of the scale; a faster twin begins again with the first.
        walk: length in beats and step of the scale of each note of the melody, likewise.
        bass_length: length of the bass's notes in beats.
        lead_programs: General MIDI program (from 0) of every instrument, should it lead.
        bass_program, pad_program, piano_program, kit: programs of the other parts.
        touches: part -> how loud it is played; the piano's is drawn whether it plays or not.
        skip: samples that are played before the clip begins.
        dressing: noise and level of the clip.
    """

    lead: str
    rhythm: str
    piano: bool
    tempo: float
    key: int
    scale: tuple[int, ...]
    chords: tuple[int, ...]
    walk: tuple[tuple[float, int], ...]
    bass_length: float
    lead_programs: dict[str, int]
    bass_program: int
    pad_program: int
    piano_program: int
    kit: int
    touches: dict[str, Touch]
    skip: int
    dressing: Dressing

    def tracks(self, seconds: float) -> dict[str, symusic.Track]:
        """Return the tracks of a clip of this length in s: lead, bass, pad, piano if any, drums."""
        beats = beats_of(seconds, self.tempo)
        line = sung(self.walk, beats, self.key, self.scale)
        played = {
            "lead": (self.lead_programs[self.lead], line),
            "bass": (self.bass_program, self._bass(beats)),
            "pad": (self.pad_program, self._pad(beats)),
        }
        if self.piano:
            played["piano"] = (self.piano_program, line)
        tracks = {
            name: track(program, notes, self.touches[name].of_notes(len(notes)), name=name)
            for name, (program, notes) in played.items()
        }
        return {**tracks, "drums": self._drums(beats)}

    def _root(self, beat: float) -> int:
        return self.chords[int(beat) // BEATS_PER_BAR % len(self.chords)]

    def _bass(self, beats: int) -> list[Note]:
        return [
            (start, 0.9 * self.bass_length, _pitch(self.key, self.scale, self._root(start), 33))
            for start in bass_onsets(beats, self.bass_length)
        ]

    def _pad(self, beats: int) -> list[Note]:
        length = 0.95 * BEATS_PER_BAR
        return [
            (float(start), length, _pitch(self.key, self.scale, self._root(start) + third, 50))
            for start in range(0, beats, BEATS_PER_BAR)
            for third in THIRDS
        ]

    def _drums(self, beats: int) -> symusic.Track:
        drums = symusic.Track(program=self.kit, is_drum=True, name="drums")
        touch, strikes = self.touches["drums"], drum_strikes(self.rhythm, beats)
        scatter = np.resize(touch.scatter, len(strikes))
        for (onset, pitch, velocity), deviation in zip(strikes, scatter, strict=True):
            louder = int(np.clip(touch.velocity * velocity + deviation, 1, 127))
            drums.notes.append(symusic.Note(round(onset * TICKS), TICKS // 8, pitch, louder))
        return drums


def beats_of(seconds: float, tempo: float) -> int:
    """Return how many beats are played for a clip of this length in s."""
    return int(np.ceil((seconds + TAIL) * tempo / 60)) + 1


def bars_of(beats: int) -> int:
    """Return the number of bars that hold so many beats."""
    return -(-beats // BEATS_PER_BAR)


def bass_onsets(beats: int, length: float) -> np.ndarray:
    """Return where the notes of the bass begin, in beats."""
    return np.arange(0, beats, length)


def drum_strikes(rhythm: str, beats: int) -> list[tuple[float, int, int]]:
    """Return onset in beats, General MIDI drum and velocity of every strike, bar by bar."""
    return [
        (bar + onset, pitch, velocity)
        for bar in range(0, beats, BEATS_PER_BAR)
        for pitch, onsets, velocity in RHYTHMS[rhythm]
        for onset in onsets
    ]


def random_walk(beats: float, rng: np.random.Generator) -> list[tuple[float, int]]:
    """Draw notes (length in beats, step of a scale from 0 to 12) until they fill ``beats``."""
    notes, now, step = [], 0.0, int(rng.integers(0, 10))
    while now < beats:
        length = float(rng.choice([0.5, 1.0, 1.5]))
        notes.append((length, step))
        step = int(np.clip(step + rng.integers(-3, 4), 0, 12))
        now += length
    return notes


def sung(
    walk: Sequence[tuple[float, int]], beats: float, key: int, scale: tuple[int, ...]
) -> list[Note]:
    """Return the melody of a walk over a scale, from A3 + key upwards over almost two octaves.

    Args:
        walk: length in beats and step of each note; it begins again where it is too short.
        beats: length; the last note may reach beyond it.
        key: semitones, 0 to 11.
        scale: semitones of its steps, one of SCALES.

    Returns:
        notes without gaps: (start in beats, length in beats, MIDI pitch).
    """
    notes, now = [], 0.0
    for i in count():
        if now >= beats:
            return notes
        length, step = walk[i % len(walk)]
        notes.append((now, 0.95 * length, _pitch(key, scale, step, 57)))
        now += length


def _pitch(key: int, scale: tuple[int, ...], step: int, lowest: int) -> int:
    return lowest + key + 12 * (step // len(scale)) + scale[step % len(scale)]
