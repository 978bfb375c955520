"""The transforms that a training's ``augmentation`` may list: names, domains and settings.

Imports nothing heavy, so that a configuration is checked without torch. What each transform does
is in `registry`; a new one is a row here, a row there, its function in the module of its domain,
and its settings in the schema.
"""

from dataclasses import asdict, dataclass, fields

from tonotopy.errors import InputError, nearest
from tonotopy.frontends.domains import DEFAULT, MEANING, ORDER, domains

EXAMPLE = "- {transform: pitch_shift, range: [-0.5, 0.5], p: 0.5}"


@dataclass(frozen=True)
class Ranged:
    """A value that is uniform in a range per clip, and the probability of being applied to a clip.

    Attributes:
        range: lower and upper end; each transform says of what.
        p: probability from 0 to 1.

    Raises:
        ValueError: a range that falls or leaves what is possible, or no probability.
    """

    range: tuple[float, float]
    p: float

    def __post_init__(self):
        object.__setattr__(self, "range", _rising("range", self.range))
        _check_probability(self.p)


def _rising(key: str, limits: tuple[float, float]) -> tuple[float, float]:
    low, high = limits
    if low > high:
        raise ValueError(f"{key}: [{low:g}, {high:g}] falls; write the smaller number first")
    return low, high


def _check_probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"p: a probability from 0 to 1 is expected, not {p:g}")


def _check_above_zero(key: str, value: float) -> None:
    if value <= 0:
        raise ValueError(f"{key}: a number above 0 is expected, not {value:g}")


@dataclass(frozen=True)
class Noise(Ranged):
    """White noise; ``range`` is its standard deviation, full scale being 1."""

    def __post_init__(self):
        super().__post_init__()
        if self.range[0] < 0:
            raise ValueError(f"range: a standard deviation is at least 0, not {self.range[0]:g}")


@dataclass(frozen=True)
class RelativeNoise(Noise):
    """White noise; ``range`` is its standard deviation, that of the clip being 1."""


@dataclass(frozen=True)
class Gain(Ranged):
    """Louder or softer; ``range`` is in dB."""


@dataclass(frozen=True)
class PitchShift(Ranged):
    """Shift along the mel axis; ``range`` is in semitones."""


@dataclass(frozen=True)
class TimeStretch(Ranged):
    """Faster or slower at the same pitch; ``range`` is the speed, 1 being the clip's own."""

    def __post_init__(self):
        super().__post_init__()
        if self.range[0] <= 0:
            raise ValueError(f"range: a speed is above 0, not {self.range[0]:g}")


@dataclass(frozen=True)
class Mask(Ranged):
    """A hidden run; ``range`` is its size in mel bands or frames, rounded to whole numbers."""

    def __post_init__(self):
        super().__post_init__()
        if self.range[0] < 0:
            raise ValueError(f"range: a size is at least 0, not {self.range[0]:g}")


@dataclass(frozen=True)
class PassFilter:
    """A high-pass or a low-pass filter, each as likely as the other.

    Attributes:
        highpass: lower and upper end of the high-pass's cutoff in Hz, uniform per clip.
        lowpass: the same of the low-pass.
        p: probability from 0 to 1 that a clip is filtered.

    Raises:
        ValueError: a range that falls or is not above 0, or no probability.
    """

    highpass: tuple[float, float]
    lowpass: tuple[float, float]
    p: float

    def __post_init__(self):
        for key in ("highpass", "lowpass"):
            limits = _rising(key, getattr(self, key))
            object.__setattr__(self, key, limits)
            if limits[0] <= 0:
                raise ValueError(f"{key}: a cutoff is above 0 Hz, not {limits[0]:g}")
        _check_probability(self.p)


@dataclass(frozen=True)
class Background(Ranged):
    """Another clip of the batch behind a clip; ``range`` is the signal-to-noise ratio in dB."""


@dataclass(frozen=True)
class Crop:
    """A random stretch of every clip.

    Attributes:
        seconds: length of the stretch in s.

    Raises:
        ValueError: a length that is not above 0.
    """

    seconds: float

    def __post_init__(self):
        _check_above_zero("seconds", self.seconds)


@dataclass(frozen=True)
class Silence:
    """Stretches of a clip that are set to 0.

    Attributes:
        most: largest number of stretches; the number is uniform from 0 to it per clip.
        seconds: largest length of a stretch in s; the length is uniform from 0 to it.
        p: probability from 0 to 1 that a clip has any.

    Raises:
        ValueError: a number of stretches below 1, a length that is not above 0, or no probability.
    """

    most: int
    seconds: float
    p: float

    def __post_init__(self):
        if self.most < 1:
            raise ValueError(f"most: at least 1 stretch is expected, not {self.most:g}")
        _check_above_zero("seconds", self.seconds)
        _check_probability(self.p)


@dataclass(frozen=True)
class Mixup:
    """A weighted mean of two clips, and of their targets (Zhang et al. 2017).

    Attributes:
        alpha: both parameters of the beta distribution of the weight; 1 makes it uniform.
        p: probability from 0 to 1 that a clip is mixed.

    Raises:
        ValueError: a parameter that is not above 0, or no probability.
    """

    alpha: float
    p: float

    def __post_init__(self):
        _check_above_zero("alpha", self.alpha)
        _check_probability(self.p)


@dataclass(frozen=True)
class Declared:
    """Where a transform works (see `frontends.domains.MEANING`), and the dataclass it is set by."""

    domain: str
    settings: type


TRANSFORMS = {
    "noise": Declared("waveform", Noise),
    "relative_noise": Declared("waveform", RelativeNoise),
    "gain": Declared("waveform", Gain),
    "pitch_shift": Declared("log_mel", PitchShift),
    "time_stretch": Declared("log_mel", TimeStretch),
    "pitch_mask": Declared("spectrogram", Mask),
    "time_mask": Declared("spectrogram", Mask),
    "background": Declared("waveform", Background),
    "pass_filter": Declared("waveform", PassFilter),
    "crop": Declared("waveform", Crop),
    "silence": Declared("waveform", Silence),
    "mixup": Declared("waveform", Mixup),
}


@dataclass(frozen=True)
class Step:
    """An entry of the list: a transform's name and its settings."""

    transform: str
    settings: object

    @property
    def domain(self) -> str:
        return TRANSFORMS[self.transform].domain

    def described(self) -> dict:
        """Return the entry as config.yaml has it."""
        return {"transform": self.transform, **asdict(self.settings)}


def steps(entries: list[dict] | None, front_end: dict, path: str = "augmentation") -> list[Step]:
    """Return what a list of transforms says, in its order.

    Args:
        entries: of config.yaml: ``transform`` and its settings; None for no augmentation.
        front_end: settings of the front end that the sound passes.
        path: dotted key of the list, for messages.

    Raises:
        InputError: an unknown transform or setting, a domain that the front end does not pass, or
            an order that contradicts the domains; the message begins with the entry's key.
    """
    refuse_mapping(entries, path)
    declared_steps = [_step(entry, f"{path}.{i}") for i, entry in enumerate(entries or [])]
    passed, kind = domains(front_end), front_end.get("kind", DEFAULT)
    for i, step in enumerate(declared_steps):
        if step.domain not in passed:
            fits = [n for n, declared in TRANSFORMS.items() if declared.domain in passed]
            raise InputError(
                f"{path}.{i}: transform '{step.transform}' works on {step.domain} "
                f"({MEANING[step.domain]}), which front end '{kind}' does not have; possible here: "
                f"{', '.join(fits) or 'none'}"
            )
        before = declared_steps[i - 1] if i else step
        if ORDER.index(step.domain) < ORDER.index(before.domain):
            raise InputError(
                f"{path}.{i}: transform '{step.transform}' ({step.domain}) stands after "
                f"'{before.transform}' ({before.domain}), but sound passes {', '.join(passed)} in "
                "this order; move it up"
            )
    return declared_steps


def refuse_mapping(entries, path: str) -> None:
    """Refuse the former form of ``augmentation``, a mapping from names to settings.

    Raises:
        InputError: it is one; the message shows the new form.
    """
    if isinstance(entries, dict):
        raise InputError(
            f"{path}: is a list of transforms, in the order in which they are applied, "
            f"such as\n  {EXAMPLE}"
        )


def _step(entry: dict, path: str) -> Step:
    values = dict(entry)
    name = values.pop("transform", None)
    if name not in TRANSFORMS:
        raise InputError(f"{path}.transform: no transform '{name}'{nearest(name, TRANSFORMS)}")
    kind = TRANSFORMS[name].settings
    allowed = [field.name for field in fields(kind)]
    for key in values:
        if key not in allowed:
            raise InputError(f"{path}: '{name}' has no setting '{key}'{nearest(key, allowed)}")
    try:
        return Step(name, kind(**values))
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: '{name}': {error}") from error
