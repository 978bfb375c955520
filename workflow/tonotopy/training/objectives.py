"""What a network is trained for: an objective gives targets, a loss with outputs, and a score."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, normalize

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError, nearest
from tonotopy.inference import outputs
from tonotopy.networks.bundle import Bundle
from tonotopy.probes.scores import macro_f1, mean_average_precision
from tonotopy.training.augmentation.waveforms import excerpts
from tonotopy.training.clips import WAVEFORM
from tonotopy.training.contrast import nt_xent, placements, retrieval
from tonotopy.training.listening import Batch
from tonotopy.training.reconstruction import Reconstruct
from tonotopy.training.settings import ContrastSettings, ReconstructionSettings
from tonotopy.training.shares import gathered


class Objective(Protocol):
    """What the learner asks of an objective, whatever it is.

    An objective is given a `Batch` and asks it for what it needs:

    - one view of the clips (``batch.view()``), or several, each augmented anew;
    - stretches of the clips, each heard by itself: ``batch.hear(stretches, batch.rng)``, with
      draws from ``batch.rng`` (contrastive);
    - all clips of the batch, to mix them and their targets: ``batch.view().whole_batch()``, with
      draws from ``batch.rng`` (mixup);
    - the clips as they were, as what is to be reconstructed: ``batch.unaugmented()``.

    ``batch.progress`` says how much of the training is done.

    In validation (``batch.training`` is false, ``batch.rng`` None) every view is unaugmented.

    Attributes:
        metric: name of the score; the epoch with the highest one is kept.
        whole: whether the loss is that of all clips of the batch, on every process that shares
            it, rather than the mean over the process's own clips.
        answers_classes: whether the network's outputs are the corpus's classes.
    """

    metric: str
    whole: bool
    answers_classes: bool

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
    """One label per clip: cross-entropy, macro-F1.

    Attributes:
        classes: number of them.
        soft: whether a clip's target is a share of every class, so that targets can be mixed.
    """

    classes: int
    soft: bool = False
    metric = "validation_macro_f1"
    whole = False
    answers_classes = True

    def targets(self, corpus: Corpus) -> np.ndarray:
        """Return class indices, int64 (clips,); if soft 0 and 1, float32 (clips, classes)."""
        if self.soft:
            return np.eye(self.classes, dtype=np.float32)[corpus.labels]
        return corpus.labels

    def criterion(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the cross-entropy of logits (clips, classes)."""
        return cross_entropy(logits, targets)

    def loss(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss and the logits (clips, classes)."""
        view = batch.view()
        logits = network(view.sounds)
        return self.criterion(logits, view.targets), logits

    def score(self, targets: np.ndarray, logits: np.ndarray) -> float:
        """Return macro-F1 over the clips given; of soft targets the largest share is the class."""
        labels = targets.argmax(axis=-1) if self.soft else targets
        return float(macro_f1(labels, logits.argmax(axis=-1), self.classes))


@dataclass(frozen=True)
class Tag:
    """Several labels per clip: binary cross-entropy, mean average precision."""

    metric = "validation_map"
    whole = False
    answers_classes = True

    def targets(self, corpus: Corpus) -> np.ndarray:
        """Return which classes a clip has as 0 and 1, float32, shape (clips, classes)."""
        return corpus.targets.astype(np.float32)

    def criterion(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the mean binary cross-entropy of logits (clips, classes)."""
        return binary_cross_entropy_with_logits(logits, targets)

    def loss(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss and the logits (clips, classes)."""
        view = batch.view()
        logits = network(view.sounds)
        return self.criterion(logits, view.targets), logits

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
    answers_classes = True

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


@dataclass(frozen=True)
class SimCLR:
    """Two stretches of a clip against those of all other clips (Chen et al. 2020; thesis 4.3).

    The network projects each. In validation they are the beginning and the end of the clip.

    Attributes:
        settings: length and place of the stretches, and how they are compared.
    """

    settings: ContrastSettings
    metric = "validation_retrieval"
    whole = True
    answers_classes = False

    def targets(self, corpus: Corpus) -> np.ndarray:
        """Return zeros, int64, shape (clips,): nothing is asked but which clip a stretch is of."""
        return np.zeros(len(corpus), dtype=np.int64)

    def loss(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return NT-Xent over the batch, and both projections of the own clips.

        Returns:
            A number, and the normalised projections side by side, shape (clips, 2 * width).

        Raises:
            InputError: clips that are too short, or a batch of fewer than two.
        """
        length = self._length(batch)
        own = [self._projected(network, batch, at, length) for at in self._starts(batch, length)]
        views = [gathered(projections, batch.share) for projections in own]
        loss = nt_xent(*views, self.settings.temperature, self.settings.decoupled)
        return loss, torch.cat([normalize(projections, dim=1) for projections in own], dim=1)

    def score(self, targets: np.ndarray, views: np.ndarray) -> float:
        """Return the share of clips whose other stretch is the nearest of all, both ways."""
        return retrieval(*np.split(views, 2, axis=1))

    def _length(self, batch: Batch) -> int:
        """Return the length of a stretch in samples; refuse clips that cannot be contrasted."""
        clips, settings = batch.clips, self.settings
        if clips.stage != WAVEFORM:
            raise ValueError(f"stretches are of waveforms, not of {clips.stage}")
        if clips.share.total < 2:
            raise InputError(
                "training.batch: objective 'simclr' needs 2 clips or more in every batch; the "
                f"{'training' if batch.training else 'validation'} split makes one of 1"
            )
        length, samples = round(settings.seconds * clips.rate), clips.sounds.shape[1]
        needed = length if settings.overlapping else 2 * length
        if not 0 < needed <= samples:
            views = "a view" if settings.overlapping else "two views without overlap"
            raise InputError(
                f"training.contrast.seconds: {views} of {settings.seconds:g} s ({length} samples) "
                f"cannot be taken from clips of {samples / clips.rate:g} s ({samples} samples)"
            )
        return length

    def _starts(self, batch: Batch, length: int) -> tuple[Tensor, Tensor]:
        """Return the first samples of both stretches of the own clips, int64 (clips,) each."""
        clips = batch.clips
        samples = clips.sounds.shape[1]
        if batch.training:
            overlapping = self.settings.overlapping
            return placements(clips.share, samples, length, overlapping, batch.rng)
        first = torch.zeros(len(clips.sounds), dtype=torch.int64)
        return first, first + samples - length

    def _projected(self, network: nn.Module, batch: Batch, starts: Tensor, length: int) -> Tensor:
        """Return what the network makes of stretches of the own clips, shape (clips, width)."""
        stretches = excerpts(batch.clips.sounds, starts, length)
        return network(batch.hear(batch.clips._replace(sounds=stretches), batch.rng).sounds)


OBJECTIVES = ("classify", "tag", "text_contrast", "distil", "simclr", "reconstruct")


def objective(
    name: str,
    classes: int,
    teacher: Bundle | None = None,
    soft: bool = False,
    contrast: ContrastSettings | None = None,
    reconstruct: ReconstructionSettings | None = None,
) -> Objective:
    """Return an objective by the name that config.yaml gives it.

    Args:
        name: one of `OBJECTIVES`.
        classes: number of them in the corpus.
        teacher: of distil alone.
        soft: whether targets are mixed, which class indices cannot be.
        contrast: of simclr alone.
        reconstruct: of reconstruct alone.

    Raises:
        InputError: unknown name, distillation without a teacher, or an objective without settings
            that it needs.
    """
    if name not in OBJECTIVES:
        raise InputError(f"no training objective '{name}'{nearest(name, OBJECTIVES)}")
    if (teacher is not None) != (name == "distil"):
        raise InputError("training: objective 'distil' and a 'teacher' go together")
    if (contrast is not None) != (name == "simclr"):
        raise InputError("training: objective 'simclr' and 'contrast' go together")
    if (reconstruct is not None) != (name == "reconstruct"):
        raise InputError("training: objective 'reconstruct' and its settings go together")
    if name == "distil":
        return Distil(teacher)
    if name == "classify":
        return Classify(classes, soft)
    if name == "simclr":
        return SimCLR(contrast)
    if name == "reconstruct":
        return Reconstruct(reconstruct)
    return {"tag": Tag, "text_contrast": TextContrast}[name]()
