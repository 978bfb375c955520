"""Train a network on a corpus with Lightning."""

import zlib
from dataclasses import dataclass

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from tonotopy.corpora.schema import FULL_SCALE, Corpus
from tonotopy.frontends.log_mel import LogMel
from tonotopy.training import augment
from tonotopy.training.augment import Augmentation


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    Attributes:
        epochs: passes over the training split.
        batch: clips per step.
        learning_rate: of AdamW; the peak where the schedule has one.
        weight_decay: of AdamW.
        schedule: "constant", or "one_cycle" (a warm-up over a tenth, then cosine to nearly 0).
        cache: keep the spectrograms in memory; possible where no waveform is altered.
        objective: classify, tag, contrast or distil.
        teacher: name of the network to distil from; its folder is given to the training.
    """

    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.01
    schedule: str = "constant"
    cache: bool = False
    objective: str = "classify"
    teacher: str | None = None


class CorpusBatches(Dataset):
    """Batches of a corpus, addressed by arrays of positions: one read per batch."""

    def __init__(self, corpus: Corpus, targets: np.ndarray, cached=None, positions=None):
        self.corpus, self.targets, self.cached = corpus, targets, cached
        if cached is not None:
            self.row = np.full(len(corpus), -1)
            self.row[positions] = np.arange(len(positions))

    def __getitem__(self, positions: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return (cached spectrograms or int16 waveforms, targets) of the positions."""
        targets = torch.from_numpy(self.targets[positions])
        if self.cached is not None:
            return self.cached[self.row[positions]], targets
        return torch.from_numpy(self.corpus.samples[positions]), targets


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


class Learner(lightning.LightningModule):
    """Training of a network for an objective, validated by its score.

    Args:
        network: takes what the front end gives.
        front_end: with the training split's statistics, if it has any.
        augmentation: applied in training only, to log-mel spectrograms.
        settings: optimiser and schedule.
        objective: see `tonotopy.training.objectives`.
        seed: seeds augmentation and dropout, anew for every epoch and batch.
    """

    def __init__(
        self,
        network: nn.Module,
        front_end: nn.Module,
        augmentation: Augmentation,
        settings: TrainingSettings,
        objective,
        seed: int,
    ):
        super().__init__()
        self.network, self.front_end = network, front_end
        self.augmentation, self.settings, self.seed = augmentation, settings, seed
        self.objective = objective
        self._judged: list[tuple[Tensor, Tensor]] = []

    def hear(self, sounds: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Return network input from int16 waveforms or cached spectrograms.

        With a generator log-mel spectrograms are augmented.
        """
        if not isinstance(self.front_end, LogMel):
            cached = sounds.is_floating_point()
            return sounds if cached else self.front_end(sounds.float() / FULL_SCALE)
        if not sounds.is_floating_point():
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
        sounds, targets = batch
        loss, _ = self.objective.loss(self.network, self.hear(sounds, rng), targets)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(targets))
        return loss

    def validation_step(self, batch, index: int) -> None:
        sounds, targets = batch
        loss, outputs = self.objective.loss(self.network, self.hear(sounds), targets)
        self.log("validation_loss", loss, batch_size=len(targets))
        self._judged.append((targets.cpu(), outputs.float().cpu()))

    def on_validation_epoch_end(self) -> None:
        targets, outputs = (torch.cat(part).numpy() for part in zip(*self._judged, strict=True))
        self._judged.clear()
        self.log(self.objective.metric, self.objective.score(targets, outputs), prog_bar=True)

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


def loader(corpus: Corpus, targets, positions, batch: int, seed=None, cached=None) -> DataLoader:
    """Return batches of a corpus: shuffled anew each epoch with a seed, in order without."""
    return DataLoader(
        CorpusBatches(corpus, targets, cached, positions),
        batch_size=None,
        sampler=EpochBatches(positions, batch, seed),
    )
