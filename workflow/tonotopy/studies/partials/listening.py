"""The units that an excerpt of a user's own sound excites most, and when it does."""

from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from tonotopy.collecting import of_network
from tonotopy.ears import Ear
from tonotopy.excerpts import Excerpt, Known, Show, Shown
from tonotopy.exhibiting import Track
from tonotopy.files import read_table
from tonotopy.frontends.ticks import ticks_of_bands
from tonotopy.networks.bundle import Bundle
from tonotopy.partials.directions import UNIT
from tonotopy.partials.natural import band_levels, frame_levels, positions_of_frame
from tonotopy.partials.stimuli import audible, hertz
from tonotopy.seeding import generator
from tonotopy.studies.partials.hearing import activations, listener, silence

UNITS = 3  # that are shown
EXCERPT = 0.5  # s around the moment that a unit answers most strongly
FADE = 0.02  # s
COLUMNS = 100  # of pictures


class Units(NamedTuple):
    """What is known of a network's units.

    Attributes:
        numbers: of the units, shape (units,).
        semitones: MIDI numbers that they peak at on tones, same shape.
        narrow: whether they isolate a band on tones, same shape.
    """

    numbers: np.ndarray
    semitones: np.ndarray
    narrow: np.ndarray


def prepare(bundle: Bundle, known: Known) -> Show:
    """Return what finds the units that excerpts excite most, see `excerpts`.

    Raises:
        InputError: the network has no layer with maps.
    """
    layers = dict(known.settings["layers"] or {})
    ear = listener(bundle, known.network, known.run, layers.get(known.network))
    rows = of_network(read_table(known.paths["directions"]), ear)
    rows = rows[rows["kind"] == UNIT]
    units = Units(*(rows[name].to_numpy() for name in ("direction", "semitone", "narrow")))
    tones = known.settings["tones"]
    bands = audible(tones["low"], tones["high"], ear.rate)
    return partial(_show, ear, units, bands, known.seed)


def _show(ear: Ear, units: Units, bands: np.ndarray, seed: int, excerpt: Excerpt) -> Shown | None:
    sound = excerpt.sound.cpu()
    levels, reference = excited(ear, units, excerpt.sound, seed)
    beyond = levels.mean(axis=0) - reference
    best = np.argsort(-beyond, kind="stable")[:UNITS]
    picture = band_levels(sound[None].numpy(), bands, ear.rate, COLUMNS, 1)[0].T
    tracks = [Track("original", sound)]
    for unit in best[beyond[best] > 0]:
        facts = {"level": levels[:, unit].mean(), "level in equally loud noise": reference[unit]}
        tracks.append(_track(ear, units, unit, levels[:, unit], bands, sound, facts))
    seconds = len(sound) / ear.rate
    layer = next(iter(ear.layers))
    axis = ticks_of_bands(hertz(bands))
    return Shown(picture, tracks, axis, seconds, facts={"layer": layer})


def excited(
    ear: Ear, units: Units, sound: torch.Tensor, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return how strongly units answer to a sound, and to white noise of the same power.

    Args:
        ear: the network, with the one layer that is looked at.
        units: of it.
        sound: shape (samples,), on the network's device.
        seed: of the run, which draws the noise.

    Returns:
        Levels of frames, see `natural.frame_levels`, shape (frames, units); and the mean level in
        noise, shape (units,).
    """
    noise = generator(seed, "noise of an excerpt").standard_normal(len(sound))
    power = sound.square().mean().sqrt()
    both = torch.stack([sound, torch.from_numpy(noise).to(sound) * power])
    given = activations(ear, both).cpu().numpy()
    still = silence(ear, len(sound))
    by = positions_of_frame(len(sound) / given.shape[1], ear.rate)
    vectors = np.eye(len(still))[units.numbers]
    levels, reference = frame_levels(given, still, vectors, min(by, given.shape[1]))
    return levels, reference.mean(axis=0)


def _track(
    ear: Ear,
    units: Units,
    unit: int,
    levels: np.ndarray,
    bands: np.ndarray,
    sound: torch.Tensor,
    facts: dict,
) -> Track:
    """Return the moment that a unit answers most, and its levels at the band of its peak."""
    second = (int(levels.argmax()) + 0.5) / len(levels) * len(sound) / ear.rate
    semitone = int(units.semitones[unit])
    heatmap = np.zeros((len(bands), COLUMNS), dtype=np.float32)
    columns = np.arange(COLUMNS) * len(levels) // COLUMNS
    heatmap[np.abs(bands - semitone) <= 1] = levels[columns]
    about = {
        "unit": int(units.numbers[unit]),
        "peak in Hz": float(hertz(semitone)),
        "isolates a band": bool(units.narrow[unit]),
        "second": second,
        **facts,
    }
    return Track(
        f"unit {units.numbers[unit]}",
        moment(sound, second, ear.rate),
        heatmap=torch.from_numpy(heatmap),
        kind="excerpt",
        facts=about,
    )


def moment(sound: torch.Tensor, second: float, rate: int) -> torch.Tensor:
    """Return a sound with all but the moment around a second faded to silence, as long as it."""
    away = (torch.arange(len(sound)) / rate - second).abs() - EXCERPT / 2
    return sound * (1 - away / FADE).clamp(0, 1).to(sound)
