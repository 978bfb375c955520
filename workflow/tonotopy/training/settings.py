"""How a network is trained, and what a schema cannot tell about it.

Imports nothing heavy, so that a configuration is checked without torch.
"""

from dataclasses import dataclass

from tonotopy.errors import InputError
from tonotopy.training.augmentation.declared import refuse_mapping, steps


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained: ``training`` of its entry in config.yaml.

    Attributes:
        epochs: passes over the training split.
        batch: clips per step, over all devices.
        learning_rate: of the optimiser; the peak where the schedule has one.
        weight_decay: decoupled with adamw (Loshchilov and Hutter 2019), an L2 penalty otherwise.
        optimiser: adamw, adam or sgd, see `optimisers`.
        momentum: of sgd alone.
        schedule: constant, one_cycle or warmup_cosine, see `optimisers`.
        warmup_share: share of the steps in which the learning rate rises, of the last two.
        cache: keep features in memory; possible where no waveform is augmented.
        objective: classify, tag, text_contrast or distil.
        teacher: name of the network to distil from; its folder is given to the training.
        devices: how many GPUs (or processes, without GPUs) share every batch.
        snapshots: epochs after which weights are kept; 0 keeps those before training.
    """

    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.01
    optimiser: str = "adamw"
    momentum: float = 0.9
    schedule: str = "constant"
    warmup_share: float = 0.1
    cache: bool = False
    objective: str = "classify"
    teacher: str | None = None
    devices: int = 1
    snapshots: tuple[int, ...] = ()


def refuse_old_forms(networks: dict) -> None:
    """Refuse forms of a network's entry that were valid once, before the schema is asked.

    Args:
        networks: the entries of config.yaml.

    Raises:
        InputError: the message says what to write instead.
    """
    for name, entry in networks.items() if isinstance(networks, dict) else ():
        if isinstance(entry, dict):
            refuse_mapping(entry.get("augmentation"), f"networks.{name}.augmentation")
            training = entry.get("training")
            if isinstance(training, dict) and training.get("objective") == "contrast":
                raise InputError(
                    f"networks.{name}.training.objective: 'contrast' is called 'text_contrast' now"
                )


def check_training(entry: dict, prefix: str = "") -> None:
    """Check augmentation, cache, optimiser, schedule and snapshots of a network's entry.

    Args:
        entry: architecture, front_end, training and, if wanted, augmentation.
        prefix: key of the entry with a dot behind it, for messages.

    Raises:
        InputError: the message begins with the key.
    """
    training = entry["training"]
    augmentation = steps(entry.get("augmentation"), entry["front_end"], f"{prefix}augmentation")
    altered = [step.transform for step in augmentation if step.domain == "waveform"]
    if training.get("cache") and altered:
        raise InputError(
            f"{prefix}training.cache: 'cache' and '{altered[0]}' exclude each other, since it "
            "alters waveforms anew every epoch; drop one"
        )
    if "momentum" in training and training.get("optimiser") != "sgd":
        raise InputError(f"{prefix}training.momentum: only optimiser 'sgd' has it")
    if "warmup_share" in training and training.get("schedule", "constant") == "constant":
        raise InputError(f"{prefix}training.warmup_share: schedule 'constant' has no warm-up")
    for epoch in training.get("snapshots", []):
        if not 0 <= epoch <= training["epochs"]:
            raise InputError(
                f"{prefix}training.snapshots: there is no epoch {epoch}, expected 0 (before "
                f"training) to {training['epochs']} (training.epochs)"
            )
