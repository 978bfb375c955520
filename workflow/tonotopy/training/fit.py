"""From a corpus and settings to a trained network bundle, resumable after a kill."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor, nn

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.files import naming
from tonotopy.frontends import registry as front_ends
from tonotopy.frontends.log_mel import LogMel, statistics
from tonotopy.gpus import claim_gpus
from tonotopy.networks.bundle import load, save
from tonotopy.networks.deit import initialise_from_deit, read_deit
from tonotopy.networks.registry import ARCHITECTURES, build
from tonotopy.training.augment import Augmentation
from tonotopy.training.checkpoints import resumable
from tonotopy.training.learner import Learner, TrainingSettings
from tonotopy.training.loop import Job, Outcome, fit
from tonotopy.training.objectives import objective
from tonotopy.training.ranks import launch

BATCH = 256  # clips per batch of the front end


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
    job = Job(module, corpus.path, aim.targets(corpus), cache, place, resumable(place), logs,
              accelerator, max(1, torch.get_num_threads() // options.devices))  # fmt: skip
    history = _take_best(module, _fitted(job, starter))
    info = {
        **_described(settings, corpus, options, seed),
        "arguments": arguments,
        "augmentation": asdict(augmentation),
        "best": history.loc[history[aim.metric].idxmax()].to_dict(),
    }
    save(out, module.network, front_end, info)
    return history


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
    text = json.dumps([settings, corpus.info["content_sha256"], seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
