"""How a network is trained, and what a schema cannot tell about it.

Imports nothing heavy, so that a configuration is checked without torch.
"""

from dataclasses import dataclass

from tonotopy.errors import InputError
from tonotopy.frontends.domains import DEFAULT
from tonotopy.training.augmentation.declared import Step, refuse_mapping, steps

UNMIXED = (
    "text_contrast",
    "distil",
    "simclr",
    "reconstruct",
)  # objectives whose targets cannot be mixed

CODECS = ("small_codec",)  # architectures that reconstruct what they hear


@dataclass(frozen=True)
class ContrastSettings:
    """The two views of a clip and how they are compared (study 4: thesis section 4.3).

    Attributes:
        seconds: length of each view in s.
        overlapping: whether the views are drawn independently, rather than without overlap.
        temperature: that cosine similarities are divided by.
        decoupled: leave the positive out of the denominator (Yeh et al. 2022).
    """

    seconds: float = 2.5
    overlapping: bool = False
    temperature: float = 0.1
    decoupled: bool = False


@dataclass(frozen=True)
class ReconstructionSettings:
    """What a codec's reconstructions are judged by in training.

    Attributes:
        unquantised: share of the training's steps before the codebooks are used.
        commitment: weight of the distance of latents from what they are quantised to.
        spectral: weight of the difference of the spectra; that of the waveforms has 1.
        windows: of the spectra, in samples.
    """

    unquantised: float = 0.4
    commitment: float = 0.25
    spectral: float = 1.0
    windows: tuple[int, ...] = (256, 512, 1024)

    def __post_init__(self):
        object.__setattr__(self, "windows", tuple(self.windows))


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
        cache: keep features in memory; possible where no waveform is augmented, or where features
            are the waveforms themselves.
        objective: classify, tag, text_contrast, distil, simclr or reconstruct.
        teacher: name of the network to distil from; its folder is given to the training.
        devices: how many GPUs (or processes, without GPUs) share every batch.
        snapshots: epochs after which weights are kept; 0 keeps those before training.
        labels: training clips that are learned from, spread evenly over the classes, see `budget`;
            None for all.
        keep: which epoch's weights are kept: best (by the objective's score) or last.
        gradient_clip: largest norm of the gradient of all weights together; None for any.
        run: number of this training among several that are alike: another draw of everything.
        contrast: of objective simclr alone; a mapping is converted.
        reconstruct: of objective reconstruct alone; a mapping is converted.
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
    labels: int | None = None
    keep: str = "best"
    gradient_clip: float | None = 1.0
    run: int = 0
    contrast: ContrastSettings | None = None
    reconstruct: ReconstructionSettings | None = None

    def __post_init__(self):
        if isinstance(self.contrast, dict):
            object.__setattr__(self, "contrast", ContrastSettings(**self.contrast))
        if isinstance(self.reconstruct, dict):
            object.__setattr__(self, "reconstruct", ReconstructionSettings(**self.reconstruct))

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits that the training listens to; only the best epoch needs another than train."""
        return ("train", "validation") if self.keep == "best" else ("train",)

    @property
    def cached_splits(self) -> tuple[str, ...]:
        """Those of the splits whose features are kept in memory."""
        return self.splits if self.cache else ()


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
    """Check augmentation, cache, objective, optimiser, schedule and snapshots of an entry.

    Args:
        entry: architecture, front_end, training and, if wanted, augmentation.
        prefix: key of the entry with a dot behind it, for messages.

    Raises:
        InputError: the message begins with the key.
    """
    training = entry["training"]
    augmentation = steps(entry.get("augmentation"), entry["front_end"], f"{prefix}augmentation")
    _check_cache(training, entry["front_end"], augmentation, prefix)
    _check_contrast(training, prefix)
    _check_reconstruction(entry, prefix)
    _check_mixup(training, augmentation, prefix)
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


def _check_cache(training: dict, front_end: dict, augmentation: list[Step], prefix: str) -> None:
    """Refuse a cache of features where the waveform is asked for anew every epoch."""
    kind = front_end.get("kind", DEFAULT)
    if not training.get("cache") or kind == "waveform":
        return
    for step in augmentation:
        if step.domain == "waveform":
            raise InputError(
                f"{prefix}training.cache: 'cache' and '{step.transform}' exclude each other, since "
                "it alters waveforms anew every epoch; drop one"
            )
    if training.get("objective") == "simclr":
        raise InputError(
            f"{prefix}training.cache: 'cache' and objective 'simclr' exclude each other, since it "
            f"crops waveforms anew every epoch and front end '{kind}' keeps features; drop 'cache'"
        )


def _check_contrast(training: dict, prefix: str) -> None:
    """Refuse settings of a contrast without one, and a contrast without settings."""
    given, contrasted = training.get("contrast") is not None, training.get("objective") == "simclr"
    if given and not contrasted:
        raise InputError(f"{prefix}training.contrast: only objective 'simclr' has it")
    if contrasted and not given:
        raise InputError(
            f"{prefix}training.contrast: objective 'simclr' needs it, such as {{seconds: 2.5}}"
        )


def _check_reconstruction(entry: dict, prefix: str) -> None:
    """Refuse a reconstruction by anything but a codec that hears waveforms, and one without."""
    training = entry["training"]
    given = training.get("reconstruct") is not None
    reconstructs = training.get("objective") == "reconstruct"
    if given and not reconstructs:
        raise InputError(f"{prefix}training.reconstruct: only objective 'reconstruct' has it")
    if reconstructs and not given:
        raise InputError(
            f"{prefix}training.reconstruct: objective 'reconstruct' needs it, such as "
            "{unquantised: 0.4}"
        )
    if reconstructs != (entry.get("architecture") in CODECS):
        raise InputError(
            f"{prefix}training.objective: 'reconstruct' and an architecture that reconstructs "
            f"({', '.join(CODECS)}) go together"
        )
    kind = entry["front_end"].get("kind", DEFAULT)
    if reconstructs and kind != "waveform":
        raise InputError(
            f"{prefix}front_end.kind: objective 'reconstruct' needs 'waveform', not '{kind}'"
        )


def _check_mixup(training: dict, augmentation: list[Step], prefix: str) -> None:
    """Refuse mixup where the objective has no targets that could be mixed."""
    objective = training.get("objective", "classify")
    for i, step in enumerate(augmentation):
        if step.transform == "mixup" and objective in UNMIXED:
            raise InputError(
                f"{prefix}augmentation.{i}: 'mixup' mixes targets, which objective '{objective}' "
                "does not have in a form that can be mixed; drop it, or use classify or tag"
            )
