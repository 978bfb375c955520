"""Single notes, and phrases of one instrument: what is heard of pitch and of timbre alone."""

import numpy as np

from tonotopy.corpora.embedded.arrangement import SCALES, random_walk, sung
from tonotopy.corpora.embedded.clip import SOURCE, Clip, Setting
from tonotopy.corpora.embedded.instruments import INSTRUMENTS, SOUNDS
from tonotopy.corpora.embedded.mixture import Dressing, Mixture, dress
from tonotopy.corpora.embedded.sound import at, compose, perform, scatter, track

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
LOWEST = 48  # C3 as a MIDI number
REGISTERS = 2  # octaves that a note is drawn from

# General MIDI programs (from 0); a split has its own. The synthesizer is in tune over C3 to A#5 in
# these alone: elsewhere it overlooks which pitch a recording has.
PROGRAMS = {
    "train": (5, 6, 45, 46, 56, 66, 68, 73),
    "validation": (36, 72),
    "test": (10, 19, 74),
}
NOTE_WORDS = ("pitch", "program")  # of a note: MIDI number, General MIDI program (from 0)
SOLOISTS = tuple(name for name in INSTRUMENTS if name != "saxophone")


def note(setting: Setting, split: str, index: int) -> Clip:
    """Make a clip of one note; its label is the pitch class.

    Instrument, register, velocity, onset and length come from one distribution for all labels. The
    register is an octave that may begin at any semitone: were it always C to B, higher pitch would
    tell B from C. So the mean pitch is the same for every label.

    Returns:
        the clip; its group is the program, and no program is in two splits. NOTE_WORDS are kept.
    """
    rng = setting.rng(split, index)
    label = index % len(PITCH_CLASSES)
    program = int(rng.choice(PROGRAMS[split]))
    bottom = LOWEST + int(rng.integers(12))
    pitch = bottom + (label - bottom) % 12 + 12 * int(rng.integers(REGISTERS))
    onset, length = rng.uniform(0, 0.1), rng.uniform(0.6, 0.85)
    notes = [(setting.seconds * onset, setting.seconds * length, pitch)]
    sound = perform(compose(60, track(program, notes, int(rng.integers(60, 120)))), setting.rate)
    alone = Mixture.of({SOURCE: at(sound, 0, setting.length)})
    dressed = dress(alone, Dressing.draw(setting.length, rng))
    words = dict(zip(NOTE_WORDS, (str(pitch), str(program)), strict=True))
    return Clip(dressed, PITCH_CLASSES[label], f"program-{program:03d}", words)


def instrument(setting: Setting, split: str, index: int, excerpts: int) -> Clip:
    """Make an excerpt of a solo; its label is the instrument.

    A song is a melody in a key and tempo for one program. Its excerpts are cut from it one after
    the other and transposed by up to three semitones each.

    Args:
        setting: what the corpus's clips have in common.
        split: train, validation or test.
        index: of the clip. Instruments take turns, so that excerpt k of a song lies 7 k later.
        excerpts: clips of a song, at least 1.

    Returns:
        the clip; its group is the song.
    """
    rng = setting.rng(split, index)
    block, turn = divmod(index, excerpts * len(SOLOISTS))
    excerpt, label = divmod(turn, len(SOLOISTS))
    name = SOLOISTS[label]
    song = f"{split}-{name}-{block:03d}"
    tempo, program, notes = _song(setting, name, excerpts, setting.rng("song", song))
    notes = _excerpt(notes, excerpt, setting.seconds * tempo / 60, int(rng.integers(-3, 4)))
    velocity = rng.uniform(80, 115)
    line = track(program, notes, velocity + scatter(len(notes), rng))
    skip = int(rng.integers(0, setting.rate // 20))
    sound = at(perform(compose(tempo, line), setting.rate), -skip, setting.length)
    dressed = dress(Mixture.of({SOURCE: sound}), Dressing.draw(setting.length, rng))
    return Clip(dressed, name, song)


def _song(setting, name, excerpts, rng):
    """Draw tempo (beats per minute), program and notes of a song."""
    tempo = rng.uniform(92, 138)
    programs = sorted({*SOUNDS["seen"][name], *SOUNDS["unseen"][name]})
    beats = excerpts * (setting.seconds * tempo / 60 + 2)
    key, scale = int(rng.integers(12)), SCALES[rng.integers(len(SCALES))]
    program = int(rng.choice(programs))
    return tempo, program, sung(random_walk(beats, rng), beats, key, scale)


def _excerpt(notes, excerpt: int, beats: float, shift: int):
    """Return the notes of an excerpt, the first at 0; a note that began before is left out."""
    starts = np.array([start for start, _, _ in notes])
    first = int(np.searchsorted(starts, excerpt * (beats + 2)))
    begin = starts[first]
    return [
        (start - begin, length, pitch + shift)
        for start, length, pitch in notes[first:]
        if start < begin + beats + 1
    ]
