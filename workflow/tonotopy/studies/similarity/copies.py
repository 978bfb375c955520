"""The networks that a trained one is compared with: random ones, and one that learned no sound."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Column, Ear, chosen_clips, even_batches
from tonotopy.errors import InputError, nearest
from tonotopy.inference import pick_device
from tonotopy.networks.bundle import Bundle, load, untrained
from tonotopy.networks.layers import Layer
from tonotopy.seeding import generator
from tonotopy.similarity.calibration import calibrated
from tonotopy.similarity.grids import Layout, layouts
from tonotopy.similarity.placing import placed_layouts
from tonotopy.similarity.seeing import seen_front_end
from tonotopy.studies.similarity.hearing import given, sounds_of

TRAINED, PHASE, RANDOM, UNHEARD, INPUT = "trained", "phase", "random", "unheard", "input"


class Copy(NamedTuple):
    """A network that stands in a column `copy` of the tables.

    Attributes:
        name: see above.
        run: number of the training, or of the random copy.
        bundle: on its device, with the trained network's front end.
    """

    name: str
    run: int
    bundle: Bundle


def studied(
    columns: list[list], corpus: Corpus, settings: dict, accelerator: str
) -> Iterator[tuple[Ear, dict[str, Layout]]]:
    """Yield the trained networks one after the other, and where the values of their layers lie.

    Args:
        columns: see `ears.Column`.
        corpus: that is heard.
        settings: ``layers``, ``grids`` and ``seen_through`` of the instance's entry.
        accelerator: auto, cpu or gpu.

    Raises:
        InputError: see `grids.layouts`, `placing.placed_layouts` and `seeing.seen_front_end`; or
            there is no such layer.
    """
    position, names = corpus.indices("test")[:1], settings["layers"]
    named = settings.get("seen_through") or {}
    for column in map(Column._make, columns):
        bundle = load(column.folder).to(pick_device(accelerator))
        layers = _named(bundle.layers, names)
        sounds = sounds_of(corpus, position, bundle.rate)
        seen = seen_front_end(bundle, named.get(column.network), sounds.shape[1])
        told = (settings["grids"], names is not None)
        inputs = given(bundle, sounds)
        if seen is None:
            found = layouts(bundle, layers, inputs, *told)
        else:
            found = placed_layouts(bundle, layers, inputs, seen.settings.mels, *told)
        kept = {name: layers[name] for name in found}
        yield Ear(column.network, column.run, bundle, kept, seen), found


def _named(known: dict[str, Layer], names: list[str] | None) -> dict[str, Layer]:
    """Return the layers that are wanted, from input to output."""
    for name in names or []:
        if name not in known:
            raise InputError(f"layers: the network has no layer '{name}'{nearest(name, known)}")
    return {name: layer for name, layer in known.items() if names is None or name in names}


def calibration_inputs(ear: Ear, corpus: Corpus, number: int, seed: int) -> list[Tensor]:
    """Return batches of what a network is given of so many training clips, or else test clips."""
    split = "train" if (corpus.splits == "train").any() else "test"
    positions = chosen_clips(corpus, split, number, seed, "calibrated")
    return [
        given(ear.bundle, sounds_of(corpus, batch, ear.rate)) for batch in even_batches(positions)
    ]


def compared_networks(
    ear: Ear, unheard: dict[str, str], number: int, batches: list[Tensor], seed: int
) -> Iterator[Copy]:
    """Yield a trained network, and what stands beside the first training of its kind.

    Args:
        ear: the trained network.
        unheard: name of a network -> folder of the one beside it that learned no sound.
        number: of random copies.
        batches: see `calibration_inputs`.
        seed: of the run.

    Raises:
        InputError: the one that learned no sound does not take the same input.
    """
    yield Copy(TRAINED, ear.run, ear.bundle)
    if ear.run:
        return
    for run in range(number):
        draw = generator(seed, "similarity", RANDOM, ear.network, run)
        bundle = untrained(ear.bundle, int(draw.integers(2**31))).to(ear.device)
        calibrated(bundle.network, batches)
        yield Copy(RANDOM, run, bundle)
    if ear.network in unheard:
        yield Copy(UNHEARD, ear.run, _without_sound(ear, unheard[ear.network], batches))


def _without_sound(ear: Ear, folder: str, batches: list[Tensor]) -> Bundle:
    """Return a network that learned no sound behind the front end of a trained one."""
    own = load(folder).to(ear.device)
    bundle = Bundle(own.network, ear.bundle.front_end, own.info)
    try:
        calibrated(bundle.network, batches)
        with torch.no_grad():
            bundle.network(batches[0][:1])
    except (ValueError, RuntimeError) as error:
        raise InputError(
            f"{folder}: cannot hear what network '{ear.network}' hears ({error}): let its input "
            "have the same bands and frames"
        ) from error
    return bundle
