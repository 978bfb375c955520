"""From a corpus and settings to a trained network bundle, resumable after a kill."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from torch import nn

from tonotopy.corpora.schema import Corpus
from tonotopy.files import naming
from tonotopy.frontends.stages import FrontEnd
from tonotopy.gpus import claim_gpus
from tonotopy.networks.bundle import load, save
from tonotopy.networks.registry import ARCHITECTURES
from tonotopy.networks.snapshots import relative_path
from tonotopy.networks.starts import initial_network
from tonotopy.seeding import generator
from tonotopy.training.augmentation.declared import Step, steps
from tonotopy.training.checkpoints import resumable
from tonotopy.training.learner import Learner
from tonotopy.training.listening import fitted_front_end
from tonotopy.training.loop import Job, Outcome, fit
from tonotopy.training.objectives import Objective, objective
from tonotopy.training.ranks import launch
from tonotopy.training.settings import TrainingSettings, check_training

FORMAT = 3  # of checkpoints: those of another one are not gone on from


class Start(NamedTuple):
    """A network that a training starts from.

    Attributes:
        network: with its weights.
        arguments: from which its architecture builds it.
        aim: from the objective of the settings to that of this network.
        digest: tells its weights from others, for checkpoints.
    """

    network: nn.Module
    arguments: dict
    aim: Callable[[Objective], Objective] = lambda objective: objective
    digest: str = ""


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
    starter: str | None = None,
    start: Start | None = None,
) -> pd.DataFrame:
    """Train a network and write its bundle; a killed training goes on from its last epoch.

    With several ``training.devices`` each has a process and a slice of every batch. What is learned
    is what one device would learn, but for rounding and, where a network has dropout, for which
    units are dropped. Batch norm is taken over all of a batch (SyncBatchNorm).

    Args:
        corpus: its training split is learned, its validation split chooses the epoch.
        settings: a network's entry in config.yaml: architecture, arguments, front_end, training,
            augmentation.
        out: folder of the bundle.
        checkpoints: folder that survives a kill; only a training with the same settings and the
            same corpus resumes from it. Whoever knows that the bundle is kept empties it.
        logs: folder for TensorBoard.
        seed: seed of the run.
        accelerator: auto, cpu or gpu.
        initial_weights: a DeiT checkpoint to start from.
        teacher: bundle of the network to distil from.
        starter: what starts the processes of several devices, see `ranks.launch`.
        start: a network to start from, in place of a new one.

    Returns:
        The history, one row per epoch.
    """
    check_training(settings)
    options = _options(settings["training"])
    seed = _seed_of_run(seed, options.run)
    augmentation = steps(settings.get("augmentation"), settings["front_end"])
    front_end, cache = fitted_front_end(corpus, settings["front_end"], options.cached_splits)
    plain = _objective(options, corpus, augmentation, teacher)
    classes = corpus.classes if plain.answers_classes else []
    start = start or _initialised(settings, front_end, classes, seed, initial_weights)
    aim = start.aim(plain)
    module = Learner(start.network, front_end, augmentation, options, aim, seed)
    folder = checkpoints / _digest(settings, corpus, seed, start.digest)
    outcome = _fitted(_job(module, corpus, cache, folder, logs, accelerator), starter)
    history = _take_kept(module, outcome)
    info = {
        **_described(settings, corpus, options, seed),
        "classes": classes,
        "arguments": start.arguments,
        "augmentation": [step.described() for step in augmentation],
        "best": _kept_epoch(history, options, aim.metric),
    }
    kept = {epoch: folder / relative_path(epoch) for epoch in options.snapshots}
    save(out, module.network, front_end, info, kept)
    return history


def _seed_of_run(seed: int, run: int) -> int:
    """Return the seed of one of several trainings that are alike; the first one's is the run's."""
    return int(generator(seed, "run", run).integers(2**31)) if run else seed


def _kept_epoch(history: pd.DataFrame, options: TrainingSettings, metric: str) -> dict:
    """Return the row of the epoch whose weights are kept."""
    row = history[metric].idxmax() if options.keep == "best" else history.index[-1]
    return history.loc[row].to_dict()


def _objective(
    options: TrainingSettings, corpus: Corpus, augmentation: list[Step], teacher: Path | None
) -> Objective:
    taught = load(teacher) if teacher is not None else None
    mixed = any(step.transform == "mixup" for step in augmentation)
    return objective(
        options.objective,
        len(corpus.classes),
        taught,
        soft=mixed,
        contrast=options.contrast,
        reconstruct=options.reconstruct,
    )


def _options(training: dict) -> TrainingSettings:
    epochs = tuple(sorted(training.get("snapshots", ())))
    return TrainingSettings(**{**training, "snapshots": epochs})


def _job(
    module: Learner,
    corpus: Corpus,
    cache: dict[str, torch.Tensor],
    folder: Path,
    logs: Path,
    accelerator: str,
) -> Job:
    """Return what there is to train, from the last epoch in a folder of checkpoints if any."""
    settings = module.settings
    threads = max(1, torch.get_num_threads() // settings.devices)
    targets = module.objective.targets(corpus)
    resume = resumable(folder, settings.snapshots)
    return Job(module, corpus.path, targets, cache, folder, resume, logs, accelerator, threads)


def _fitted(job: Job, starter: str | None) -> Outcome:
    """Train in this process, or with several devices in one for each."""
    devices = job.module.settings.devices
    if job.accelerator != "cpu" and torch.cuda.is_available():
        claim_gpus(devices, torch.cuda.device_count())
    with naming(job.checkpoints):
        return fit(job) if devices == 1 else launch(job, starter)


def _described(settings: dict, corpus: Corpus, options: TrainingSettings, seed: int) -> dict:
    return {
        "architecture": settings["architecture"],
        "corpus": {"name": corpus.name, "content_sha256": corpus.info["content_sha256"]},
        "training": {k: v for k, v in asdict(options).items() if k != "devices"},
        "seed": seed,
        "trained": True,
        **({"layers": settings["layers"]} if "layers" in settings else {}),
    }


def _initialised(
    settings: dict, front_end: FrontEnd, classes: list[str], seed: int, weights: Path | None
) -> Start:
    """Return the untrained network and its arguments, with the classes' names where it reads."""
    arguments, name = settings.get("arguments", {}), settings["architecture"]
    if name in ARCHITECTURES and ARCHITECTURES[name].reads:
        arguments = {**arguments, "texts": classes}
    network = initial_network(name, arguments, front_end.settings, len(classes), seed, weights)
    return Start(network, arguments)


def _take_kept(module: Learner, outcome: Outcome) -> pd.DataFrame:
    """Give a module the weights of the epoch that is kept; return the history."""
    weights = torch.load(outcome.kept, map_location="cpu", weights_only=True)
    module.load_state_dict(weights["state_dict"])
    module.eval().cpu()
    return pd.DataFrame(outcome.rows)


def _digest(settings: dict, corpus: Corpus, seed: int, start: str) -> str:
    # with another number of devices a training may go on: it learns the same
    training = {k: v for k, v in settings["training"].items() if k != "devices"}
    settings = {k: v for k, v in settings.items() if k != "layers"} | {"training": training}
    content = corpus.info["content_sha256"]
    text = json.dumps([FORMAT, settings, content, seed, start], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
