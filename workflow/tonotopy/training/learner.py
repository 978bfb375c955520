"""Train a network on a corpus with Lightning."""

import zlib

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from tonotopy.corpora.hearing import waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.frontends.stages import FrontEnd
from tonotopy.training.augmentation.declared import Step
from tonotopy.training.clips import FEATURES, WAVEFORM, Clips
from tonotopy.training.listening import Batch, hear
from tonotopy.training.objectives import Objective
from tonotopy.training.optimisers import optimiser, schedule
from tonotopy.training.settings import TrainingSettings
from tonotopy.training.shares import Share, gathered


class CorpusBatches(Dataset):
    """Batches of a corpus, addressed by arrays of positions: one read per batch.

    Args:
        corpus: read from its memory-mapped files.
        targets: a row per clip.
        rate: sampling rate in Hz at which the clips are heard.
        cached: features of the positions, if they are kept.
        positions: of the clips that will be asked for.
        rank: which of the processes this is.
        ranks: number of processes.
    """

    def __init__(self, corpus, targets, rate, cached=None, positions=None, rank=0, ranks=1):
        self.corpus, self.targets, self.rate, self.cached = corpus, targets, rate, cached
        self.rank, self.ranks = rank, ranks
        if cached is not None:
            self.row = np.full(len(corpus), -1)
            self.row[positions] = np.arange(len(positions))

    def __getitem__(self, positions: np.ndarray) -> Clips:
        """Return the process's share: cached features, or waveforms."""
        share = Share.of(len(positions), self.rank, self.ranks)
        own = positions[share.slice]
        targets = torch.from_numpy(self.targets[own])
        if self.cached is not None:
            return Clips(self.cached[self.row[own]], targets, share, self.rate, FEATURES)
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

    def on_train_epoch_start(self) -> None:
        # dropout: other units for the clips of other processes
        torch.manual_seed(self.seed + 1_000_003 * self.current_epoch + 7919 * self.global_rank)

    def training_step(self, clips: Clips, index: int) -> Tensor:
        rng = torch.Generator()
        rng.manual_seed(zlib.crc32(f"{self.seed} {self.current_epoch} {index}".encode()))
        loss, _ = self._loss(Batch(clips, self.hear, rng))
        self._log_loss("train_loss", loss, clips.share, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, clips: Clips, index: int) -> None:
        targets, share = clips.targets, clips.share
        loss, outputs = self._loss(Batch(clips, self.hear))
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


def loader(
    corpus: Corpus,
    targets,
    split: str,
    batch: int,
    rate: int,
    seed=None,
    cached=None,
    rank=0,
    ranks=1,
) -> DataLoader:
    """Return batches of a split: shuffled anew each epoch with a seed, in order without.

    Each comes with the share of it that process ``rank`` of ``ranks`` has, at the sampling rate
    ``rate`` in Hz.
    """
    positions = corpus.indices(split)
    return DataLoader(
        CorpusBatches(corpus, targets, rate, cached, positions, rank, ranks),
        batch_size=None,
        sampler=EpochBatches(positions, batch, seed),
    )
