"""Corpora of the planted music world: genres with known causes, and the instruments alone."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial

import pandas as pd

from tonotopy.corpora.embedded.arrangement import Arrangement
from tonotopy.corpora.embedded.instruments import INSTRUMENTS
from tonotopy.corpora.embedded.music import GENRES, PARTS, MusicWorld
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError, nearest
from tonotopy.seeding import generator

TASKS = {
    "genre": (GENRES, MusicWorld.genre_score),
    "instrument": (INSTRUMENTS, MusicWorld.instrument_score),
}
ABOUT = {
    "source": "embedded",
    "citation": "tonotopy's planted music world",
    "licence": "MIT; rendered with the TimGM6mb sound font (GPL-2.0) that pretty_midi ships",
}
CHUNK = 32  # clips that a worker takes at once


def build(
    path,
    task: str,
    clips: dict[str, int],
    world: MusicWorld,
    seed: int,
    workers: int = 1,
    parts: bool = False,
):
    """Render a corpus of the planted world and leave its causal matrix beside it (causes.csv).

    A clip depends on (seed, corpus name, split, index) alone: neither the number of clips nor the
    number of workers changes it.

    Args:
        path: folder of the new corpus; its name seeds the clips.
        task: "genre" or "instrument", the label.
        clips: number of clips per split; classes take turns, so that they are balanced.
        world: the planted causes.
        seed: seed of the run.
        workers: processes that render.
        parts: whether to keep the stems and the noise of each clip.

    Raises:
        InputError: the task is unknown.
    """
    if task not in TASKS:
        raise InputError(f"planted music has no task '{task}'{nearest(task, TASKS)}")
    classes, _ = TASKS[task]
    rows = [(split, index) for split, count in clips.items() for index in range(count)]
    with planted_writer(path, classes, world, parts) as out:
        render = partial(
            _render, name=out.path.name, task=task, world=world, seed=seed, parts=parts
        )
        out.attach("causes.csv", causes_table(world).to_csv(index=False))
        with ProcessPoolExecutor(workers) as pool:
            for (split, index), (sound, apart) in zip(
                rows, pool.map(render, rows, chunksize=CHUNK), strict=True
            ):
                label = classes[index % len(classes)]
                out.add(identity(out.path.name, split, index), sound, label, split, parts=apart)


def planted_writer(
    path, classes, world: MusicWorld, parts: bool, words: tuple[str, ...] = ()
) -> CorpusWriter:
    """Return the writer of a corpus of the planted world, whose classes and columns are given."""
    names = PARTS if parts else ()
    layout = (classes, world.rate, world.length, ABOUT)
    return CorpusWriter(path, *layout, embedded=True, part_names=names, words=words)


def identity(name: str, split: str, index: int) -> str:
    """Return the id of a clip of the planted world."""
    return f"{name}-{split}-{index:05d}"


def causes_table(world: MusicWorld) -> pd.DataFrame:
    """Return the causal matrix as rows of (concept, label, planted)."""
    matrix = world.causal_matrix()
    return pd.DataFrame(
        {"concept": concept, "label": label, "planted": bool(matrix[i, j])}
        for i, concept in enumerate(INSTRUMENTS)
        for j, label in enumerate(GENRES)
    )


def drawn(row: tuple[str, int], name: str, task: str, world: MusicWorld, seed: int) -> Arrangement:
    """Draw clip (split, index) of a corpus of the planted world; its class follows the index."""
    split, index = row
    classes, draw = TASKS[task]
    rng = generator(seed, name, split, index)
    return world.draw(draw(world, classes[index % len(classes)], rng), rng)


def _render(row: tuple[str, int], parts: bool, world: MusicWorld, **of):
    return world.perform(drawn(row, world=world, **of)).heard(parts)
