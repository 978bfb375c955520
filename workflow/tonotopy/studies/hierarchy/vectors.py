"""One vector per clip and layer: all layers of a network in one pass, kept on disk."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
import torch
from torch import Tensor

from tonotopy.activations import capture
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.files import naming
from tonotopy.networks.bundle import Bundle

BATCH = 32  # clips per forward pass


def sounds(corpus: Corpus, rate: int, seconds: float | None = None) -> Iterator[Tensor]:
    """Yield a corpus's clips in batches at a network's own rate.

    Args:
        corpus: all its clips are given, in order.
        rate: sampling rate in Hz; clips of another rate are resampled.
        seconds: if given, only the beginning of each clip of this length in s.

    Yields:
        Waveforms in [-1, 1], float32, shape (at most BATCH clips, samples).

    Raises:
        InputError: the clips are shorter than ``seconds``.
    """
    length = corpus.samples.shape[1]
    kept = length if seconds is None else round(seconds * corpus.rate)
    if kept > length:
        raise InputError(f"corpus {corpus.name}: clips of {length / corpus.rate:g} s are shorter "
                         f"than {seconds:g} s")  # fmt: skip
    for start in range(0, len(corpus), BATCH):
        stop = min(start + BATCH, len(corpus))
        waveforms = corpus.waveforms(np.arange(start, stop))[:, :kept]
        if corpus.rate != rate:
            # soxr takes channels as columns: all clips of a batch are resampled at once
            resampled = soxr.resample(waveforms.T, corpus.rate, rate, quality="HQ")
            waveforms = np.ascontiguousarray(resampled.T, dtype=np.float32)
        yield torch.from_numpy(waveforms)


@torch.no_grad()
def layer_vectors(
    bundle: Bundle, corpus: Corpus, folder: Path, seconds: float | None = None
) -> dict[str, np.ndarray]:
    """Return what every stage of a network makes of every clip.

    Args:
        bundle: network and front end, on the device that they are to run on.
        corpus: its clips, in order, are the rows.
        folder: where one memory-mapped array per stage is written.
        seconds: see `sounds`.

    Returns:
        Stage -> float32 (clips, dims), memory-mapped, from input to output.

    Raises:
        InputError: a stage's output is not finite.
    """
    network, stages = bundle.network, bundle.network.stages
    device = next(network.parameters(), torch.empty(0)).device
    arrays: dict[str, np.ndarray] = {}
    folder.mkdir(parents=True, exist_ok=True)
    done = 0
    with capture(network, list(stages.values())) as seen:
        for waveforms in sounds(corpus, bundle.front_end.settings.rate, seconds):
            network(bundle.front_end(waveforms.to(device)))
            for stage, path in stages.items():
                found = network.vector(stage, seen[path], len(waveforms)).float().cpu().numpy()
                if not np.isfinite(found).all():
                    raise InputError(
                        f"corpus {corpus.name}, clips {done} to {done + len(found) - 1}: layer "
                        f"'{stage}' gives values that are not finite"
                    )
                if stage not in arrays:
                    shape = (len(corpus), found.shape[1])
                    arrays[stage] = array_on_disk(folder / f"{stage}.npy", shape)
                arrays[stage][done : done + len(found)] = found
            done += len(waveforms)
    return arrays


def array_on_disk(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Return a new memory-mapped float32 array, all of whose place on the disk is taken at once.

    Otherwise a disk that fills up later ends the process without a word (SIGBUS).

    Raises:
        InputError: the disk is full; the message names the file.
    """
    with naming(path):
        array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        if hasattr(os, "posix_fallocate"):  # macOS has none
            with path.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array
