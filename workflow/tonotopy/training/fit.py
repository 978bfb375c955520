"""From a corpus and settings to a trained network bundle, resumable after a kill."""

import hashlib
import json
import logging
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import lightning
import pandas as pd
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor, nn

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.frontends.log_mel import LogMel, statistics
from tonotopy.networks.bundle import load, save
from tonotopy.networks.deit import initialise_from_deit, read_deit
from tonotopy.networks.registry import ARCHITECTURES, build
from tonotopy.training.augment import Augmentation
from tonotopy.training.learner import Learner, TrainingSettings, loader
from tonotopy.training.objectives import objective

BATCH = 256  # clips per batch of the front end


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
        told = ", ".join(f"{k} {v:.3f}" for k, v in sorted(metrics.items()))
        seconds = time.monotonic() - self._began
        print(f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}: {told} ({seconds:.0f} s)")


def train(
    corpus: Corpus,
    settings: dict,
    out: Path,
    checkpoints: Path,
    logs: Path,
    seed: int,
    accelerator: str = "auto",
    initial_weights: Path | None = None,
    teacher: Path | None = None,
) -> pd.DataFrame:
    """Train a network and write its bundle; a killed training goes on from its last epoch.

    Args:
        corpus: its training split is learned, its validation split chooses the epoch.
        settings: a network's entry in config.yaml: architecture, arguments, front_end, training,
            augmentation.
        out: folder of the bundle.
        checkpoints: folder that survives a kill; only a training with the same settings and the
            same corpus resumes from it. It is emptied at the end.
        logs: folder for TensorBoard.
        seed: seed of the run.
        accelerator: auto, cpu or gpu.
        initial_weights: a DeiT checkpoint to start from.
        teacher: bundle of the network to distil from.

    Returns:
        The history, one row per epoch.
    """
    options = TrainingSettings(**settings["training"])
    augmentation = _augmentation(settings, options)
    front_end, cache = fitted_front_end(corpus, settings["front_end"], options.cache)
    taught = load(teacher) if teacher is not None else None
    aim = objective(options.objective, len(corpus.classes), taught)
    torch.manual_seed(seed)
    network, arguments = _built(settings, front_end, corpus)
    if initial_weights is not None:
        initialise_from_deit(network, read_deit(initial_weights))
    module = Learner(network, front_end, augmentation, options, aim, seed)
    place = checkpoints / _digest(settings, corpus, seed)
    history = _run(module, corpus, cache, place, logs, accelerator)
    info = {
        "architecture": settings["architecture"],
        "arguments": arguments,
        "classes": corpus.classes,
        "corpus": {"name": corpus.name, "content_sha256": corpus.info["content_sha256"]},
        "training": asdict(options),
        "augmentation": asdict(augmentation),
        "seed": seed,
        "trained": True,
        "best": history.loc[history[aim.metric].idxmax()].to_dict(),
    }
    save(out, module.network, front_end, info)
    shutil.rmtree(place, ignore_errors=True)
    return history


def _augmentation(settings: dict, options: TrainingSettings) -> Augmentation:
    wanted = settings.get("augmentation", {})
    augmentation = Augmentation.from_config(wanted)
    if options.cache and augmentation.alters_waveforms:
        raise InputError("training: 'cache' and noise augmentation exclude each other; drop one")
    kind = settings["front_end"].get("kind", "log_mel")
    if wanted and kind != "log_mel":
        raise InputError(f"training: augmentation needs the front end 'log_mel', not '{kind}'")
    return augmentation


def _built(settings: dict, front_end: nn.Module, corpus: Corpus) -> tuple[nn.Module, dict]:
    """Return the untrained network and its arguments, with the classes' names where it reads."""
    arguments, name = settings.get("arguments", {}), settings["architecture"]
    if name in ARCHITECTURES and ARCHITECTURES[name].reads:
        arguments = {**arguments, "texts": corpus.classes}
    return build(name, arguments, front_end.settings, len(corpus.classes)), arguments


def fitted_front_end(
    corpus: Corpus, settings: dict, cache: bool = False
) -> tuple[nn.Module, dict[str, Tensor]]:
    """Return the front end; a log-mel one with the training split's statistics.

    With ``cache`` the spectrograms of the training and validation splits come along: log-mel
    before normalisation, since augmentation works there, of other kinds what the network is given.
    """
    front_end = front_ends.build(settings)
    if front_end.settings.rate != corpus.rate:
        raise InputError(
            f"corpus {corpus.name} has {corpus.rate} Hz, the network's front end "
            f"{front_end.settings.rate} Hz: make them equal in config.yaml"
        )
    if not isinstance(front_end, LogMel):
        return front_end, _cached(front_end, corpus) if cache else {}
    if not cache:
        found = statistics(_heard(front_end.log_mel, corpus, "train"))
        return front_end.with_statistics(*found), {}
    cached = _cached(front_end.log_mel, corpus)
    return front_end.with_statistics(*statistics(cached["train"].split(BATCH))), cached


def _cached(listen: Callable[[Tensor], Tensor], corpus: Corpus) -> dict[str, Tensor]:
    return {
        split: torch.cat(list(_heard(listen, corpus, split))) for split in ("train", "validation")
    }


@torch.no_grad()
def _heard(listen: Callable[[Tensor], Tensor], corpus: Corpus, split: str) -> Iterator[Tensor]:
    positions = corpus.indices(split)
    for start in range(0, len(positions), BATCH):
        waveforms = torch.from_numpy(corpus.waveforms(positions[start : start + BATCH]))
        yield listen(waveforms)


def _run(
    module: Learner,
    corpus: Corpus,
    cache: dict[str, Tensor],
    place: Path,
    logs: Path,
    accelerator: str,
) -> pd.DataFrame:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    lines = EpochLines()
    metric = module.objective.metric
    best = ModelCheckpoint(place, monitor=metric, mode="max", save_last=True, filename="best")
    bars = [TQDMProgressBar()] if sys.stderr.isatty() else []
    on_gpu = accelerator != "cpu" and torch.cuda.is_available()
    bf16 = on_gpu and torch.cuda.is_bf16_supported()
    trainer = lightning.Trainer(
        max_epochs=module.settings.epochs,
        accelerator=accelerator,
        devices=1,
        precision="bf16-mixed" if bf16 else "32-true",
        gradient_clip_val=1.0,
        callbacks=[lines, best, *bars],
        enable_progress_bar=bool(bars),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        logger=TensorBoardLogger(logs, name="", version=""),
    )
    targets, batch = module.objective.targets(corpus), module.settings.batch
    loaders = [
        loader(corpus, targets, corpus.indices(split), batch, seed, cache.get(split))
        for split, seed in (("train", module.seed), ("validation", None))
    ]
    last = place / "last.ckpt"
    if last.is_file():
        print(f"resuming from {last}")
    with warnings.catch_warnings():
        # batches are read from memory-mapped files: worker processes would only cost time here
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
        warnings.filterwarnings("ignore", message=".*smaller than the logging interval.*")
        warnings.filterwarnings("ignore", category=FutureWarning, module="lightning")
        resume = last if last.is_file() else None
        trainer.fit(module, *loaders, ckpt_path=resume, weights_only=True)
    weights = torch.load(best.best_model_path, map_location="cpu", weights_only=True)
    module.load_state_dict(weights["state_dict"])
    module.eval().cpu()
    return pd.DataFrame(lines.rows)


def _digest(settings: dict, corpus: Corpus, seed: int) -> str:
    text = json.dumps([settings, corpus.info["content_sha256"], seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
