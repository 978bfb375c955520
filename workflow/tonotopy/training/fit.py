"""From a corpus and settings to a trained network bundle, resumable after a kill."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from tonotopy.corpora.schema import Corpus
from tonotopy.files import naming
from tonotopy.frontends.stages import FrontEnd
from tonotopy.gpus import claim_gpus
from tonotopy.networks.bundle import load, save
from tonotopy.networks.deit import initialise_from_deit, read_deit
from tonotopy.networks.registry import ARCHITECTURES, build
from tonotopy.networks.snapshots import relative_path
from tonotopy.training.augmentation.declared import steps
from tonotopy.training.checkpoints import resumable
from tonotopy.training.learner import Learner
from tonotopy.training.listening import fitted_front_end
from tonotopy.training.loop import Job, Outcome, fit
from tonotopy.training.objectives import objective
from tonotopy.training.ranks import launch
from tonotopy.training.settings import TrainingSettings, check_training

FORMAT = 2  # of checkpoints: those of another one are not gone on from


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

    Returns:
        The history, one row per epoch.
    """
    check_training(settings)
    options = _options(settings["training"])
    augmentation = steps(settings.get("augmentation"), settings["front_end"])
    front_end, cache = fitted_front_end(corpus, settings["front_end"], options.cache)
    taught = load(teacher) if teacher is not None else None
    aim = objective(options.objective, len(corpus.classes), taught)
    network, arguments = _initialised(settings, front_end, corpus, seed, initial_weights)
    module = Learner(network, front_end, augmentation, options, aim, seed)
    folder = checkpoints / _digest(settings, corpus, seed)
    threads = max(1, torch.get_num_threads() // options.devices)
    resume = resumable(folder, options.snapshots)
    job = Job(
        module, corpus.path, aim.targets(corpus), cache, folder, resume, logs, accelerator, threads
    )
    history = _take_best(module, _fitted(job, starter))
    info = {
        **_described(settings, corpus, options, seed),
        "arguments": arguments,
        "augmentation": [step.described() for step in augmentation],
        "best": history.loc[history[aim.metric].idxmax()].to_dict(),
    }
    snapshots = {epoch: folder / relative_path(epoch) for epoch in options.snapshots}
    save(out, module.network, front_end, info, snapshots)
    return history


def _options(training: dict) -> TrainingSettings:
    epochs = tuple(sorted(training.get("snapshots", ())))
    return TrainingSettings(**{**training, "snapshots": epochs})


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
        "classes": corpus.classes,
        "corpus": {"name": corpus.name, "content_sha256": corpus.info["content_sha256"]},
        "training": {k: v for k, v in asdict(options).items() if k != "devices"},
        "seed": seed,
        "trained": True,
        **({"layers": settings["layers"]} if "layers" in settings else {}),
    }


def _initialised(
    settings: dict, front_end: FrontEnd, corpus: Corpus, seed: int, weights: Path | None
) -> tuple[nn.Module, dict]:
    """Return the untrained network and its arguments, with the classes' names where it reads."""
    arguments, name = settings.get("arguments", {}), settings["architecture"]
    if name in ARCHITECTURES and ARCHITECTURES[name].reads:
        arguments = {**arguments, "texts": corpus.classes}
    torch.manual_seed(seed)
    network = build(name, arguments, front_end.settings, len(corpus.classes))
    if weights is not None:
        initialise_from_deit(network, read_deit(weights))
    return network, arguments


def _take_best(module: Learner, outcome: Outcome) -> pd.DataFrame:
    """Give a module the weights of its best epoch; return the history."""
    weights = torch.load(outcome.best, map_location="cpu", weights_only=True)
    module.load_state_dict(weights["state_dict"])
    module.eval().cpu()
    return pd.DataFrame(outcome.rows)


def _digest(settings: dict, corpus: Corpus, seed: int) -> str:
    # with another number of devices a training may go on: it learns the same
    training = {k: v for k, v in settings["training"].items() if k != "devices"}
    settings = {k: v for k, v in settings.items() if k != "layers"} | {"training": training}
    content = corpus.info["content_sha256"]
    text = json.dumps([FORMAT, settings, content, seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
