"""Tables of study 6 with known truths, for tests of its statistics and figures.

Directions are narrow, kept and stable at given rates, one within the other; filters reach a given
share of their limits; codes tell the semitone in a given share of frames, and last as long as
notes do whatever they tell. All sizes differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

ROLES = {
    "tagger": "studied",
    "codec": "studied",
    "gammatone": "positive",
    "cqt": "positive",
    "noise": "negative",
}
KINDS = ("unit", "pca", "ica", "dictionary", "random")
SETTINGS = {
    "networks": {"tagger": ["net", "net2"], "codec": "small", "gammatone": "g", "cqt": "c"}
    | {"noise": "n"},
    "expected": {"positive": ["gammatone", "cqt"], "negative": ["noise"]},
    "layers": {},
    "directions": list(KINDS),
    "tones": {"low": 36, "high": 116, "seconds": 0.75},
    "codes": {"networks": ["tagger", "codec"], "clusters": 64, "books": 4, "clips": 36},
    "limits": [3, 7, 64, 512],
}
WIDTHS = {"tagger": 64, "codec": 48, "gammatone": 40, "cqt": 56, "noise": 72}
# shares after each step where there is an effect; without one, those of random directions
STEPS = {
    "tagger": (0.12, 0.02, 0.0),
    "codec": (0.14, 0.0, 0.0),
    "gammatone": (1.0, 1.0, 0.97),
    "cqt": (1.0, 1.0, 1.0),
    "noise": (0.06, 0.0, 0.0),
}
RANDOM = (0.05, 0.0, 0.0)
FOLLOWS = {  # shares of directions that follow the pitch, and a partial; the rest was not tested
    "tagger": (0.02, 0.6),
    "codec": (0.01, 0.7),
    "gammatone": (0.0, 0.9),
    "cqt": (0.0, 1.0),
    "noise": (0.04, 0.2),
}
TAPS = {"tagger": (3, 16000), "codec": (7, 8000), "gammatone": (512, 16000)}
TAPS |= {"cqt": (2048, 16000), "noise": (64, 16000)}
RATIOS = {"tagger": 0.62, "codec": 0.6, "gammatone": 0.9, "cqt": 0.95, "noise": 0.5}
RANDOM_RATIO = 0.5
LIMITS = {3: (0.42, 0.95), 7: (0.68, 0.84), 64: (1.0, 0.37), 512: (1.0, 0.01)}  # at most, power
TOLD = {"tagger": (0.25,), "codec": (0.3, 0.2, 0.1, 0.0), "known": (0.7, None)}
BITS = 6.0  # dB, of the codec's reconstructions
ACCURACY, CLASSES = 0.7, 5
CONTEXTS = ("flute", "organ", "piano")
HOPS = {"tagger": 729, "codec": 16, "gammatone": 160, "cqt": 160, "noise": 160}


@dataclass(frozen=True)
class World:
    """What the tables are of.

    Attributes:
        rng: source of all noise.
        effect: share of the known effects that there is; 0 makes learned directions like random
            ones, filters like random ones, and codes tell nothing.
        runs: network -> its number, 1 if it is not named.
        training: spread of what the directions of a run have in common.
        clips: number of clips with codes.
        names: of the networks that there are.
    """

    rng: np.random.Generator
    effect: float = 1.0
    runs: Mapping[str, int] | None = None
    training: float = 0.0
    clips: int = 36
    names: tuple[str, ...] = tuple(ROLES)

    def networks(self, *names: str) -> list[dict]:
        """Return the columns that tell every run."""
        return [
            {"network": name, "run": run, "role": ROLES[name]}
            for name in names or ROLES
            if name in self.names
            for run in range((self.runs or {}).get(name, 1))
        ]

    def shares(self, network: str, kind: str) -> np.ndarray:
        """Return the shares of directions that are narrow, kept and stable."""
        own = RANDOM if kind == "random" else STEPS[network]
        return np.array(RANDOM) + self.effect * (np.array(own) - RANDOM)


def write_tables(folder: Path, seed: int = 0, **world) -> Path:
    """Write all tables into a folder, and return it; ``world`` as in `World`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = World(np.random.default_rng(seed), **world)
    for name, make in MAKERS.items():
        make(made).to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def kinds_of(network: str) -> tuple[str, ...]:
    """Return the kinds of directions of a network."""
    return KINDS if ROLES[network] == "studied" else ("unit",)


def layers(world: World) -> pd.DataFrame:
    """Return the table ``layers``."""
    rows = []
    for key in world.networks():
        network = key["network"]
        about = {"layer": "last", "rate": TAPS[network][1], "hop": HOPS[network]}
        rows.append({**key, **about, "width": WIDTHS[network], "frame": 0.025})
    return pd.DataFrame(rows)


def bands(rate: int) -> np.ndarray:
    """Return the centres of bands in Hz, up to half the rate."""
    centres = 1000 * 2 ** (np.arange(-12, 13) / 3)
    return centres[centres * 2 ** (1 / 6) <= rate / 2]


def limit(taps: int, rate: int, hz) -> np.ndarray:
    """Return a limit that rises with frequency, as the true one does."""
    most, power = LIMITS.get(taps, LIMITS[512])
    return most * (2 * np.asarray(hz) / rate) ** power


def limits(world: World) -> pd.DataFrame:
    """Return the table ``limits``."""
    parts = []
    for taps in (*LIMITS, 2048):
        for rate in (8000, 16000):
            hz = bands(rate)
            values = {"centre_hz": hz, "limit": limit(taps, rate, hz)}
            parts.append(pd.DataFrame({"taps": taps, "rate": rate, **values}))
    return pd.concat(parts, ignore_index=True)


def filters(world: World) -> pd.DataFrame:
    """Return the table ``filters``: as many random filters as others, or 64."""
    parts = []
    for key in world.networks():
        taps, rate = TAPS[key["network"]]
        width = WIDTHS[key["network"]]
        for copy, count in (("own", width), ("random", max(64, width))):
            own = RATIOS[key["network"]] if copy == "own" else RANDOM_RATIO
            mean = RANDOM_RATIO + world.effect * (own - RANDOM_RATIO)
            ratio = mean + world.rng.uniform(-0.04, 0.04, count)
            hz = world.rng.choice(bands(rate), count)
            most = limit(taps, rate, hz)
            about = {"copy": copy, "filter": np.arange(count), "taps": taps, "rate": rate}
            values = {"centre_hz": hz, "concentration": ratio * most, "limit": most}
            parts.append(pd.DataFrame({**key, **about, **values}))
    return pd.concat(parts, ignore_index=True)


def directions(world: World) -> pd.DataFrame:
    """Return the table ``directions``."""
    parts = []
    for key in world.networks():
        network, width = key["network"], WIDTHS[key["network"]]
        shift = world.rng.normal(0, world.training)  # of the run, the same for all of its kinds
        for kind in kinds_of(network):
            narrow, kept, stable = np.clip(world.shares(network, kind) + shift, 0, 1)
            passed = world.rng.uniform(size=width)
            pitch, partial = FOLLOWS[network]
            followed = world.rng.uniform(size=width)
            columns = {**key, "kind": kind, "direction": np.arange(width)}
            columns |= {"semitone": _peaks(width), "narrow": passed < narrow}
            columns |= {"kept": passed < kept, "stable": passed < stable}
            columns["follows"] = np.select(
                [followed < pitch, followed < pitch + partial], ["pitch", "partial"], "none"
            )
            offset = world.rng.uniform(-0.4, 0.4, width)
            known = ROLES[network] == "positive"
            columns["centre"] = _peaks(width) + offset if known else np.full(width, np.nan)
            parts.append(pd.DataFrame({**columns, **_correlations(world.rng, columns)}))
    return pd.concat(parts, ignore_index=True)


def _peaks(directions: int) -> np.ndarray:
    """Return the semitones at which directions peak: in no order."""
    return 40 + (np.arange(directions) * 11 + 5) % 70


def _correlations(rng: np.random.Generator, passed: dict) -> dict[str, np.ndarray]:
    """Return numbers that agree with what the directions pass."""
    narrow, kept, stable = (passed[step] for step in ("narrow", "kept", "stable"))
    noise = rng.uniform(-0.1, 0.1, (3, len(narrow)))
    found = {"share": np.where(narrow, 0.9, 0.2) + noise[0]}
    for column, own in zip(("low_flank", "high_flank"), noise[1:], strict=True):
        found[column] = np.where(narrow, 0.1, 0.8) + own
    for shift, column in enumerate(("harmonic", "odd", "flat", "missing")):
        low = rng.uniform(-0.4, 0.6 - 0.1 * shift, len(narrow))
        found[column] = np.where(kept, rng.uniform(0.4, 1, len(narrow)), low)
    found["missing"] = np.where(kept, found["missing"], np.minimum(found["missing"], 0.25))
    found["least"] = np.min([found[c] for c in ("harmonic", "odd", "flat", "missing")], axis=0)
    found["natural"] = np.where(stable, 0.6, 0.0) + rng.uniform(-0.2, 0.2, len(narrow))
    ratios = [passed["follows"] == what for what in ("pitch", "partial")]
    return {**found, "missing_ratio": np.select(ratios, [0.8, 0.1], np.nan)}


def responses(world: World) -> pd.DataFrame:
    """Return the table ``responses``: tones, and complexes over their fundamentals."""
    parts = []
    for key in world.networks():
        for kind in kinds_of(key["network"]):
            for stimulus, highest in (("tone", 116), ("harmonic", 84), ("missing", 84)):
                semitone = np.arange(36, highest + 1)
                for direction in range(WIDTHS[key["network"]]):
                    peak = _peaks(direction + 1)[-1]
                    width = 1.5 if ROLES[key["network"]] == "positive" else 9.0
                    response = np.exp(-(((semitone - peak) / width) ** 2)) + 0.2
                    about = {"kind": kind, "direction": direction, "stimulus": stimulus}
                    values = {"semitone": semitone, "response": response}
                    parts.append(pd.DataFrame({**key, **about, **values}))
    return pd.concat(parts, ignore_index=True)


def natural(world: World) -> pd.DataFrame:
    """Return the table ``natural``."""
    found = directions(world)[["network", "run", "role", "kind", "direction", "natural"]]
    parts = [
        found.assign(context=c, correlation=found["natural"], frames=40 + n)
        for n, c in enumerate(CONTEXTS)
    ]
    return pd.concat(parts, ignore_index=True).drop(columns="natural")


def codes(world: World) -> pd.DataFrame:
    """Return the table ``codes``: clips of unequal lengths, two or three in a group."""
    parts, melodies = [], [_melody(world.rng) for _ in range(world.clips)]
    networks = [*world.networks("tagger", "codec"), {"network": "known", "run": 0}]
    for key in networks:
        for book, told in enumerate(TOLD[key["network"]]):
            for clip, (note, semitone) in enumerate(melodies):
                about = {"network": key["network"], "run": key["run"], "book": book}
                about |= {"clip": f"clip{clip:02}", "group": f"group{clip * 2 // 5:02}"}
                code = _codes(world, told, note, semitone)
                values = {"frame": np.arange(len(code)), "code": code, "semitone": semitone}
                parts.append(pd.DataFrame({**about, **values}))
    return pd.concat(parts, ignore_index=True)


def _melody(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the note and the semitone of every frame; notes last some frames."""
    notes = rng.integers(4, 7)
    note = np.repeat(np.arange(notes), rng.integers(4, 9, notes))
    return note, (52 + rng.integers(0, 14, notes))[note]


def _codes(world: World, told: float | None, note: np.ndarray, semitone: np.ndarray) -> np.ndarray:
    """Return codes: of the semitone in a share of frames, else one that lasts, at its own times."""
    if told is None:
        return np.full(len(note), world.rng.integers(0, 62))
    lasting = np.cumsum(world.rng.uniform(size=len(note)) < 0.2)
    other = world.rng.integers(0, 62, lasting.max() + 1)[lasting]
    tells = world.rng.uniform(size=len(note)) < told * world.effect
    return np.where(tells, (semitone * 5) % 62, other)


def reconstructions(world: World) -> pd.DataFrame:
    """Return the table ``reconstructions``."""
    parts = []
    for key in world.networks("codec"):
        groups = np.arange(world.clips) * 2 // 5
        quality = BITS + world.rng.normal(0, 0.8, groups.max() + 1)[groups]
        signal = world.rng.uniform(0.5, 1.5, world.clips)
        clips = {"clip": [f"clip{n:02}" for n in range(world.clips)]}
        clips |= {"group": [f"group{n:02}" for n in groups]}
        energies = {"signal": signal, "error": signal * 10 ** (-quality / 10)}
        about = {"network": key["network"], "run": key["run"]}
        parts.append(pd.DataFrame({**about, **clips, **energies}))
    return pd.concat(parts, ignore_index=True)


def answers(world: World) -> pd.DataFrame:
    """Return the table ``answers``: balanced classes."""
    parts = []
    for key in world.networks("tagger"):
        label = np.arange(60) % CLASSES
        right = 1 / CLASSES + world.effect * (ACCURACY - 1 / CLASSES)
        wrong = (label + world.rng.integers(1, CLASSES, 60)) % CLASSES
        predicted = np.where(world.rng.uniform(size=60) < right, label, wrong)
        names = np.array(["bell", "cello", "flute", "organ", "voice"])
        about = {"network": key["network"], "run": key["run"]}
        clips = {"clip": [f"heard{n:02}" for n in range(60)]}
        clips |= {"group": [f"scene{n // 3:02}" for n in range(60)]}
        parts.append(
            pd.DataFrame({**about, **clips, "label": names[label], "predicted": names[predicted]})
        )
    return pd.concat(parts, ignore_index=True)


MAKERS = {
    "layers": layers,
    "filters": filters,
    "limits": limits,
    "responses": responses,
    "directions": directions,
    "natural": natural,
    "codes": codes,
    "reconstructions": reconstructions,
    "answers": answers,
}
