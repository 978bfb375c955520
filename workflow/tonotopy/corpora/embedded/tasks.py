"""Corpora of listening tasks that the workflow makes itself, from low level to high."""

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tonotopy.corpora.embedded import events, solo, spoken, tones
from tonotopy.corpora.embedded.clip import SOURCE, Clip, Setting
from tonotopy.corpora.embedded.extent import RATE
from tonotopy.corpora.embedded.mixture import NOISE
from tonotopy.corpora.embedded.options import Number, Option, chosen_options
from tonotopy.corpora.schema import SPLITS
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError, nearest

FONT = "music and effects from the TimGM6mb sound font (GPL-2.0) that pretty_midi ships"
VOICES = "speech from the espeak-ng library (GPL-3.0, which does not cover what it says)"
RATES = (8000, 48000)  # Hz
SHORTEST = 0.5  # s
CHUNK = 32  # clips that a worker takes at once


@dataclass(frozen=True)
class Task:
    """What is heard in a corpus.

    Attributes:
        classes: class names, in label order.
        render: makes a clip from (setting, split, index, **options).
        licence: of what its sound is made with, or None where that is this package alone.
        parts: names that the parts of a clip may have.
        options: what the corpus's configuration may change.
        tags: whether a clip has several labels.
        lowest_rate: sampling rate in Hz that holds all its frequencies.
        counted: option that says how many of the classes there are, the first ones; None for all.
        words: further columns that are known of every clip.
    """

    classes: tuple[str, ...]
    render: Callable[..., Clip]
    licence: str | None
    parts: tuple[str, ...] = (SOURCE, NOISE)
    options: dict[str, Option] = field(default_factory=dict)
    tags: bool = False
    lowest_rate: int = RATES[0]
    counted: str | None = None
    words: tuple[str, ...] = ()

    def classes_by(self, options: Mapping[str, Number]) -> tuple[str, ...]:
        """Return the classes of a corpus.

        Args:
            options: of its entry in the configuration; those that are absent have their defaults.
        """
        if self.counted is None:
            return self.classes
        return self.classes[: options.get(self.counted, self.options[self.counted].default)]


TASKS = {
    "note": Task(solo.PITCH_CLASSES, solo.note, FONT, words=solo.NOTE_WORDS),
    "instrument": Task(solo.SOLOISTS, solo.instrument, FONT, options={"excerpts": Option(5, 1)}),
    "consonant": Task(tuple(spoken.CONSONANTS), spoken.consonant, VOICES),
    "keyword": Task(tuple(spoken.WORDS), spoken.keyword, VOICES),
    "speakers": Task(spoken.COUNTS, spoken.speakers, VOICES, (*spoken.TALKERS, NOISE)),
    "speaker": Task(
        tuple(spoken.KNOWN_VOICES),
        spoken.speaker,
        VOICES,
        options={"voices": Option(12, 2, len(spoken.KNOWN_VOICES))},
        counted="voices",
    ),
    "events": Task(
        tuple(events.EVENTS),
        events.events,
        f"{FONT}; {VOICES}",
        (*events.EVENTS, NOISE),
        {"most": Option(3, 1, len(events.EVENTS))},
        tags=True,
    ),
    "tones": Task(
        tuple(tones.OBJECTS),
        tones.tones,
        None,
        tones.PARTS,
        {
            "least": Option(2, 1, 4),
            "most": Option(4, 1, 4, floor="least"),
            "noise": Option(0.01, 0, 1),
        },
        lowest_rate=tones.LOWEST_RATE,
    ),
}


def build(
    path,
    task: str,
    clips: dict[str, int],
    seconds: float,
    rate: int = RATE,
    seed: int = 0,
    workers: int = 1,
    parts: bool = False,
    **options: Number,
):
    """Make a corpus of one task.

    A clip depends on (seed, corpus name, split, index), on rate, seconds and options: neither the
    number of clips nor the number of workers changes it. Classes take turns, so that every split is
    balanced. No group is in two splits: programs and speakers are allotted to splits, songs and
    clips are drawn for one. Where speakers are the classes (speaker), words are allotted to splits.

    Args:
        path: folder of the new corpus; its name seeds the clips.
        task: one of TASKS.
        clips: number of clips per split; a split may be absent.
        seconds: length of every clip in s, at least 0.5.
        rate: sampling rate in Hz, 8000 (tones: 16000) to 48000.
        seed: seed of the run.
        workers: processes that render.
        parts: whether to keep what each clip is the sum of.
        options: of the task: ``excerpts`` per song (instrument), the number of ``voices``
            (speaker), the ``most`` events in a clip (events), the ``least`` and ``most`` objects
            in a clip and the standard deviation of the ``noise`` (tones).

    Raises:
        InputError: a setting is unknown or out of range, or espeak-ng cannot be used.
    """
    definition = _checked(task, clips, seconds, rate)
    values = chosen_options(task, definition.options, options)
    setting = Setting(Path(path).name, seed, rate, seconds)
    rows = [(split, index) for split in SPLITS for index in range(clips.get(split, 0))]
    about = {
        "source": "embedded",
        "citation": f"tonotopy's embedded corpora, task {task}",
        "licence": f"MIT; {definition.licence}" if definition.licence else "MIT",
        "options": values,
    }
    render = partial(_render, task=task, setting=setting, options=values, parts=parts)
    layout = (definition.classes_by(values), rate, setting.length, about, definition.tags)
    columns = {"part_names": definition.parts if parts else (), "words": definition.words}
    with (
        CorpusWriter(path, *layout, embedded=True, **columns) as out,
        ProcessPoolExecutor(workers) as pool,
    ):
        rendered = pool.map(render, rows, chunksize=CHUNK)
        for (split, index), (samples, apart, *known) in zip(rows, rendered, strict=True):
            label, group, words = known
            out.add(_identity(setting, split, index), samples, label, split, group, apart, words)


def _checked(task, clips, seconds, rate) -> Task:
    """Return the task, once every setting that all tasks have is known and in range."""
    if task not in TASKS:
        raise InputError(f"the embedded corpora have no task '{task}'{nearest(task, TASKS)}")
    for split in clips:
        if split not in SPLITS:
            raise InputError(
                f"task {task}: clips for unknown split '{split}'{nearest(split, SPLITS)}"
            )
    if seconds < SHORTEST:
        raise InputError(f"task {task}: clips of {seconds} s, expected at least {SHORTEST} s")
    low, high = TASKS[task].lowest_rate, RATES[1]
    if not low <= rate <= high:
        raise InputError(f"task {task}: rate {rate} Hz, expected {low} to {high} Hz")
    return TASKS[task]


def _identity(setting: Setting, split: str, index: int) -> str:
    return f"{setting.name}-{split}-{index:05d}"


def _render(row: tuple[str, int], task: str, setting: Setting, options: dict, parts: bool):
    """Return samples, parts if they are wanted, label, group and words of a clip."""
    try:
        clip = TASKS[task].render(setting, *row, **options)
    except ValueError as error:
        name = _identity(setting, *row)
        raise InputError(f"corpus {setting.name}: clip {name} cannot be made: {error}") from error
    return *clip.mixture.heard(parts), clip.label, clip.group, clip.words
