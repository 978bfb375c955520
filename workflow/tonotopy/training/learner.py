"""Train a network on a corpus with Lightning."""

import zlib
from typing import NamedTuple

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from tonotopy.corpora.hearing import waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.frontends.stages import FrontEnd
from tonotopy.training.augmentation.declared import Step
from tonotopy.training.budget import budgeted
from tonotopy.training.clips import WAVEFORM, Clips
from tonotopy.training.listening import Batch, hear
from tonotopy.training.objectives import Objective
from tonotopy.training.optimisers import optimiser, schedule
from tonotopy.training.settings import TrainingSettings
from tonotopy.training.shares import Share, gathered


class Cached(NamedTuple):
    """What is kept in memory of a split's clips.

    Attributes:
        sounds: shape (clips of the split, ...).
        rows: position of a clip in the corpus -> its row, or -1.
        stage: what the sounds are, see `Clips`.
    """

    sounds: Tensor
    rows: np.ndarray
    stage: str


class Ranks(NamedTuple):
    """Which of several processes this is."""

    rank: int = 0
    ranks: int = 1


ALONE = Ranks()


class CorpusBatches(Dataset):
    """Batches of a corpus, addressed by arrays of positions: one read per batch.

    Args:
        corpus: read from its memory-mapped files.
        targets: a row per clip.
        rate: sampling rate in Hz at which the clips are heard.
        cached: what is kept of the clips that will be asked for, if anything is.
        ranks: which of the processes this is.
    """

    def __init__(
        self,
        corpus: Corpus,
        targets: np.ndarray,
        rate: int,
        cached: Cached | None = None,
        ranks: Ranks = ALONE,
    ):
        self.corpus, self.targets, self.rate = corpus, targets, rate
        self.cached, self.ranks = cached, ranks

    def __getitem__(self, positions: np.ndarray) -> Clips:
        """Return the process's share: what is cached, or waveforms."""
        share = Share.of(len(positions), *self.ranks)
        own = positions[share.slice]
        targets = torch.from_numpy(self.targets[own])
        if self.cached is not None:
            sounds = self.cached.sounds[self.cached.rows[own]]
            return Clips(sounds, targets, share, self.rate, self.cached.stage)
        sounds = torch.from_numpy(waveforms_at(self.corpus, own, self.rate))
        return Clips(sounds, targets, share, self.rate, WAVEFORM)


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
        augmentation: applied in training only, to every view that the objective asks for.
        settings: optimiser and schedule.
        objective: see `tonotopy.training.objectives`.
        seed: seeds augmentation and dropout, anew for every epoch and batch.
    """

    def __init__(
        self,
        network: nn.Module,
        front_end: FrontEnd,
        augmentation: list[Step],
        settings: TrainingSettings,
        objective: Objective,
        seed: int,
    ):
        super().__init__()
        self.network, self.front_end = network, front_end
        self.augmentation, self.settings, self.seed = augmentation, settings, seed
        self.objective = objective
        self._judged: list[tuple[Tensor, Tensor]] = []

    def hear(self, clips: Clips, rng: torch.Generator | None = None) -> Clips:
        """Return clips as the network is given them; with a generator they are augmented."""
        return hear(clips, self.front_end, self.augmentation, rng)

    @property
    def progress(self) -> float:
        """Share of the training's steps that are done, from 0 to 1."""
        return self.global_step / self.trainer.estimated_stepping_batches

    def on_train_epoch_start(self) -> None:
        # dropout: other units for the clips of other processes
        torch.manual_seed(self.seed + 1_000_003 * self.current_epoch + 7919 * self.global_rank)

    def training_step(self, clips: Clips, index: int) -> Tensor:
        rng = torch.Generator()
        rng.manual_seed(zlib.crc32(f"{self.seed} {self.current_epoch} {index}".encode()))
        loss, _ = self._loss(Batch(clips, self.hear, rng, self.progress))
        self._log_loss("train_loss", loss, clips.share, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, clips: Clips, index: int) -> None:
        targets, share = clips.targets, clips.share
        loss, outputs = self._loss(Batch(clips, self.hear, progress=self.progress))
        self._log_loss("validation_loss", loss, share)
        everyone = gathered(targets, share), gathered(outputs.float(), share)
        self._judged.append(tuple(part.cpu() for part in everyone))

    def _loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss, whose mean over processes is the batch's, and the outputs."""
        loss, outputs = self.objective.loss(self.network, batch)
        return loss if self.objective.whole else batch.share.weight * loss, outputs

    def _log_loss(self, name: str, loss: Tensor, share: Share, **how) -> None:
        self.log(name, loss, batch_size=share.total, sync_dist=share.ranks > 1, **how)

    def on_validation_epoch_end(self) -> None:
        targets, outputs = (torch.cat(part).numpy() for part in zip(*self._judged, strict=True))
        self._judged.clear()
        score = self.objective.score(targets, outputs)  # every process has all of both
        self.log(self.objective.metric, score, prog_bar=True, sync_dist=True)

    def configure_optimizers(self):
        """Return the optimiser and the schedule that the settings name."""
        algorithm = optimiser(self.network.parameters(), self.settings)
        steps = int(self.trainer.estimated_stepping_batches)
        scheduled = schedule(algorithm, self.settings, steps)
        if scheduled is None:
            return algorithm
        return [algorithm], [{"scheduler": scheduled, "interval": "step"}]


def learned_positions(
    corpus: Corpus, settings: TrainingSettings, seed: int
) -> dict[str, np.ndarray]:
    """Return the clips of every split that a training listens to."""
    train = budgeted(corpus, settings.labels, seed)
    return {
        split: train if split == "train" else corpus.indices(split) for split in settings.splits
    }


def cached_split(corpus: Corpus, split: str, cache: dict[str, Tensor], stage: str) -> Cached | None:
    """Return what a cache keeps of a split, None if it is empty.

    Args:
        corpus: that is learned.
        split: train or validation.
        cache: split -> sounds in the order of the corpus.
        stage: what the sounds are, see `Clips`.
    """
    if split not in cache:
        return None
    positions = corpus.indices(split)
    rows = np.full(len(corpus), -1)
    rows[positions] = np.arange(len(positions))
    return Cached(cache[split], rows, stage)


def loader(
    corpus: Corpus,
    targets: np.ndarray,
    positions: np.ndarray,
    batch: int,
    rate: int,
    seed: int | None = None,
    cached: Cached | None = None,
    ranks: Ranks = ALONE,
) -> DataLoader:
    """Return batches of clips: shuffled anew each epoch with a seed, in order without.

    Each comes with the share of it that a process has, at the sampling rate ``rate`` in Hz.
    """
    return DataLoader(
        CorpusBatches(corpus, targets, rate, cached, ranks),
        batch_size=None,
        sampler=EpochBatches(positions, batch, seed),
        # a loader draws a seed when an epoch begins, or earlier where a training goes on: not from
        # the generator that dropout draws from
        generator=torch.Generator(),
    )
