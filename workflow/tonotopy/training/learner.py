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
from tonotopy.training.shares import Share, gathered


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    Attributes:
        epochs: passes over the training split.
        batch: clips per step, over all devices.
        learning_rate: of AdamW; the peak where the schedule has one.
        weight_decay: of AdamW.
        schedule: "constant", or "one_cycle" (a warm-up over a tenth, then cosine to nearly 0).
        cache: keep the spectrograms in memory; possible where no waveform is altered.
        objective: classify, tag, contrast or distil.
        teacher: name of the network to distil from; its folder is given to the training.
        devices: how many GPUs (or processes, without GPUs) share every batch.
    """

    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.01
    schedule: str = "constant"
    cache: bool = False
    objective: str = "classify"
    teacher: str | None = None
    devices: int = 1


class CorpusBatches(Dataset):
    """Batches of a corpus, addressed by arrays of positions: one read per batch.

    Args:
        corpus: read from its memory-mapped files.
        targets: a row per clip.
        cached: spectrograms of the positions, if they are kept.
        positions: of the clips that will be asked for.
        rank: which of the processes this is.
        ranks: number of processes.
    """

    def __init__(self, corpus: Corpus, targets, cached=None, positions=None, rank=0, ranks=1):
        self.corpus, self.targets, self.cached = corpus, targets, cached
        self.rank, self.ranks = rank, ranks
        if cached is not None:
            self.row = np.full(len(corpus), -1)
            self.row[positions] = np.arange(len(positions))

    def __getitem__(self, positions: np.ndarray) -> tuple[Tensor, Tensor, Share]:
        """Return (cached spectrograms or int16 waveforms, targets) of the process's share."""
        share = Share.of(len(positions), self.rank, self.ranks)
        own = positions[share.slice]
        targets = torch.from_numpy(self.targets[own])
        if self.cached is not None:
            return self.cached[self.row[own]], targets, share
        return torch.from_numpy(self.corpus.samples[own]), targets, share


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

    def hear(
        self, sounds: Tensor, rng: torch.Generator | None = None, share: Share | None = None
    ) -> Tensor:
        """Return network input from int16 waveforms or cached spectrograms.

        With a generator log-mel spectrograms are augmented, as the ``share`` of a batch.
        """
        if not isinstance(self.front_end, LogMel):
            cached = sounds.is_floating_point()
            return sounds if cached else self.front_end(sounds.float() / FULL_SCALE)
        wanted = self.augmentation
        if not sounds.is_floating_point():
            sounds = sounds.float() / FULL_SCALE
            if rng is not None and wanted.alters_waveforms:
                sounds = augment.add_noise(sounds, wanted.noise, rng, share)
            sounds = self.front_end.log_mel(sounds)
        if rng is None:
            return self.front_end.normalise(sounds)
        rate = self.front_end.settings.rate
        if wanted.pitch_shift.p:
            sounds = augment.shift_pitch(sounds, wanted.pitch_shift, rng, rate, share)
        heard = self.front_end.normalise(sounds)
        heard = augment.mask(heard, wanted.pitch_mask, rng, axis=1, share=share)
        return augment.mask(heard, wanted.time_mask, rng, axis=2, share=share)

    def on_train_epoch_start(self) -> None:
        # dropout: other units for the clips of other processes
        torch.manual_seed(self.seed + 1_000_003 * self.current_epoch + 7919 * self.global_rank)

    def training_step(self, batch, index: int) -> Tensor:
        rng = torch.Generator()
        rng.manual_seed(zlib.crc32(f"{self.seed} {self.current_epoch} {index}".encode()))
        sounds, targets, share = batch
        loss, _ = self._loss(self.hear(sounds, rng, share), targets, share)
        self._tell("train_loss", loss, share, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, index: int) -> None:
        sounds, targets, share = batch
        loss, outputs = self._loss(self.hear(sounds), targets, share)
        self._tell("validation_loss", loss, share)
        everyone = gathered(targets, share), gathered(outputs.float(), share)
        self._judged.append(tuple(part.cpu() for part in everyone))

    def _loss(self, heard: Tensor, targets: Tensor, share: Share) -> tuple[Tensor, Tensor]:
        """Return the loss, whose mean over processes is the batch's, and the outputs."""
        loss, outputs = self.objective.loss(self.network, heard, targets, share)
        return loss if self.objective.whole else share.weight * loss, outputs

    def _tell(self, name: str, loss: Tensor, share: Share, **how) -> None:
        self.log(name, loss, batch_size=share.total, sync_dist=share.ranks > 1, **how)

    def on_validation_epoch_end(self) -> None:
        targets, outputs = (torch.cat(part).numpy() for part in zip(*self._judged, strict=True))
        self._judged.clear()
        score = self.objective.score(targets, outputs)  # every process has all of both
        self.log(self.objective.metric, score, prog_bar=True, sync_dist=True)

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


def loader(
    corpus: Corpus, targets, split: str, batch: int, seed=None, cached=None, rank=0, ranks=1
) -> DataLoader:
    """Return batches of a split: shuffled anew each epoch with a seed, in order without.

    Each comes with the share of it that process ``rank`` of ``ranks`` has.
    """
    positions = corpus.indices(split)
    return DataLoader(
        CorpusBatches(corpus, targets, cached, positions, rank, ranks),
        batch_size=None,
        sampler=EpochBatches(positions, batch, seed),
    )
