"""Corpora of the planted music world: genres with known causes, and the instruments alone."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial

import pandas as pd

from tonotopy.corpora.embedded.music import GENRES, INSTRUMENTS, MusicWorld
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


def build(path, task: str, clips: dict[str, int], world: MusicWorld, seed: int, workers: int = 1):
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

    Raises:
        InputError: the task is unknown.
    """
    if task not in TASKS:
        raise InputError(f"planted music has no task '{task}'{nearest(task, TASKS)}")
    classes, _ = TASKS[task]
    rows = [(split, index) for split, count in clips.items() for index in range(count)]
    with CorpusWriter(path, classes, world.rate, round(world.seconds * world.rate), ABOUT) as out:
        render = partial(_render, name=out.path.name, task=task, world=world, seed=seed)
        out.attach("causes.csv", causes_table(world).to_csv(index=False))
        with ProcessPoolExecutor(workers) as pool:
            for (split, index), sound in zip(
                rows, pool.map(render, rows, chunksize=32), strict=True
            ):
                label = classes[index % len(classes)]
                out.add(f"{out.path.name}-{split}-{index:05d}", sound, label, split)


def causes_table(world: MusicWorld) -> pd.DataFrame:
    """Return the causal matrix as rows of (concept, label, planted)."""
    matrix = world.causal_matrix()
    return pd.DataFrame(
        {"concept": concept, "label": label, "planted": bool(matrix[i, j])}
        for i, concept in enumerate(INSTRUMENTS)
        for j, label in enumerate(GENRES)
    )


def _render(row: tuple[str, int], name: str, task: str, world: MusicWorld, seed: int):
    split, index = row
    classes, draw = TASKS[task]
    rng = generator(seed, name, split, index)
    return world.render(draw(world, classes[index % len(classes)], rng), rng)
