"""The tables of a study of similarity with known answers.

Clips, groups, maps, layers, copies and features differ in number wherever they could be mistaken
for one another. A similarity is a known level of the map plus noise of the clip, much of which the
clips of a group, and all copies, share. Some maps of the trained network match: its share in a
layer is known. Some layers lack a feature, for which their grid has too few cells.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

LAYERS = {"stem": 9, "wide": 20, "body": 13, "tall": 10, "neck": 16, "head": 12}  # -> maps
FEATURES = {"harmonic": "spectrum", "percussive": "spectrum", "chroma_stft": "chroma"}
FEATURES |= {"chroma_cqt": "chroma", "loudness": "curve"}
TARGETS = ("chroma", "loudness", "onset_rate", "level")
CLIPS, PROBED, GROUP_SIZES = 37, 53, (1, 2, 1, 3)
COPIES, SETS, SET_CLIPS = 5, 3, 17
TRAININGS = {"vgg": 1, "cnn": 3}
SETTINGS = {
    "networks": {"vgg": "instrument_vgg", "cnn": ["cnn_0", "cnn_1", "cnn_2"]},
    "unheard": {"vgg": "digits_vgg"},
    "random": COPIES,
    "layers": None,
    "known": {"sets": SETS, "clips": SET_CLIPS},
    "shown": 2,
}
MATCHING = 0.4  # share of the trained network's maps that match, where there is an effect
MATCHED, SPREAD = 0.45, 0.02  # r of maps that match; spread of the means of those that do not
RAW, BEST = 0.5, 0.3  # raw similarity of maps, and how much more that of a matching one is
SCORES = {"trained": 0.7, "random": 0.5, "unheard": 0.45, "input": 0.3}  # R2 in the first layer
DEEPENING = 0.04  # of trained R2 from layer to layer, where there is an effect
RIGHT = {"trained": 0.75, "unheard": 0.97}
KNOWN = {  # r with the harmonic and the percussive part
    "median_time": (0.35, 0.0),
    "difference": (0.4, -0.2),
    "median_frequency": (-0.1, 0.3),
    "smooth_frequency": (-0.4, 0.4),
    "onset_difference": (-0.2, 0.3),
    "white_noise": (0.0, 0.0),
    "smooth_noise": (0.01, -0.01),
    "rectified_input": (0.0, 0.02),
    "other_input": (0.03, 0.0),
}
CHROMA = 0.78
TURNED = 0.25  # of the r of a hand-made layer, where it is made of the clip with random phases
LACKING = (("head", "loudness"),)


@dataclass(frozen=True)
class World:
    """What the tables are of.

    Attributes:
        seed: of all noise.
        effect: 1: trained networks are as described above; 0: they are random ones.
        trainings: network -> number of trainings.
        layers: -> maps, from input to output.
        features: -> kind.
        copies: random ones.
        noise: of a clip, standard deviation.
        lacking: layers and features that are not compared.
    """

    seed: int = 0
    effect: float = 1.0
    trainings: Mapping[str, int] = field(default_factory=lambda: dict(TRAININGS))
    layers: Mapping[str, int] = field(default_factory=lambda: dict(LAYERS))
    features: Mapping[str, str] = field(default_factory=lambda: dict(FEATURES))
    copies: int = COPIES
    noise: float = 0.15
    lacking: tuple[tuple[str, str], ...] = LACKING

    def runs(self) -> Iterator[tuple[str, str, int]]:
        """Yield network, copy and run of all that is compared."""
        for network, trainings in self.trainings.items():
            kinds = {"trained": trainings, "phase": trainings, "random": self.copies}
            kinds |= {"unheard": 1} if network in SETTINGS["unheard"] else {}
            for copy, runs in {**kinds, "input": 1}.items():
                yield from ((network, copy, run) for run in range(runs))


def groups(clips: int, name: str) -> list[str]:
    """Return the groups of clips: 1, 2, 1, 3, 1, 2, ... of them."""
    sizes = np.resize(GROUP_SIZES, clips)
    return [f"{name}{number}" for number in np.repeat(np.arange(clips), sizes)[:clips]]


def shared_noise(rng, labels: Sequence[str], scale: float, *shape: int) -> np.ndarray:
    """Return noise of clips, half of whose variance their groups share: (*shape, clips)."""
    _, index = np.unique(labels, return_inverse=True)
    of_groups = rng.normal(0, scale / np.sqrt(2), (*shape, index.max() + 1))[..., index]
    return of_groups + rng.normal(0, scale / np.sqrt(2), (*shape, len(labels)))


def clips_table(world: World) -> pd.DataFrame:
    """Return the table `clips`."""
    clips = [f"clip{(number * 7) % CLIPS:02d}" for number in range(CLIPS)]
    labels = [("oboe", "viola", "gong")[number % 3] for number in range(CLIPS)]
    columns = {"number": range(CLIPS), "clip": clips, "group": groups(CLIPS, "g")}
    return pd.DataFrame({**columns, "label": labels})


def layers_table(world: World) -> pd.DataFrame:
    """Return the table `layers`."""
    return pd.DataFrame(
        [
            (network, layer, depth, maps, 24 - 3 * depth, 31 - 4 * depth, 26 - depth)
            for network in world.trainings
            for depth, (layer, maps) in enumerate(world.layers.items(), start=1)
        ],
        columns=["network", "layer", "depth", "maps", "rows", "columns", "input_rows"],
    )


def matching(maps: int) -> int:
    """Return how many of a layer's maps match, where there is an effect."""
    return round(MATCHING * maps)


def similarities_table(world: World) -> pd.DataFrame:
    """Return the table `similarities`."""
    rng = np.random.default_rng(world.seed)
    labels, rows = groups(CLIPS, "g"), []
    common = shared_noise(rng, labels, world.noise / 2)
    for network, copy, run in world.runs():
        for depth, (layer, all_maps) in enumerate(world.layers.items(), start=1):
            maps = 1 if copy == "input" else all_maps
            for feature, kind in world.features.items():
                if (layer, feature) in world.lacking:
                    continue
                levels = rng.normal(0, SPREAD, maps)
                best = rng.permutation(maps) < matching(maps) * (copy == "trained") * world.effect
                noise = common + shared_noise(rng, labels, world.noise, maps)
                r = np.where(best, MATCHED, levels)[:, None] + noise
                raw = RAW + BEST * best[:, None] + shared_noise(rng, labels, world.noise, maps)
                about = (network, copy, run, layer, depth)
                rows += [
                    (*about, number, feature, kind, *_columns(r[number], raw[number]))
                    for number in range(maps)
                ]
    names = ["network", "copy", "run", "layer", "depth", "map", "feature", "kind", "r", "raw"]
    return pd.DataFrame(rows, columns=[*names, "null_mean", "null_sd", "z", "p", "units"])


def _columns(r: np.ndarray, raw: np.ndarray) -> tuple:
    sd = r.std(ddof=1) / np.sqrt(len(r) / 1.5)
    z = r.mean() / sd
    return r.astype(np.float32), raw.astype(np.float32), 0.0, sd, z, norm.sf(z), len(r)


def score(world: World, copy: str, depth: int) -> float:
    """Return the true R2 of a probe at a depth from 1."""
    if copy == "trained":
        first = SCORES["random"] + world.effect * (SCORES["trained"] - SCORES["random"])
        return first + world.effect * DEEPENING * (depth - 1)
    return SCORES[copy]


def probes_table(world: World) -> pd.DataFrame:
    """Return the table `probes`."""
    rng = np.random.default_rng((world.seed, 1))
    labels, rows = groups(PROBED, "h"), []
    totals = {target: rng.uniform(1, 3, PROBED) for target in TARGETS}
    for network, copy, run in world.runs():
        if copy == "phase":
            continue
        for depth, layer in enumerate(world.layers, start=1):
            for target in TARGETS:
                training = rng.normal(0, 0.02) * (copy == "random")
                lost = 1 - score(world, copy, depth) + training
                lost = lost + shared_noise(rng, labels, world.noise)
                about = (network, copy, run, layer, depth, target)
                rows += [
                    (*about, f"probed{clip:02d}", labels[clip], total * lost[clip], total, 12)
                    for clip, total in enumerate(totals[target])
                ]
    names = ["network", "copy", "run", "layer", "depth", "target", "clip", "group"]
    return pd.DataFrame(rows, columns=[*names, "error", "total", "values"])


def known_table(world: World) -> pd.DataFrame:
    """Return the table `known`."""
    rng = np.random.default_rng((world.seed, 2))
    rows = []
    for number in range(SETS):
        labels = groups(SET_CLIPS, f"set{number}-")
        levels = {**KNOWN, "chroma_bank": (CHROMA,)}
        for layer, values in levels.items():
            features = ("chroma_stft",) if layer == "chroma_bank" else ("harmonic", "percussive")
            for feature, value in zip(features, values, strict=True):
                r = value + shared_noise(rng, labels, world.noise / 2)
                raw = r if layer == "chroma_bank" else r + 0.3
                turned = TURNED * value + shared_noise(rng, labels, world.noise / 3)
                phase = np.full(SET_CLIPS, np.nan) if layer == "chroma_bank" else turned
                about = (number, layer, feature)
                values = zip(r, raw, phase, strict=True)
                rows += [
                    (*about, f"{number}-{clip}", labels[clip], *value)
                    for clip, value in enumerate(values)
                ]
    names = ["set", "layer", "feature", "clip", "group", "r", "raw", "phase"]
    return pd.DataFrame(rows, columns=names)


def answers_table(world: World) -> pd.DataFrame:
    """Return the table `answers`."""
    rng = np.random.default_rng((world.seed, 3))
    rows = []
    for network, copy, run in world.runs():
        if copy in RIGHT:
            clips = 83 if copy == "trained" else 121
            answers = np.where(rng.random(clips) < RIGHT[copy], "oboe", "gong")
            rows += [
                (network, copy, run, f"{copy}{clip:03d}", f"{copy}{clip // 2}", "oboe", answer)
                for clip, answer in enumerate(answers)
            ]
    names = ["network", "copy", "run", "clip", "group", "label", "predicted"]
    return pd.DataFrame(rows, columns=names)


def pictures_table(world: World) -> pd.DataFrame:
    """Return the table `pictures`."""
    rng = np.random.default_rng((world.seed, 4))
    rows = []
    for network in world.trainings:
        for depth, (layer, maps) in enumerate(world.layers.items(), start=1):
            for feature in ("harmonic", "percussive", "chroma_stft"):
                bands, frames = 12 if feature == "chroma_stft" else 24 - 3 * depth, 31 - 4 * depth
                for rank in (1, 2):
                    about = (network, layer, depth, int(rng.integers(maps)), feature, rank)
                    values = rng.uniform(0, 0.5), rng.uniform(0.4, 0.9), rng.uniform(0, 0.3)
                    rows += [
                        (*about, f"clip{rank}", panel, bands, frames, image, *values)
                        for panel, image in _panels(rng, bands, frames)
                    ]
    names = ["network", "layer", "depth", "map", "feature", "rank", "clip", "panel"]
    return pd.DataFrame(rows, columns=[*names, "bands", "frames", "values", "r", "raw", "mean_r"])


def _panels(rng, bands: int, frames: int) -> list[tuple[str, np.ndarray]]:
    whole = np.outer(np.hanning(bands + 2)[1:-1], np.sin(np.arange(frames) / 3) ** 2)
    return [
        (panel, (whole + rng.normal(0, 0.1, whole.shape)).ravel().astype(np.float32))
        for panel in ("map", "feature", "residual", "input")
    ]


MAKERS = {
    "clips": clips_table,
    "layers": layers_table,
    "similarities": similarities_table,
    "probes": probes_table,
    "known": known_table,
    "answers": answers_table,
    "pictures": pictures_table,
}


def similarity_tables(folder: Path, world: World | None = None) -> Path:
    """Write all tables of a study of similarity into a folder, and return it."""
    world = world or World()
    for name, make in MAKERS.items():
        make(world).to_parquet(folder / f"{name}.parquet", index=False)
    return folder
