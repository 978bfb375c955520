"""What layers make of a corpus, on disk: one door for all studies.

`networks.tracing` reads and changes layers in a forward pass.
"""

import os
from pathlib import Path

import numpy as np
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.files import naming, read_json, reading, write_json
from tonotopy.inference import network_inputs
from tonotopy.networks.belonging import CLIPS, check_belonging, hearing
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer, with_view
from tonotopy.networks.tracing import read

INDEX = "index.json"


def store(
    bundle: Bundle,
    corpus: Corpus,
    folder: str | Path,
    *,
    positions: np.ndarray | None = None,
    seconds: float | None = None,
    batch: int,
    view: str | None = None,
) -> dict[str, np.memmap]:
    """Write what every layer of a network makes of a corpus, all layers in one pass.

    Args:
        bundle: network and front end, on the device that they are to run on.
        corpus: its clips, at any rate.
        folder: where a memory-mapped float32 array per layer and an index are written.
        positions: of the clips, which are the rows in this order; by default all.
        seconds: if given, only the beginning of each clip of this length is heard.
        batch: clips per forward pass.
        view: see `layers.with_view`.

    Returns:
        See `stored`.

    Raises:
        InputError: a layer cannot be read, gives values that are not finite or that are not those
            of a clip by itself (see `networks.belonging`), no clip is chosen, or the disk is full.
    """
    folder = Path(folder)
    layers = with_view(bundle.layers, view)
    positions = np.arange(len(corpus)) if positions is None else np.asarray(positions)
    if not len(positions):
        raise InputError(f"corpus {corpus.name}: no clips are chosen to be heard")
    _check_belonging(bundle, layers, corpus, positions, seconds)
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, np.memmap] = {}
    for start, inputs in network_inputs(bundle, corpus, positions, batch, seconds):
        with torch.no_grad():
            vectors, _ = read(bundle.network, layers, inputs)
        for index, name in enumerate(layers):
            values = vectors[name].float().cpu().numpy()
            batch_positions = positions[start : start + batch]
            _check_finite(values, name, corpus, batch_positions)
            if name not in arrays:
                path = _array_path(folder, index, name)
                arrays[name] = array_on_disk(path, (len(positions), values.shape[1]))
            arrays[name][start : start + len(batch_positions)] = values
    arrays.clear()
    index_content = {"layers": list(layers), "clips": len(positions)}
    write_json(folder / INDEX, index_content, checksums=False)
    return _mapped(folder)


def _check_belonging(
    bundle: Bundle,
    layers: dict[str, Layer],
    corpus: Corpus,
    positions: np.ndarray,
    seconds: float | None,
) -> None:
    """Try a network on clips from the beginning, the middle and the end of those that it hears."""
    places = np.linspace(0, len(positions) - 1, min(CLIPS, len(positions))).round().astype(int)
    tried = positions[places]

    def hear(numbers: list[int]) -> torch.Tensor:
        ((_, inputs),) = network_inputs(bundle, corpus, tried[numbers], CLIPS, seconds)
        return inputs

    with hearing(bundle, corpus.name):
        check_belonging(bundle.network, layers, hear, len(tried))


def stored(folder: str | Path) -> dict[str, np.memmap]:
    """Return the activations that `store` wrote.

    Returns:
        Layer -> float32 (clips, width), memory-mapped read-only, from input to output.

    Raises:
        InputError: a file is missing or damaged; the message names the folder.
    """
    with reading(folder):
        return _mapped(Path(folder))


def array_on_disk(path: Path, shape: tuple[int, ...]) -> np.memmap:
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


def _array_path(folder: Path, index: int, name: str) -> Path:
    # numbered, because not all file systems tell 'Conv' from 'conv'
    return folder / f"{index:03d}-{name}.npy"


def _mapped(folder: Path) -> dict[str, np.memmap]:
    content = read_json(folder / INDEX)
    arrays = {}
    for index, name in enumerate(content["layers"]):
        array = np.load(_array_path(folder, index, name), mmap_mode="r")
        if len(array) != content["clips"]:
            raise ValueError(f"layer '{name}' has {len(array)} clips, not {content['clips']}")
        arrays[name] = array
    return arrays


def _check_finite(values: np.ndarray, name: str, corpus: Corpus, positions: np.ndarray) -> None:
    broken = ~np.isfinite(values).all(axis=1)
    if broken.any():
        clips = corpus.clips[positions[broken]]
        more = f" and {len(clips) - 3} more" if len(clips) > 3 else ""
        raise InputError(
            f"corpus {corpus.name}: layer '{name}' gives values that are not finite for clips "
            f"{', '.join(map(str, clips[:3]))}{more}: look at their audio and the network's weights"
        )
