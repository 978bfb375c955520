"""Embedded clips written out draw by draw and operation by operation: their first definition."""

from pathlib import Path

import numpy as np
import soxr
import symusic

from tonotopy.corpora.embedded import spoken
from tonotopy.corpora.embedded.clip import Setting
from tonotopy.corpora.embedded.events import EVENTS, event
from tonotopy.corpora.embedded.instruments import SOUNDS
from tonotopy.corpora.embedded.rhythms import RHYTHMS
from tonotopy.corpora.embedded.solo import LOWEST, PROGRAMS, SOLOISTS
from tonotopy.corpora.embedded.sound import at, noise, play
from tonotopy.corpora.embedded.speech import SPEAKERS

WORKFLOW = Path(__file__).parents[1] / "workflow"
STEP = 1 / 32768
CAUSES = {"classical": "violin", "jazz": "saxophone", "rock": "guitar", "metal": "guitar"}
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10))
SETTING = Setting("literal", 4, 16000, 0.9)
SIZES = {"note": 27, "instrument": 37, "consonant": 26, "keyword": 38, "speakers": 23, "events": 45}
SIZES |= {"speaker": 11}
OPTIONS = {"instrument": {"excerpts": 2}, "events": {"most": 4}, "speaker": {"voices": 4}}


def dressed(sound, rng):
    top = float(np.abs(sound).max())
    hiss = 10 ** (rng.uniform(-60, -40) / 20) * rng.standard_normal(len(sound))
    level = 10 ** (rng.uniform(-9, -1) / 20)
    mixed = sound / top + hiss
    return (level * mixed / np.abs(mixed).max()).astype(np.float32)


def written_out_track(program, notes, velocity, rng=None, **kind):
    line = symusic.Track(program=program, **{"is_drum": False, **kind})
    for start, length, pitch in notes:
        louder = velocity if rng is None else velocity + rng.normal(0, 4)
        ticks = round(start * 480), max(1, round(length * 480))
        line.notes.append(symusic.Note(*ticks, int(pitch), int(np.clip(louder, 1, 127))))
    return line


def midi(tempo, tracks):
    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, qpm=float(tempo)))
    score.tracks.extend(tracks)
    return score


def pitch_of(key, scale, step, lowest):
    return lowest + key + 12 * (step // 7) + scale[step % 7]


def walk_over(beats, key, scale, rng):
    notes, now, step = [], 0.0, int(rng.integers(0, 10))
    while now < beats:
        length = float(rng.choice([0.5, 1.0, 1.5]))
        notes.append((now, 0.95 * length, pitch_of(key, scale, step, 57)))
        step = int(np.clip(step + rng.integers(-3, 4), 0, 12))
        now += length
    return notes


def planted_clip(score, sounds, seconds, rate, rng):
    tempo = rng.uniform(92, 138)
    beats = int(np.ceil((seconds + 0.5) * tempo / 60)) + 1
    key, scale = int(rng.integers(12)), SCALES[rng.integers(3)]
    chords = rng.integers(0, 7, size=-(-beats // 4))
    line = walk_over(beats, key, scale, rng)
    length = float(rng.choice([0.5, 1.0, 2.0]))
    bass = [
        (t, 0.9 * length, pitch_of(key, scale, int(chords[int(t) // 4]), 33))
        for t in np.arange(0, beats, length)
    ]
    pad = [
        (float(t), 3.8, pitch_of(key, scale, int(chords[t // 4]) + third, 50))
        for t in range(0, beats, 4)
        for third in (0, 2, 4)
    ]
    played = [(score.lead, line, 96, 120), ("bass", bass, 70, 100), ("pad", pad, 30, 60)]
    if score.piano:
        played.append(("piano", line, 70, 100))
    tracks = []
    for name, notes, low, high in played:
        program = int(rng.choice(SOUNDS[sounds][name]))
        tracks.append(written_out_track(program, notes, rng.uniform(low, high), rng))
    drums = symusic.Track(program=int(rng.choice(SOUNDS[sounds]["kit"])), is_drum=True, name="d")
    gain = rng.uniform(0.8, 1.1)
    for bar in range(0, beats, 4):
        for drum, onsets, velocity in RHYTHMS[score.rhythm]:
            for onset in onsets:
                louder = int(np.clip(gain * velocity + rng.normal(0, 4), 1, 127))
                drums.notes.append(symusic.Note(round((bar + onset) * 480), 60, drum, louder))
    sound = play(midi(tempo, [*tracks, drums]), rate)
    skip, length = int(rng.integers(0, rate // 4)), round(seconds * rate)
    sound = np.pad(sound, (0, max(0, skip + length - len(sound))))[skip : skip + length]
    return dressed(sound, rng)


def performed(tempo, line):
    return soxr.resample(play(midi(tempo, [line]), 44100), 44100, SETTING.rate, quality="HQ")


def note_clip(index, rng):
    label = index % 12
    program = int(rng.choice(PROGRAMS["train"]))
    bottom = LOWEST + int(rng.integers(12))
    pitch = bottom + (label - bottom) % 12 + 12 * int(rng.integers(2))
    onset, length = rng.uniform(0, 0.1), rng.uniform(0.6, 0.85)
    notes = [(SETTING.seconds * onset, SETTING.seconds * length, pitch)]
    line = written_out_track(program, notes, int(rng.integers(60, 120)))
    return dressed(at(performed(60, line), 0, SETTING.length), rng)


def instrument_clip(index, rng):
    block, place = divmod(index, 2 * 7)
    excerpt, label = divmod(place, 7)
    name = SOLOISTS[label]
    song = SETTING.rng("song", f"train-{name}-{block:03d}")
    tempo = song.uniform(92, 138)
    programs = sorted({*SOUNDS["seen"][name], *SOUNDS["unseen"][name]})
    beats = SETTING.seconds * tempo / 60
    key, scale = int(song.integers(12)), SCALES[song.integers(3)]
    program = int(song.choice(programs))
    notes = walk_over(2 * (beats + 2), key, scale, song)
    shift = int(rng.integers(-3, 4))
    first = next(i for i, n in enumerate(notes) if n[0] >= excerpt * (beats + 2))
    begin = notes[first][0]
    notes = [(s - begin, n, p + shift) for s, n, p in notes[first:] if s < begin + beats + 1]
    line = written_out_track(program, notes, rng.uniform(80, 115), rng)
    skip = int(rng.integers(0, SETTING.rate // 20))
    return dressed(at(performed(tempo, line), -skip, SETTING.length), rng)


def spoken_clip(task, index, rng):
    if task == "consonant":
        label = tuple(spoken.CONSONANTS)[index % 23]
        speaker = str(rng.choice(SPEAKERS["train"]))
        text = f"[['{spoken.CONSONANTS[label]}{rng.choice(spoken.VOWELS)}]]"
        language, speeds = "fa", (120, 170)
    else:
        text = spoken.WORDS[index % 35]
        speaker = str(rng.choice(SPEAKERS["train"]))
        language, speeds = spoken.accent(speaker), (140, 190)
    speed, pitch, span = rng.integers(*speeds), rng.integers(40, 61), rng.integers(40, 61)
    voice = spoken.Voice(language, speaker, int(speed), int(pitch), int(span))
    said = spoken.utter(text, voice, SETTING.rate)
    shift = rng.uniform(-0.05, 0.05) * SETTING.length
    return dressed(at(said, round((SETTING.length - len(said)) / 2 + shift), SETTING.length), rng)


def speaker_clip(index, rng):
    who = ("Andrea", "Andy", "Annie", "Diogo")[index % 4]
    words = [word for place, word in enumerate(spoken.WORDS) if place % 5 < 3]
    text = " ".join(rng.choice(words, 7))
    speed, pitch, span = rng.integers(140, 190), rng.integers(40, 61), rng.integers(40, 61)
    voice = spoken.Voice(spoken.accent(who), who, int(speed), int(pitch), int(span))
    said = spoken.utter(text, voice, SETTING.rate)
    onset = round(rng.uniform(0, 0.1) * SETTING.length)
    return dressed(at(said, onset, SETTING.length), rng)


def speakers_clip(index, rng):
    mixed = 10 ** (rng.uniform(-30, -15) / 20) * noise(SETTING.length, rng, rng.uniform(0, 1.5))
    for talker in spoken.crowd(index % 11, "train", SETTING.seconds, rng):
        said = spoken.utter(talker.text, talker.voice, SETTING.rate)
        said = said[round(talker.skipped * len(said)) :]
        part = at(said, round(talker.onset * SETTING.rate), SETTING.length)
        mixed += 10 ** (talker.level / 20) * part / np.sqrt(np.mean(said**2))
    mixed *= 10 ** (rng.uniform(-35, -25) / 20) / np.sqrt(np.mean(mixed**2))
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def events_clip(index, rng):
    names = tuple(EVENTS)
    first = names[index % 20]
    count = int(rng.integers(1, 5))
    others = [name for name in names if name != first]
    mixed = np.zeros(SETTING.length)
    for name in (first, *map(str, rng.choice(others, count - 1, replace=False))):
        sound = event(name, SETTING, "train", rng)
        onset = int(rng.uniform(0, 0.5) * SETTING.length)
        mixed += 10 ** (rng.uniform(-12, 0) / 20) * at(sound, onset, SETTING.length)
    return dressed(mixed, rng)


WRITTEN_OUT = {
    "note": note_clip,
    "instrument": instrument_clip,
    "consonant": lambda index, rng: spoken_clip("consonant", index, rng),
    "keyword": lambda index, rng: spoken_clip("keyword", index, rng),
    "speaker": speaker_clip,
    "speakers": speakers_clip,
    "events": events_clip,
}


def summed(parts) -> np.ndarray:
    """Return the sum of a clip's parts."""
    return sum(part.astype(np.float64) for part in parts.values())
