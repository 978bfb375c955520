"""Networks whose profile is known: one that repeats what it hears, one that says nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor, nn

from tonotopy.corpora.schema import Corpus
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.inference import network_inputs
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer
from tonotopy.studies.hierarchy.probing import BATCH, ProbeSettings, drawn_folds, probe_task

K = 5  # neighbours in both controls


class Repeat(nn.Module):
    """Gives its input: its layer is the mel spectrogram itself."""

    def __init__(self):
        super().__init__()
        self.mel = nn.Identity()

    @property
    def layers(self) -> dict[str, Layer]:
        """The only layer."""
        return {"mel": Layer("mel")}

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return the spectrograms."""
        return self.mel(spectrograms)


class Constant(Repeat):
    """Gives the same for every clip."""

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return ones, shape (clips, 8)."""
        return self.mel(torch.ones(len(spectrograms), 8))


def control_table(corpus: Corpus, task: str, seed: int, folder: Path) -> pd.DataFrame:
    """Probe both networks as any other, and the spectrograms by scikit-learn's own kNN.

    Args:
        corpus: one label per clip.
        task: its name in the study.
        seed: seed of the folds.
        folder: for the vectors.

    Returns:
        Columns control (constant or identity), task, classes, clip, correct (through our
        pipeline), reference (scikit-learn's, for identity; else None).
    """
    front_end = LogMel(LogMelSettings(rate=corpus.rate, n_fft=512, mels=40, frames=64))
    settings = ProbeSettings(
        (K,), ("paper",), second=None, inverse_penalty=None, shuffles=0, seed=seed
    )
    tables = []
    for name, network in (("constant", Constant()), ("identity", Repeat())):
        rows = probe_task({"trained": Bundle(network, front_end, {})}, corpus, settings, folder)
        reference = _reference(corpus, front_end, settings) if name == "identity" else None
        columns = {"clip": corpus.clips, "correct": rows["correct"].iloc[0], "reference": reference}
        tables.append(pd.DataFrame({"control": name, "task": task, **columns}))
    table = pd.concat(tables, ignore_index=True)
    table["reference"] = table["reference"].astype("boolean")
    return table.assign(classes=len(corpus.classes))


def _reference(corpus: Corpus, front_end: LogMel, settings: ProbeSettings) -> np.ndarray:
    """The same by another way: spectrograms in memory, one fit per fold."""
    batches = network_inputs(Bundle(Repeat(), front_end, {}), corpus, np.arange(len(corpus)), BATCH)
    mels = torch.cat([inputs for _, inputs in batches]).flatten(1).numpy()
    (fold_of,) = drawn_folds(corpus, settings).values()
    right = np.zeros(len(corpus), dtype=bool)
    for fold_number in np.unique(fold_of):
        inside = fold_of == fold_number
        model = KNeighborsClassifier(K, algorithm="brute").fit(
            mels[~inside], corpus.labels[~inside]
        )
        right[inside] = model.predict(mels[inside]) == corpus.labels[inside]
    return right
