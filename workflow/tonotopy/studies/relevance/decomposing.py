"""Heatmaps split into components, and whether relevance is conserved on its way."""

from collections.abc import Iterable, Iterator
from copy import deepcopy

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from tonotopy.corpora.schema import Corpus
from tonotopy.relevance.attribution import component_relevance
from tonotopy.relevance.composites import parse
from tonotopy.relevance.engines import explainer
from tonotopy.relevance.lrp import LRP, Ledger
from tonotopy.studies.relevance.explaining import Batch, Subject, batches, clip_columns
from tonotopy.studies.relevance.fitting import Fitted, Key

BINS = 50  # of the histogram of relevance
PERCENTILE = 90.0


@torch.no_grad()
def decompose(
    explained: Subject,
    batch: Batch,
    fitted: Fitted,
    keys: Iterable[Key],
    classes: np.ndarray | None = None,
) -> Iterator[tuple[Key, Tensor]]:
    """Yield component heatmaps (clips, K, mels, frames); one forward pass serves all of them.

    Args:
        explained: the network.
        batch: of clips.
        fitted: subspaces.
        keys: which of them; of a copy of the network that the subject is.
        classes: whose subspaces each clip is split by; None for its own class.
    """
    keys = list(keys)
    passed = explained.engine.explain(batch.inputs)
    layers = list(dict.fromkeys(key.layer for key in keys))
    contexts = passed.contexts(batch.targets, layers)
    for key in keys:
        bases = fitted.bases(key, batch.labels if classes is None else classes)
        vectors = contexts.activation[key.layer], contexts.context[key.layer]
        parts = component_relevance(*vectors, bases, key.components)
        yield key, passed.descend(key.layer, parts)


def standard_heatmaps(explained: Subject, batch: Batch) -> Tensor:
    """Return the standard heatmaps of a batch, shape (clips, mels, frames)."""
    return explained.engine.explain(batch.inputs).heatmap(batch.targets)


def sum_table(
    explained: Subject, corpus: Corpus, positions: np.ndarray, fitted: Fitted, keys: list[Key]
) -> pd.DataFrame:
    """Return by how much component heatmaps miss the standard one (equation 4.3).

    Returns:
        Columns of `Key` and `clip_columns`, and error: the largest difference of a cell over the
        largest relevance of a cell.
    """
    parts = []
    for batch in batches(explained, corpus, positions):
        standard, about = standard_heatmaps(explained, batch), clip_columns(corpus, batch.positions)
        largest = standard.abs().amax(dim=(1, 2))
        for key, heatmaps in decompose(explained, batch, fitted, keys):
            missing = (heatmaps.sum(dim=1) - standard).abs().amax(dim=(1, 2)) / largest
            parts.append(about.assign(**key._asdict(), error=missing.cpu().numpy()))
    return pd.concat(parts, ignore_index=True)


def conservation_table(
    explained: Subject, composite: str | dict, corpus: Corpus, positions: np.ndarray
) -> pd.DataFrame:
    """Return whether the inputs' relevance is the evidence, what biases and stabilisers took aside.

    The network without its biases is looked at beside it. Only a chain of layers tells what they
    took: of other networks these numbers are missing.

    Returns:
        Columns network (whole or bias-free), of `clip_columns`, evidence, reached, biases,
        stabilisers and error: what is missing over the sum of the inputs' absolute relevance.
    """
    without = _bias_free(explained.bundle.network)
    engines = {"whole": explained.engine}
    if isinstance(explained.engine, LRP):
        engines["bias-free"] = explainer(without, parse(composite), "chain")
    parts = []
    for batch in batches(explained, corpus, positions):
        about = clip_columns(corpus, batch.positions)
        for name, engine in engines.items():
            parts.append(about.assign(network=name, **_balance(engine, batch)))
    return pd.concat(parts, ignore_index=True)


def _balance(engine, batch: Batch) -> dict[str, np.ndarray]:
    passed, ledger = engine.explain(batch.inputs), Ledger()
    told = {"ledger": ledger} if isinstance(engine, LRP) else {}
    heatmaps = passed.heatmap(batch.targets, **told).double().flatten(1)
    evidence = passed.logits.gather(1, batch.targets[:, None])[:, 0].double()
    unknown = torch.full_like(evidence, torch.nan)
    kinds = (ledger.biases, ledger.stabilisers)
    taken = [sum(k.values())[:, 0].double() if k else unknown for k in kinds]
    reached, mass = heatmaps.sum(dim=1), heatmaps.abs().sum(dim=1)
    error = (evidence - reached - sum(taken)).abs() / mass
    names = ("evidence", "reached", "biases", "stabilisers", "error")
    values = (evidence, reached, *taken, error)
    return {name: value.cpu().numpy() for name, value in zip(names, values, strict=True)}


def _bias_free(network: nn.Module) -> nn.Module:
    copy = deepcopy(network)
    for module in copy.modules():
        if isinstance(getattr(module, "bias", None), nn.Parameter):
            nn.init.zeros_(module.bias)
    return copy


def histogram_table(
    explained: Subject, corpus: Corpus, positions: np.ndarray, fitted: Fitted, key: Key
) -> pd.DataFrame:
    """Return how positive relevance is distributed over cells (figure B.3).

    Every rectified component heatmap is divided by its maximum; those without positive relevance
    are left out. Means are over heatmaps.

    Returns:
        Columns low, high, share (of cells), percentile (the 90th) and mean_plus_std.
    """
    edges = np.linspace(0, 1, BINS + 1)
    counts, facts = np.zeros(BINS), []
    for batch in batches(explained, corpus, positions):
        for _, heatmaps in decompose(explained, batch, fitted, [key]):
            for cells in heatmaps.clamp(min=0).flatten(0, 1).flatten(1).double().cpu().numpy():
                if cells.max() > 0:
                    cells = cells / cells.max()
                    counts += np.histogram(cells, edges)[0]
                    facts.append((np.percentile(cells, PERCENTILE), cells.mean() + cells.std()))
    percentile, spread = np.mean(facts, axis=0) if facts else (np.nan, np.nan)
    share = counts / max(counts.sum(), 1)
    bins = {"low": edges[:-1], "high": edges[1:], "share": share}
    return pd.DataFrame({**bins, "percentile": percentile, "mean_plus_std": spread})
