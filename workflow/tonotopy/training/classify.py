"""Train a classifier on a corpus with Lightning."""

import zlib
from dataclasses import dataclass

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset, Sampler

from tonotopy.corpora.schema import FULL_SCALE, Corpus
from tonotopy.frontends.log_mel import LogMel
from tonotopy.probes.scores import macro_f1
from tonotopy.training import augment
from tonotopy.training.augment import Augmentation


@dataclass(frozen=True)
class TrainingSettings:
    """How a classifier is trained.

    Attributes:
        epochs: passes over the training split.
        batch: clips per step.
        learning_rate: of AdamW; the peak where the schedule has one.
        weight_decay: of AdamW.
        schedule: "constant", or "one_cycle" (a warm-up over a tenth, then cosine to nearly 0).
        cache: keep the spectrograms in memory; possible where no waveform is altered.
    """

    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.01
    schedule: str = "constant"
    cache: bool = False


class CorpusBatches(Dataset):
    """Batches of a corpus, addressed by arrays of positions: one read per batch."""

    def __init__(self, corpus: Corpus, cached: Tensor | None = None, positions=None):
        self.corpus, self.cached = corpus, cached
        if cached is not None:
            self.row = np.full(len(corpus), -1)
            self.row[positions] = np.arange(len(positions))

    def __getitem__(self, positions: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return (log-mel spectrograms or int16 waveforms, labels) of the positions."""
        labels = torch.from_numpy(self.corpus.labels[positions])
        if self.cached is not None:
            return self.cached[self.row[positions]], labels
        return torch.from_numpy(self.corpus.samples[positions]), labels


class EpochBatches(Sampler):
    """Positions batch by batch, shuffled by (seed, epoch) alone so that training can resume."""

    def __init__(self, positions: np.ndarray, batch: int, seed: int | None = None):
        self.positions, self.batch, self.seed, self.epoch = positions, batch, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.positions) // self.batch)

    def __iter__(self):
        order = self.positions
        if self.seed is not None:
            order = np.random.default_rng([self.seed, self.epoch]).permutation(order)
        yield from np.array_split(order, len(self))


class Classifier(lightning.LightningModule):
    """Cross-entropy training of a spectrogram network, validated by macro-F1.

    Args:
        network: takes (clips, mels, frames), returns logits (clips, classes).
        front_end: with the training split's statistics.
        augmentation: applied in training only.
        settings: optimiser and schedule.
        classes: number of classes.
        seed: seeds augmentation and dropout, anew for every epoch and batch.
    """

    def __init__(
        self,
        network: nn.Module,
        front_end: LogMel,
        augmentation: Augmentation,
        settings: TrainingSettings,
        classes: int,
        seed: int,
    ):
        super().__init__()
        self.network, self.front_end = network, front_end
        self.augmentation, self.settings, self.seed = augmentation, settings, seed
        self.classes = classes
        self._judged: list[tuple[Tensor, Tensor]] = []

    def hear(self, sounds: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Return network input from int16 waveforms or cached log-mel spectrograms.

        With a generator the clips are augmented.
        """
        if sounds.ndim == 2:
            sounds = sounds.float() / FULL_SCALE
            if rng is not None and self.augmentation.alters_waveforms:
                sounds = augment.add_noise(sounds, self.augmentation.noise, rng)
            sounds = self.front_end.log_mel(sounds)
        if rng is None:
            return self.front_end.normalise(sounds)
        wanted = self.augmentation
        rate = self.front_end.settings.rate
        if wanted.pitch_shift.p:
            sounds = augment.shift_pitch(sounds, wanted.pitch_shift, rng, rate)
        heard = self.front_end.normalise(sounds)
        heard = augment.mask(heard, wanted.pitch_mask, rng, axis=1)
        return augment.mask(heard, wanted.time_mask, rng, axis=2)

    def on_train_epoch_start(self) -> None:
        torch.manual_seed(self.seed + 1_000_003 * self.current_epoch)  # dropout

    def training_step(self, batch, index: int) -> Tensor:
        rng = torch.Generator()
        rng.manual_seed(zlib.crc32(f"{self.seed} {self.current_epoch} {index}".encode()))
        sounds, labels = batch
        loss = cross_entropy(self.network(self.hear(sounds, rng)), labels)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss

    def validation_step(self, batch, index: int) -> None:
        sounds, labels = batch
        logits = self.network(self.hear(sounds))
        self.log("validation_loss", cross_entropy(logits, labels), batch_size=len(labels))
        self._judged.append((labels.cpu(), logits.argmax(dim=-1).cpu()))

    def on_validation_epoch_end(self) -> None:
        labels, predicted = (torch.cat(part).numpy() for part in zip(*self._judged, strict=True))
        self._judged.clear()
        score = macro_f1(labels, predicted, self.classes)
        self.log("validation_macro_f1", float(score), prog_bar=True)

    def configure_optimizers(self):
        """Return AdamW, with the schedule that the settings name."""
        settings = self.settings
        optimiser = torch.optim.AdamW(
            self.network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        if settings.schedule == "constant":
            return optimiser
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, settings.learning_rate, total_steps=steps, pct_start=0.1
        )
        return [optimiser], [{"scheduler": schedule, "interval": "step"}]


def loader(corpus: Corpus, positions, batch: int, seed: int | None, cached=None) -> DataLoader:
    """Return batches of a corpus: shuffled anew each epoch with a seed, in order without."""
    return DataLoader(
        CorpusBatches(corpus, cached, positions),
        batch_size=None,
        sampler=EpochBatches(positions, batch, seed),
    )
