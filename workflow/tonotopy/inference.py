"""Run a network over a corpus: devices, batches, predictions."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.hearing import note_resampling, waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError, nearest
from tonotopy.gpus import claim_gpus
from tonotopy.networks.answers import check_apart
from tonotopy.networks.belonging import heard, hearing
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.containers import logits

BATCH = 128  # clips
ACTIVATIONS = ("softmax", "sigmoid")


def pick_device(accelerator: str) -> torch.device:
    """Return the device that ``accelerator`` (auto, cpu or gpu) means on this machine.

    Of several GPUs one is claimed, see `gpus.claim_gpus`. On a GPU this process multiplies matrices
    in TF32 from then on: products carry 10 bits of mantissa, sums float32. That is an order finer
    than the bfloat16 that GPUs train in.

    Raises:
        InputError: a GPU is asked for and there is none.
    """
    if accelerator == "gpu" and not torch.cuda.is_available():
        raise InputError("accelerator is 'gpu' but torch sees none; set it to 'auto' or 'cpu'")
    if accelerator == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    claim_gpus(1, torch.cuda.device_count())
    torch.set_float32_matmul_precision("high")
    return torch.device("cuda")


def use_threads(threads: int) -> None:
    """Keep torch to the threads that the workflow gives to this job."""
    torch.set_num_threads(threads)


def check_trained_on(bundle: Bundle, corpus: Corpus) -> None:
    """Refuse a network that has learned from another version of its corpus.

    A network of which no training corpus is known passes.

    Raises:
        InputError: naming both versions.
    """
    learned, now = bundle.info.get("corpus"), corpus.info["content_sha256"]
    if learned is None:
        return
    if learned["name"] == corpus.name and learned["content_sha256"] != now:
        raise InputError(
            f"the network was trained on a corpus {corpus.name} with content "
            f"{learned['content_sha256'][:10]}, which has {now[:10]} now: delete the network's "
            "folder and run again"
        )


def network_inputs(
    bundle: Bundle,
    corpus: Corpus,
    positions: np.ndarray,
    batch: int = BATCH,
    seconds: float | None = None,
) -> Iterator[tuple[int, Tensor]]:
    """Yield what the network is given of a corpus, on the bundle's device, batch by batch.

    A corpus of another rate than the network's is resampled; the log says so.

    Args:
        bundle: network and front end.
        corpus: at any rate.
        positions: of the clips.
        batch: clips in a batch; the last may have fewer.
        seconds: if given, only the beginning of each clip of this length.

    Yields:
        The number of clips that came before, and the front end's output of (clips, ...).

    Raises:
        InputError: the clips are shorter than ``seconds``.
    """
    rate = bundle.rate
    note_resampling(corpus, rate)
    device = next(bundle.network.parameters(), torch.empty(0)).device
    for start in range(0, len(positions), batch):
        waveforms = waveforms_at(corpus, positions[start : start + batch], rate, seconds)
        with torch.no_grad():
            inputs = bundle.front_end(torch.from_numpy(waveforms).to(device))
        yield start, inputs


@torch.no_grad()
def outputs(bundle: Bundle, corpus: Corpus, indices: np.ndarray) -> np.ndarray:
    """Return what the network answers (logits), float32, shape (clips, outputs).

    Raises:
        InputError: the network cannot hear what its front end gives, does not answer by one row of
            numbers per clip, or by another number of them than it has classes.
    """
    parts = []
    for _, inputs in network_inputs(bundle, corpus, indices):
        with hearing(bundle, corpus.name), heard(bundle.network, inputs):
            answers = logits(bundle.network(inputs)).float().cpu()
        check_answers(bundle, answers, len(inputs))
        parts.append(answers)
    return torch.cat(parts).numpy()


def check_answers(bundle: Bundle, answers: Tensor, clips: int) -> None:
    """Refuse logits that are not (clips, outputs), one output per class where these have names.

    Raises:
        InputError: naming both shapes.
    """
    expected = len(bundle.classes) if bundle.classes else "outputs"
    if answers.ndim != 2 or len(answers) != clips or expected not in ("outputs", answers.shape[1]):
        raise InputError(
            f"{type(bundle.network).__name__} answers with shape {tuple(answers.shape)}, expected "
            f"({clips}, {expected}): let it return logits, and name all of its classes or none"
        )


def activated(answers: Tensor, activation: str) -> Tensor:
    """Return probabilities (..., outputs) of logits: ``softmax`` over all outputs or ``sigmoid``.

    Raises:
        InputError: another activation is asked for.
    """
    if activation not in ACTIVATIONS:
        raise InputError(f"no activation '{activation}'{nearest(activation, ACTIVATIONS)}")
    return answers.softmax(dim=-1) if activation == "softmax" else answers.sigmoid()


def probabilities(
    bundle: Bundle, corpus: Corpus, indices: np.ndarray, activation: str = "softmax"
) -> np.ndarray:
    """Return probabilities of all outputs, shape (clips, outputs), see `activated`."""
    return activated(torch.from_numpy(outputs(bundle, corpus, indices)), activation).numpy()


def output_columns(
    bundle: Bundle,
    corpus: Corpus,
    outputs: dict[str, str | int] | None = None,
    unknown_classes: bool = False,
) -> tuple[list[str], list[int]]:
    """Return which outputs of a network stand for which classes.

    Args:
        bundle: for the names of its outputs.
        corpus: all of its classes must have an output, see ``unknown_classes``.
        outputs: class of the corpus -> name or index of the network's output. None: a class is the
            output of the same name, and outputs that are no class of the corpus are kept too.
        unknown_classes: whether, without ``outputs``, classes of the corpus may lack an output:
            their clips can be steered, though no answer to them can be right.

    Returns:
        Class names, in the order of ``outputs`` or of the network, and their outputs' indices.

    Raises:
        InputError: a class without an output, an output that there is not, or one output for
            several classes.
    """
    if outputs is None:
        if not bundle.classes:
            raise InputError(
                "the network has no names for its outputs: say in 'outputs' which output (index) "
                f"each class of corpus {corpus.name} is"
            )
        unknown = sorted(set(corpus.classes) - set(bundle.classes))
        if unknown and not unknown_classes:
            raise InputError(
                f"corpus {corpus.name}: the network does not know {', '.join(unknown)}"
            )
        return bundle.classes, list(range(len(bundle.classes)))
    for name in corpus.classes:
        if name not in outputs:
            raise InputError(
                f"outputs: class '{name}' of corpus {corpus.name} has no output"
                f"{nearest(name, outputs)}"
            )
    columns = {name: _column(bundle, name, output) for name, output in outputs.items()}
    check_apart("outputs", columns)
    return list(columns), list(columns.values())


def _column(bundle: Bundle, name: str, output: str | int) -> int:
    classes = bundle.classes
    if isinstance(output, str):
        if output not in classes:
            raise InputError(
                f"outputs.{name}: the network has no output '{output}'{nearest(output, classes)}"
            )
        return classes.index(output)
    if output < 0 or (classes and output >= len(classes)):
        raise InputError(
            f"outputs.{name}: no output {output}, the network's are 0 to {len(classes) - 1}"
        )
    return output


def kept_columns(values: np.ndarray, columns: list[int]) -> np.ndarray:
    """Return some of a network's outputs (..., columns) of values (..., outputs).

    Raises:
        InputError: the network has fewer outputs.
    """
    if max(columns) >= values.shape[-1]:
        raise InputError(
            f"outputs: no output {max(columns)}, the network's are 0 to {values.shape[-1] - 1}"
        )
    return values[..., columns]


def prediction_table(
    bundle: Bundle,
    corpus: Corpus,
    split: str,
    role: str,
    outputs: dict[str, str | int] | None = None,
    activation: str = "softmax",
) -> pd.DataFrame:
    """Return what the network answers for a split.

    Args:
        bundle: network and front end.
        corpus: its classes must all be known to the network.
        split: train, validation or test.
        role: what the rows are called, such as "test" or "unseen".
        outputs: see `output_columns`; with it only these classes can be predicted.
        activation: see `activated`.

    Returns:
        Columns role, clip, label, predicted, probability (of the predicted class).

    Raises:
        InputError: the corpus has a class that the network does not know.
    """
    names, columns = output_columns(bundle, corpus, outputs)
    indices = corpus.indices(split)
    values = kept_columns(probabilities(bundle, corpus, indices, activation), columns)
    return pd.DataFrame(
        {
            "role": role,
            "clip": corpus.clips[indices],
            "label": np.array(corpus.classes, dtype=object)[corpus.labels[indices]],
            "predicted": np.array(names, dtype=object)[values.argmax(axis=1)],
            "probability": values.max(axis=1),
        }
    )
