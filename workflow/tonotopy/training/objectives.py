"""What a network is trained for: an objective gives targets, a loss with outputs, and a score."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError, nearest
from tonotopy.inference import outputs
from tonotopy.networks.bundle import Bundle
from tonotopy.probes.scores import macro_f1, mean_average_precision
from tonotopy.training.listening import Batch
from tonotopy.training.shares import gathered


class Objective(Protocol):
    """What the learner asks of an objective, whatever it is.

    An objective is given a `Batch` and asks it for what it needs:

    - one view of the clips (``batch.view()``), or several, each augmented anew: contrastive;
    - all clips of the batch, to mix them and their targets: ``batch.view().whole_batch()``, with
      draws from ``batch.rng`` (mixup);
    - the clips as they were, as what is to be reconstructed: ``batch.unaugmented()``.

    In validation (``batch.training`` is false, ``batch.rng`` None) every view is unaugmented.

    Attributes:
        metric: name of the score; the epoch with the highest one is kept.
        whole: whether the loss is that of all clips of the batch, on every process that shares
            it, rather than the mean over the process's own clips.
    """

    metric: str
    whole: bool

    def targets(self, corpus: Corpus) -> np.ndarray:
        """Return a row per clip of the corpus, as `Batch.targets` will have them."""
        ...

    def loss(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss, and a row for each of the process's clips for `score`."""
        ...

    def score(self, targets: np.ndarray, outputs: np.ndarray) -> float:
        """Return how good the network is on the validation split; more is better.

        Args:
            targets: of all its clips, as `targets` gave them.
            outputs: the rows that `loss` gave, float32.
        """
        ...


@dataclass(frozen=True)
class Classify:
    """One label per clip: cross-entropy, macro-F1."""

    classes: int
    metric = "validation_macro_f1"
    whole = False

    def targets(self, corpus: Corpus) -> np.ndarray:
        """Return class indices, int64, shape (clips,)."""
        return corpus.labels

    def loss(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss and the logits (clips, classes)."""
        view = batch.view()
        logits = network(view.sounds)
        return cross_entropy(logits, view.targets), logits

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

    def loss(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss and the logits (clips, classes)."""
        view = batch.view()
        logits = network(view.sounds)
        return binary_cross_entropy_with_logits(logits, view.targets), logits

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

    def loss(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the weighted sum of both binary cross-entropies, and the logits."""
        view = batch.view()
        logits = network(view.sounds)
        from_labels = binary_cross_entropy_with_logits(logits, view.targets[:, 0])
        from_teacher = binary_cross_entropy_with_logits(logits, view.targets[:, 1])
        return self.weight * from_teacher + (1 - self.weight) * from_labels, logits

    def score(self, targets: np.ndarray, logits: np.ndarray) -> float:
        """Return the mean average precision against the labels."""
        return mean_average_precision(targets[:, 0] > 0, logits)


@dataclass(frozen=True)
class TextContrast(Tag):
    """Sound against the text of its labels, both ways (Elizalde et al. 2023, equation 4).

    A clip's text names its labels. The network tags by the likeness of a clip to each label's text,
    so its score is a tagger's. Every clip of a batch is held against the texts of all the others,
    those of other processes too.
    """

    whole = True

    def loss(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the symmetric cross-entropy over the batch's pairs, and the own clips' logits."""
        view = batch.view()
        own = network.hear(view.sounds)
        sounds = gathered(own, view.share)
        texts = gathered(network.read(network.told(view.targets)), view.share)
        likeness = network.scale * sounds @ texts.T
        pairs = torch.arange(len(likeness), device=likeness.device)
        both = cross_entropy(likeness, pairs) + cross_entropy(likeness.T, pairs)
        return both / 2, network.tag(own)


OBJECTIVES = ("classify", "tag", "text_contrast", "distil")


def objective(name: str, classes: int, teacher: Bundle | None = None) -> Objective:
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
    if name == "classify":
        return Classify(classes)
    return {"tag": Tag, "text_contrast": TextContrast}[name]()
