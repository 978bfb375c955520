"""What a network is trained for: an objective gives targets, a loss with outputs, and a score.

Where several processes share a batch the loss is the mean over the process's own clips, unless
the objective is ``whole``: then it is that of all clips of the batch, on every process.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError, nearest
from tonotopy.inference import outputs
from tonotopy.networks.bundle import Bundle
from tonotopy.probes.scores import macro_f1, mean_average_precision
from tonotopy.training.shares import Share, gathered


@dataclass(frozen=True)
class Classify:
    """One label per clip: cross-entropy, macro-F1."""

    classes: int
    metric = "validation_macro_f1"
    whole = False

    def targets(self, corpus: Corpus) -> np.ndarray:
        """Return class indices, int64, shape (clips,)."""
        return corpus.labels

    def loss(
        self, network: nn.Module, heard: Tensor, targets: Tensor, share: Share | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the loss and the logits (clips, classes)."""
        logits = network(heard)
        return cross_entropy(logits, targets), logits

    def score(self, targets: np.ndarray, logits: np.ndarray) -> float:
        """Return macro-F1 over the clips given."""
        return float(macro_f1(targets, logits.argmax(axis=-1), self.classes))


@dataclass(frozen=True)
class Tag:
    """Several labels per clip: binary cross-entropy, mean average precision."""

    metric = "validation_map"
    whole = False

    def targets(self, corpus: Corpus) -> np.ndarray:
        """Return which classes a clip has as 0 and 1, float32, shape (clips, classes)."""
        return corpus.targets.astype(np.float32)

    def loss(
        self, network: nn.Module, heard: Tensor, targets: Tensor, share: Share | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the loss and the logits (clips, classes)."""
        logits = network(heard)
        return binary_cross_entropy_with_logits(logits, targets), logits

    def score(self, targets: np.ndarray, logits: np.ndarray) -> float:
        """Return the average precision, averaged over the classes that occur."""
        return mean_average_precision(targets > 0, logits)


@dataclass(frozen=True)
class Distil:
    """Tags, mostly as a teacher gives them (Schmid et al. 2023, section 2.2).

    Attributes:
        teacher: a trained tagger of the same classes.
        weight: of the teacher's probabilities; the labels have the rest. Published as 0.9.
    """

    teacher: Bundle
    weight: float = 0.9
    metric = "validation_map"
    whole = False

    def targets(self, corpus: Corpus) -> np.ndarray:
        """Return labels, then the teacher's probabilities: float32, (clips, 2, classes)."""
        if self.teacher.classes != corpus.classes:
            raise InputError(f"the teacher does not tag the classes of corpus {corpus.name}")
        taught = outputs(self.teacher, corpus, np.arange(len(corpus)))
        probabilities = torch.from_numpy(taught).sigmoid().numpy()
        return np.stack([corpus.targets, probabilities], axis=1).astype(np.float32)

    def loss(
        self, network: nn.Module, heard: Tensor, targets: Tensor, share: Share | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted sum of both binary cross-entropies, and the logits."""
        logits = network(heard)
        from_labels = binary_cross_entropy_with_logits(logits, targets[:, 0])
        from_teacher = binary_cross_entropy_with_logits(logits, targets[:, 1])
        return self.weight * from_teacher + (1 - self.weight) * from_labels, logits

    def score(self, targets: np.ndarray, logits: np.ndarray) -> float:
        """Return the mean average precision against the labels."""
        return mean_average_precision(targets[:, 0] > 0, logits)


@dataclass(frozen=True)
class Contrast(Tag):
    """Sound against the text of its labels, both ways (Elizalde et al. 2023, equation 4).

    A clip's text names its labels. The network tags by the likeness of a clip to each label's text,
    so its score is a tagger's. Every clip of a batch is held against the texts of all the others,
    those of other processes too.
    """

    whole = True

    def loss(
        self, network: nn.Module, heard: Tensor, targets: Tensor, share: Share | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the symmetric cross-entropy over the batch's pairs, and the own clips' logits."""
        own = network.hear(heard)
        sounds = gathered(own, share)
        texts = gathered(network.read(network.told(targets)), share)
        likeness = network.scale * sounds @ texts.T
        pairs = torch.arange(len(likeness), device=likeness.device)
        both = cross_entropy(likeness, pairs) + cross_entropy(likeness.T, pairs)
        return both / 2, network.tag(own)


OBJECTIVES = ("classify", "tag", "contrast", "distil")


def objective(name: str, classes: int, teacher: Bundle | None = None):
    """Return an objective by the name that config.yaml gives it.

    Raises:
        InputError: unknown name, or distillation without a teacher.
    """
    if name not in OBJECTIVES:
        raise InputError(f"no training objective '{name}'{nearest(name, OBJECTIVES)}")
    if (teacher is not None) != (name == "distil"):
        raise InputError("training: objective 'distil' and a 'teacher' go together")
    if name == "distil":
        return Distil(teacher)
    return {"classify": lambda: Classify(classes), "tag": Tag, "contrast": Contrast}[name]()
