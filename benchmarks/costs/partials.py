"""The rules of study 6: first filters, sweeps of tones, natural sound, codes, exhibits.

A network that decodes is taken to need as much for that as for what it encodes (EnCodec does).
Filters of a bank go through a Fourier transform, which a GPU takes next to no time for; clips that
are resampled, clusters, and rank correlations are left out.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch

from costs.run import Run
from costs.shared import Stage
from costs.size import Unheard, counted
from costs.work import Work
from tonotopy.entries import trainings
from tonotopy.instances import Instance
from tonotopy.networks.filter_bank import FilterBank
from tonotopy.partials.directions import ROUNDS
from tonotopy.partials.natural import positions_of_frame
from tonotopy.partials.stimuli import COMPLEXES, F0S, audible
from tonotopy.studies.partials import coding, exhibits, framing
from tonotopy.studies.partials.hearing import is_codec
from tonotopy.studies.partials.study import kinds_of

TRIES = 2  # of independent components that do not settle
TRACKS = 2  # of a unit: an excerpt and a tone
ROW_BYTES = 4  # of a frame's code on the disk; most of a row repeats what stands above it


class Listener(NamedTuple):
    """A network of an instance.

    Attributes:
        kind: what the instance calls it.
        run: number of the training.
        name: of the network.
        made: see `size.unheard`.
        flops: of a second.
        bank: filters of a bank, 0 for other networks.
    """

    kind: str
    run: int
    name: str
    made: Unheard
    flops: float
    bank: int

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self.made.settings.rate

    def laid(self, wanted: str | None) -> tuple[int, float]:
        """Return the width of a layer, the last by default, and samples between its positions."""
        shapes = self.made.shapes()
        shape = shapes[wanted] if wanted else list(shapes.values())[-1]
        return shape[1], self.made.heard.shape[1] / math.prod(shape[2:])


def listeners(run: Run, entry: dict, seconds: float) -> Iterator[Listener]:
    """Yield the networks of an instance for clips of this length.

    Raises:
        NotKnown: a network is a module of the user's own.
    """
    for kind, number, name in trainings(entry):
        size, made = run.size(name, seconds), run.unheard(name, seconds)
        bank = len(made.network.filters.weight) if isinstance(made.network, FilterBank) else 0
        yield Listener(kind, number, name, made, size.flops / seconds, bank)


def _most(there: int, wanted: int | None) -> int:
    return there if wanted is None else min(there, wanted)


def _measure_filters(run: Run, instances: list[Instance]) -> Work:
    names = [name for one in instances for _, _, name in trainings(one.entry)]
    return Work(f"the first filters of {len(names)} networks")


def _sweep_tones(run: Run, instances: list[Instance]) -> Work:
    """Tones, complexes and natural sound through every network; directions fitted to frames."""
    flops = cores = unaided = total = 0
    for entry in (one.entry for one in instances):
        heard, contexts, tones = entry["heard"], entry["contexts"]["corpus"], entry["tones"]
        natural = _most(run.clips(contexts), entry["clips"])
        fitted = min(framing.FITTED, run.clips(heard, "train"))
        for one in listeners(run, entry, run.seconds(heard)):
            bands = len(audible(tones["low"], tones["high"], one.rate))
            stimuli = bands + len(COMPLEXES) * (F0S[1] - F0S[0] + 1)
            seconds = stimuli * tones["seconds"] + natural * run.seconds(contexts)
            kinds = kinds_of(one.kind, entry)
            if set(kinds) - {"unit"}:
                seconds += fitted * run.seconds(heard)
                cores += _directions(run, entry, one, kinds, fitted)
            flops += seconds * one.flops
            unaided += seconds / 10 * one.bank * run.rates["filtered_s"]
            levels = natural * run.seconds(contexts) / 10 * bands
            cores += levels * run.rates["band_level_s"]
            total += stimuli + natural
    basis = f"{total:,} sounds and clips of natural sound"
    return Work(basis, flops=flops, cores=cores, unaided=unaided, holds_gpu=True)


def _directions(run: Run, entry: dict, one: Listener, kinds: list[str], clips: int) -> float:
    """Return the processor seconds, at most, of directions fitted to frames of so many clips."""
    width, hop = one.laid((entry.get("layers") or {}).get(one.kind))
    positions = one.rate * run.seconds(entry["heard"]) / hop
    frames = clips * int(positions)
    cells = min(entry["fitted"], frames) * width**2
    return cells * (
        ("ica" in kinds) * TRIES * ROUNDS * run.rates["ica_round_s"]
        + ("dictionary" in kinds) * run.rates["dictionary_s"]
    )


def _coded(entry: dict, found: Iterator[Listener]) -> Iterator[Listener]:
    names = (entry.get("codes") or {}).get("networks", [])
    return (one for one in found if one.kind in names)


def _read_codes(run: Run, instances: list[Instance]) -> Work:
    """Codes and strongest partials of every frame; clips decoded; the test split answered."""
    flops = cores = rows = 0
    for entry in (one.entry for one in instances if one.entry.get("codes")):
        corpus, codes = entry["heard"], entry["codes"]
        test, seconds = run.clips(corpus, "test"), run.seconds(corpus)
        clips, fitted = _most(test, codes["clips"]), min(framing.FITTED, run.clips(corpus, "train"))
        for one in _coded(entry, listeners(run, entry, seconds)):
            codec = is_codec(one.made.network)
            books = min(codes["books"], one.made.network.codebooks) if codec else 1
            _, hop = one.laid((entry.get("layers") or {}).get(one.kind))
            by = positions_of_frame(hop, one.rate, coding.SHORTEST)
            frames = clips * int(one.rate * seconds / hop / by)
            flops += (clips + (0 if codec else fitted)) * seconds * one.flops
            flops += _reconstructed(one, test, seconds) if codec else 0
            flops += _answers(run, one)
            cores += frames * run.rates["pitched_frame_s"]
            rows += frames * books
        cores += _known(run, entry, clips)
        rows += 2 * clips * int(seconds / coding.SPECTRAL)
    basis = f"{rows:,} codes of frames"
    return Work(basis, flops=flops, cores=cores, kept=ROW_BYTES * rows, holds_gpu=True)


def _reconstructed(one: Listener, clips: int, seconds: float) -> float:
    """Return the operations of clips that go through all codebooks and back."""
    network = one.made.network
    width, hop = one.laid(None)
    with torch.device("meta"):
        latents = torch.zeros(1, width, math.ceil(one.rate * seconds / hop))
    quantised = counted(lambda: network.quantise(latents, network.codebooks))
    return clips * (2 * seconds * one.flops + quantised)


def _answers(run: Run, one: Listener) -> float:
    """Return the operations of answers to the test split of the corpus whose classes are known."""
    entry = run.config["networks"][one.name]
    if is_codec(one.made.network) or "corpus" not in entry:
        return 0
    return run.clips(entry["corpus"], "test") * run.seconds(entry["corpus"]) * one.flops


def _known(run: Run, entry: dict, clips: int) -> float:
    """Return the processor seconds of codes whose answer is known: levels at semitones, pitches."""
    seconds, tones = run.seconds(entry["heard"]), entry["tones"]
    rate = run.config["corpora"][entry["heard"]].get("rate", math.inf)
    frames = int(seconds / coding.SPECTRAL)
    fitted = max(1, coding.FITTED // frames)
    levels = (clips + fitted) * seconds / 10 * len(audible(tones["low"], tones["high"], rate))
    pitches = clips * frames * run.rates["pitched_frame_s"]
    return levels * run.rates["band_level_s"] + pitches


def _render_excitations(run: Run, instances: list[Instance]) -> Work:
    """The clips in which units are looked for; tracks of a second, in 16 bits."""
    flops = unaided = kept = total = 0
    for entry in (one.entry for one in instances):
        corpus, coded = entry["heard"], (entry.get("codes") or {}).get("networks", [])
        seconds = min(exhibits.HEARD, run.clips(corpus, "test")) * run.seconds(corpus)
        for one in listeners(run, entry, run.seconds(corpus)):
            if one.run:
                continue
            tracks = entry["exhibits"] * (TRACKS + (one.kind in coded))
            flops += seconds * one.flops
            unaided += seconds / 10 * one.bank * run.rates["filtered_s"]
            kept += round(tracks * 2 * exhibits.SECONDS * one.rate)
            total += tracks
    return Work(f"{total:,} tracks", flops=flops, unaided=unaided, kept=kept, holds_gpu=True)


STAGES: dict[str, Stage] = {
    "measure_filters": _measure_filters,
    "sweep_tones": _sweep_tones,
    "read_codes": _read_codes,
    "render_excitations": _render_excitations,
}
