"""Twins: clips of the planted world that differ from each other in one attribute alone."""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

from tonotopy.corpora.embedded.arrangement import Arrangement
from tonotopy.corpora.embedded.attributes import ATTRIBUTES, Value, chosen_values
from tonotopy.corpora.embedded.music import GENRES, MusicWorld
from tonotopy.corpora.embedded.planted import causes_table, drawn, identity, planted_writer
from tonotopy.errors import InputError, nearest

CHUNK = 4  # bases that a worker takes at once
WORDS = ("base", "value")


def twins(base: Arrangement, attribute: str, values: Iterable[Value]) -> list[Arrangement]:
    """Return arrangements that differ from a base in one attribute.

    Everything else that was drawn for the base is kept: notes, velocities, programs, noise, level.
    The attribute's own value gives the base itself. What a value needs beyond the base's draws was
    drawn beside them: programs of other leads, the program and velocities of a piano. A faster
    tempo or a denser rhythm needs more notes than were drawn: it begins again with the first.

    Args:
        base: a drawn arrangement.
        attribute: one of ATTRIBUTES.
        values: what its field of an Arrangement may hold, see `attributes.chosen_values`.

    Raises:
        InputError: the attribute is unknown.
    """
    if attribute not in ATTRIBUTES:
        raise InputError(f"twins have no attribute '{attribute}'{nearest(attribute, ATTRIBUTES)}")
    return [replace(base, **{ATTRIBUTES[attribute]: value}) for value in values]


def build(
    path,
    world: MusicWorld,
    attribute: str,
    clips: dict[str, int],
    values: list[Value] | None = None,
    seed: int = 0,
    workers: int = 1,
    parts: bool = False,
):
    """Render a corpus of twins: every base clip with every value of an attribute.

    A base is drawn like a clip of the task "genre" (GENRES take turns); it depends on (seed, corpus
    name, split, index) alone. Columns: ``base``, the base's id, which is the group too, and
    ``value``, what the attribute has been exchanged for. The label is the base's genre, whatever
    the value. Where the values hold the base's own, that twin is the base clip itself.

    Args:
        path: folder of the new corpus; its name seeds the bases.
        world: the planted causes.
        attribute: lead, rhythm, bass, pad, tempo, key or piano.
        clips: number of bases per split.
        values: of the attribute: instruments (lead), rhythms, General MIDI programs from 0 (bass,
            pad; those of the world's set), beats per minute (tempo), semitones (key), "absent" and
            "present" (piano). None for all, of the tempo five over its range.
        seed: seed of the run.
        workers: processes that render.
        parts: whether to keep the stems and the noise of each clip.

    Raises:
        InputError: the attribute or a value is unknown.
    """
    content_of = chosen_values(attribute, values, world.sounds)
    rows = [(split, index) for split, count in clips.items() for index in range(count)]
    with planted_writer(path, GENRES, world, parts, WORDS) as out:
        out.about["attribute"], out.about["values"] = attribute, list(content_of)
        out.attach("causes.csv", causes_table(world).to_csv(index=False))
        of = {"name": out.path.name, "task": "genre", "world": world, "seed": seed}
        contents = list(content_of.values())
        render = partial(_render, attribute=attribute, values=contents, parts=parts, **of)
        with ProcessPoolExecutor(workers) as pool:
            rendered = pool.map(render, rows, chunksize=CHUNK)
            for (split, index), sounds in zip(rows, rendered, strict=True):
                base, label = identity(out.path.name, split, index), GENRES[index % len(GENRES)]
                for value, (sound, apart) in zip(content_of, sounds, strict=True):
                    words = {"base": base, "value": value}
                    out.add(f"{base}-{value}", sound, label, split, base, apart, words)


def _render(row: tuple[str, int], attribute: str, values: list[Value], parts: bool, world, **of):
    """Return samples and, if they are wanted, parts of every twin of a base."""
    base = drawn(row, world=world, **of)
    return [world.perform(twin).heard(parts) for twin in twins(base, attribute, values)]
