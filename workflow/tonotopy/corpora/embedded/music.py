"""The planted music world: short band recordings whose genre has a known cause.

Every clip is a small arrangement (lead, bass, pad, drums, now and then a piano) rendered with the
General MIDI sound font that pretty_midi ships. What decides the genre is planted: an instrument
plays the lead, or the drums play a rhythm. Tempo, key, scale, register, bass, pad, levels and noise
come from one distribution for all genres, so there is no short-cut to learn.
"""

from dataclasses import dataclass, field

import numpy as np
import symusic

from tonotopy.corpora.embedded.arrangement import (
    SCALES,
    THIRDS,
    Arrangement,
    Touch,
    bars_of,
    bass_onsets,
    beats_of,
    drum_strikes,
    random_walk,
)
from tonotopy.corpora.embedded.extent import WORLD_RATE, WORLD_SECONDS
from tonotopy.corpora.embedded.instruments import INSTRUMENTS, SOUNDS, TEMPI
from tonotopy.corpora.embedded.mixture import NOISE, Dressing, Mixture, dress
from tonotopy.corpora.embedded.rhythms import RHYTHMS
from tonotopy.corpora.embedded.sound import at, compose, play, scatter

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

PARTS = ("lead", "bass", "pad", "piano", "drums", NOISE)
# MIDI velocities of a part; of the drums, factors of their rhythm's velocities
LOUDNESS = {
    "lead": (96, 120),
    "bass": (70, 100),
    "pad": (30, 60),
    "piano": (70, 100),
    "drums": (0.8, 1.1),
}


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
    seconds: float = WORLD_SECONDS
    rate: int = WORLD_RATE
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
    def length(self) -> int:
        """Samples per clip."""
        return round(self.seconds * self.rate)

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

    def draw(self, score: Score, rng: np.random.Generator) -> Arrangement:
        """Draw everything about a clip that its score leaves open.

        What the clip itself does not need (programs of leads that do not play, a piano that is
        absent) comes from a stream of its own, so that it changes no other draw.
        """
        aside = np.random.Generator(rng.bit_generator.jumped())
        programs = {lead: self._program(lead, aside) for lead in INSTRUMENTS}
        tempo = rng.uniform(*TEMPI)
        beats = beats_of(self.seconds, tempo)
        key, scale = int(rng.integers(12)), SCALES[rng.integers(len(SCALES))]
        chords = rng.integers(0, 7, size=bars_of(beats))
        walk = random_walk(beats, rng)
        bass_length = float(rng.choice([0.5, 1.0, 2.0]))
        played = {
            "lead": (score.lead, len(walk), rng),
            "bass": ("bass", len(bass_onsets(beats, bass_length)), rng),
            "pad": ("pad", bars_of(beats) * len(THIRDS), rng),
            "piano": ("piano", len(walk), rng if score.piano else aside),
            "drums": ("kit", len(drum_strikes(score.rhythm, beats)), rng),
        }
        players = {part: self._player(part, *about) for part, about in played.items()}
        return Arrangement(
            lead=score.lead,
            rhythm=score.rhythm,
            piano=score.piano,
            tempo=tempo,
            key=key,
            scale=scale,
            chords=tuple(chords.tolist()),
            walk=tuple(walk),
            bass_length=bass_length,
            lead_programs={**programs, score.lead: players["lead"][0]},
            bass_program=players["bass"][0],
            pad_program=players["pad"][0],
            piano_program=players["piano"][0],
            kit=players["drums"][0],
            touches={part: touch for part, (_, touch) in players.items()},
            skip=int(rng.integers(0, self.rate // 4)),
            dressing=Dressing.draw(self.length, rng),
        )

    def _program(self, sound: str, rng: np.random.Generator) -> int:
        return int(rng.choice(SOUNDS[self.sounds][sound]))

    def _player(
        self, part: str, sound: str, notes: int, rng: np.random.Generator
    ) -> tuple[int, Touch]:
        """Draw a part's program, and how loud each of its notes is."""
        program = self._program(sound, rng)
        loudness = rng.uniform(*LOUDNESS[part])
        return program, Touch(loudness, tuple(scatter(notes, rng).tolist()))

    def mix(self, arrangement: Arrangement) -> Mixture:
        """Play an arrangement without noise, at any level; its parts are the stems.

        The tracks are rendered together for the whole, and one by one for the parts: the
        synthesizer adds notes up and does nothing else to their sum.
        """
        tracks = arrangement.tracks(self.seconds)

        def rendered(*tracks: symusic.Track) -> np.ndarray:
            sound = play(compose(arrangement.tempo, *tracks), self.rate)
            return at(sound, -arrangement.skip, self.length)

        return Mixture(
            rendered(*tracks.values()),
            lambda: {name: rendered(track) for name, track in tracks.items()},
        )

    def perform(self, arrangement: Arrangement) -> Mixture:
        """Play an arrangement as a clip: samples in [-1, 1], shape (seconds * rate,).

        Raises:
            ValueError: nothing sounds.
        """
        return dress(self.mix(arrangement), arrangement.dressing)

    def render(self, score: Score, rng: np.random.Generator) -> np.ndarray:
        """Draw and play a score: float32 mono samples in [-1, 1], shape (seconds * rate,).

        Raises:
            ValueError: nothing sounds.
        """
        return self.perform(self.draw(score, rng)).whole.astype(np.float32)
