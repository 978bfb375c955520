"""An objective for networks that answer once at each of several layers."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from tonotopy.corpora.schema import Corpus
from tonotopy.training.listening import Batch
from tonotopy.training.objectives import Classify, Tag


@dataclass(frozen=True)
class EachLayer:
    """The sum of an objective over layers, so that none of them learns from another.

    Attributes:
        one: what each layer is trained for.
    """

    one: Classify | Tag
    whole = False
    answers_classes = True

    @property
    def metric(self) -> str:
        """Name of the score of one layer."""
        return self.one.metric

    def targets(self, corpus: Corpus) -> np.ndarray:
        """Return those of one layer."""
        return self.one.targets(corpus)

    def loss(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the sum of the layers' losses, and the logits (clips, layers, classes)."""
        view = batch.view()
        logits = network(view.sounds)
        losses = [self.one.criterion(own, view.targets) for own in logits.unbind(dim=1)]
        return torch.stack(losses).sum(), logits

    def score(self, targets: np.ndarray, logits: np.ndarray) -> float:
        """Return the mean of the layers' scores."""
        scores = [self.one.score(targets, own) for own in np.moveaxis(logits, 1, 0)]
        return float(np.mean(scores))
