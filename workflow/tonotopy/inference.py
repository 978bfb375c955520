"""Run a network over a corpus: devices, batches, predictions."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.activations import class_token_means
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.gpus import claim_gpus
from tonotopy.networks.bundle import Bundle

BATCH = 128  # clips


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


def check_rate(bundle: Bundle, corpus: Corpus) -> None:
    """Refuse a corpus of another sampling rate than the network's.

    Raises:
        InputError: naming both rates.
    """
    expected = bundle.front_end.settings.rate
    if corpus.rate != expected:
        raise InputError(
            f"corpus {corpus.name} has {corpus.rate} Hz, the network hears {expected} Hz: set the "
            f"corpus's rate to {expected} and build it again"
        )


def check_trained_on(bundle: Bundle, corpus: Corpus) -> None:
    """Refuse a network that has learned from another version of its corpus.

    Raises:
        InputError: naming both versions.
    """
    learned, now = bundle.info["corpus"], corpus.info["content_sha256"]
    if learned["name"] == corpus.name and learned["content_sha256"] != now:
        raise InputError(
            f"the network was trained on a corpus {corpus.name} with content "
            f"{learned['content_sha256'][:10]}, which has {now[:10]} now: delete the network's "
            "folder and run again"
        )


def spectrograms(bundle: Bundle, corpus: Corpus, indices: np.ndarray) -> Iterator[Tensor]:
    """Yield network inputs of (at most BATCH clips, mels, frames) on the bundle's device."""
    check_rate(bundle, corpus)
    device = next(bundle.network.parameters()).device
    for start in range(0, len(indices), BATCH):
        waveforms = torch.from_numpy(corpus.waveforms(indices[start : start + BATCH]))
        with torch.no_grad():
            yield bundle.front_end(waveforms.to(device))


@torch.no_grad()
def outputs(bundle: Bundle, corpus: Corpus, indices: np.ndarray) -> np.ndarray:
    """Return what the network answers (logits), float32, shape (clips, classes)."""
    parts = [bundle.network(x).float().cpu() for x in spectrograms(bundle, corpus, indices)]
    return torch.cat(parts).numpy()


def probabilities(bundle: Bundle, corpus: Corpus, indices: np.ndarray) -> np.ndarray:
    """Return softmax probabilities, shape (clips, classes)."""
    return torch.from_numpy(outputs(bundle, corpus, indices)).softmax(dim=-1).numpy()


def class_tokens(bundle: Bundle, corpus: Corpus, indices: np.ndarray) -> np.ndarray:
    """Return the mean class token after every block, float32, shape (clips, layers, width)."""
    parts = [
        class_token_means(bundle.network, x).cpu() for x in spectrograms(bundle, corpus, indices)
    ]
    return torch.cat(parts).numpy()


def prediction_table(bundle: Bundle, corpus: Corpus, split: str, role: str) -> pd.DataFrame:
    """Return what the network answers for a split.

    Args:
        bundle: network and front end.
        corpus: its classes must all be known to the network.
        split: train, validation or test.
        role: what the rows are called, such as "test" or "unseen".

    Returns:
        Columns role, clip, label, predicted, probability (of the predicted class).

    Raises:
        InputError: the corpus has a class that the network does not know.
    """
    unknown = sorted(set(corpus.classes) - set(bundle.classes))
    if unknown:
        raise InputError(f"corpus {corpus.name}: the network does not know {', '.join(unknown)}")
    chosen = corpus.indices(split)
    found = probabilities(bundle, corpus, chosen)
    return pd.DataFrame(
        {
            "role": role,
            "clip": corpus.clips[chosen],
            "label": np.array(corpus.classes, dtype=object)[corpus.labels[chosen]],
            "predicted": np.array(bundle.classes, dtype=object)[found.argmax(axis=1)],
            "probability": found.max(axis=1),
        }
    )
