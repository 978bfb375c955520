"""The training loop, in one process or in one of several that share every batch."""

import logging
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.plugins.environments import ClusterEnvironment, LightningEnvironment
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor
from torch.utils.data import DataLoader

from tonotopy.corpora.schema import Corpus
from tonotopy.training.checkpoints import Resumption, best_epochs, every_epoch, resuming
from tonotopy.training.clips import FEATURES, WAVEFORM
from tonotopy.training.learner import (
    Learner,
    Ranks,
    cached_split,
    learned_positions,
    loader,
)
from tonotopy.training.snapshots import Snapshots


class EpochLines(lightning.Callback):
    """One plain line per epoch for the log, and the history as a table."""

    def __init__(self):
        self.rows: list[dict] = []

    def state_dict(self) -> dict:
        return {"rows": self.rows}

    def load_state_dict(self, state: dict) -> None:
        self.rows = state["rows"]

    def on_train_epoch_start(self, trainer, module) -> None:
        self._began = time.monotonic()

    def on_train_epoch_end(self, trainer, module) -> None:
        metrics = {k: float(v) for k, v in trainer.callback_metrics.items()}
        self.rows.append({"epoch": trainer.current_epoch, **metrics})
        values = ", ".join(f"{k} {v:.3f}" for k, v in sorted(metrics.items()))
        seconds = time.monotonic() - self._began
        if trainer.is_global_zero:
            line = f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}: {values}"
            print(f"{line} ({seconds:.0f} s)", flush=True)


@dataclass
class Job:
    """Everything that a process needs to train.

    Attributes:
        module: the network and how it learns; its settings say with how many devices.
        corpus: folder of the corpus.
        targets: of the objective, a row per clip.
        cache: split -> features, or empty.
        checkpoints: folder for the checkpoints of every epoch.
        resume: what to go on from, or None.
        logs: folder for TensorBoard.
        accelerator: auto, cpu or gpu.
        threads: of torch, in each process.
    """

    module: Learner
    corpus: Path
    targets: np.ndarray
    cache: dict[str, Tensor]
    checkpoints: Path
    resume: Resumption | None
    logs: Path
    accelerator: str
    threads: int


@dataclass(frozen=True)
class Outcome:
    """What a training leaves behind: a row per epoch, and the kept epoch's checkpoint."""

    rows: list[dict]
    kept: str


def fit(job: Job, environment: ClusterEnvironment | None = None) -> Outcome:
    """Train, from the last epoch of an earlier training if there is one.

    Args:
        job: what to train.
        environment: which of several processes this is; by default the only one.
    """
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    environment = environment or LightningEnvironment()
    settings, rank = job.module.settings, environment.global_rank()
    lines = EpochLines()
    last = every_epoch(job.checkpoints)
    by_score = settings.keep == "best"
    best = best_epochs(job.checkpoints, job.module.objective.metric) if by_score else last
    # checkpoints last: what they hold is then already written by the others
    snapshots = Snapshots(job.checkpoints, settings.snapshots)
    callbacks = [lines, snapshots, *([best] if by_score else []), last]
    if job.resume and rank == 0:
        print(resuming(job.resume, settings.epochs), flush=True)
    with warnings.catch_warnings():
        # batches are read from memory-mapped files: worker processes would only cost time here
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
        warnings.filterwarnings("ignore", message=".*smaller than the logging interval.*")
        warnings.filterwarnings("ignore", message=".*have no `val_dataloader`.*")
        warnings.filterwarnings("ignore", message=".*in eval mode at the start of training.*")
        warnings.filterwarnings("ignore", message=".*`srun` command is available.*")
        warnings.filterwarnings("ignore", category=FutureWarning, module="lightning")
        trainer = _trainer(job, environment, callbacks)
        checkpoint = job.resume.checkpoint if job.resume else None
        trainer.fit(job.module, *_loaders(job, rank), ckpt_path=checkpoint, weights_only=True)
    return Outcome(lines.rows, best.best_model_path)


def _loaders(job: Job, rank: int) -> list[DataLoader]:
    """Return the batches of the training and the validation split, as a process has them."""
    module, corpus = job.module, Corpus(job.corpus)
    settings = module.settings
    stage = WAVEFORM if module.front_end.raw else FEATURES

    def batches(split: str, positions: np.ndarray, seed: int | None) -> DataLoader:
        return loader(
            corpus,
            job.targets,
            positions,
            settings.batch,
            module.front_end.settings.rate,
            seed,
            cached_split(corpus, split, job.cache, stage),
            Ranks(rank, settings.devices),
        )

    positions = learned_positions(corpus, settings, module.seed)
    seeds = {"train": module.seed}
    return [batches(split, own, seeds.get(split)) for split, own in positions.items()]


def _trainer(job: Job, environment: ClusterEnvironment, callbacks: list) -> lightning.Trainer:
    bars = [TQDMProgressBar()] if sys.stderr.isatty() else []
    on_gpu = job.accelerator != "cpu" and torch.cuda.is_available()
    bf16 = on_gpu and torch.cuda.is_bf16_supported()
    devices = job.module.settings.devices
    # every process sees the same batches, so its buffers agree without being sent around
    several = DDPStrategy(
        process_group_backend="nccl" if on_gpu else "gloo", broadcast_buffers=False
    )
    return lightning.Trainer(
        max_epochs=job.module.settings.epochs,
        accelerator=job.accelerator,
        devices=devices,
        strategy=several if devices > 1 else "auto",
        plugins=[environment],
        sync_batchnorm=devices > 1 and on_gpu,
        precision="bf16-mixed" if bf16 else "32-true",
        gradient_clip_val=job.module.settings.gradient_clip,
        callbacks=[*callbacks, *bars],
        enable_progress_bar=bool(bars),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        logger=TensorBoardLogger(job.logs, name="", version=""),
    )
