"""The tables of a validity study: a planted matrix of effects, and methods that know part of it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.validity.marks import mark

CLASSES = ("classical", "disco", "jazz", "metal", "pop", "rock")
VALUES = {
    "lead": ("flute", "guitar", "piano", "saxophone", "violin"),
    "rhythm": ("disco", "hiphop", "plain"),
    "bass": ("32", "33", "34"),
    "piano": ("absent", "present"),
}
PLANTED = {
    ("lead", "violin", "classical"),
    ("lead", "saxophone", "jazz"),
    ("lead", "guitar", "rock"),
    ("lead", "guitar", "metal"),
    ("rhythm", "disco", "disco"),
}
LAYERS = 4
SETTINGS = {"attribute": "lead", "steering": "world", "network": "genre_ast"}


class Method(NamedTuple):
    """How a method of the tests does: its matrix is ``share`` times E plus a fixed error."""

    name: str
    kind: str
    share: float = 1.0
    error: float = 0.0
    sets: int = 1
    unit: str = "clip"
    units: int = 40


METHODS = (
    Method("steering_probes", "steering", 1.0, 0.02),
    Method("derivative", "gradient", 1.0, 0.03),
    Method("tcav", "gradient", 1.0, 0.06),
    Method("cosine", "encoding", 1.0, 0.1, unit="", units=1),
    Method("untrained", "steering", 0.0, 0.05),
    Method("random", "null", 0.0, 0.05, sets=12),
    Method("shuffled", "null", 0.0, 0.05, sets=12),
)
REASON = "the network hears no waveform"


def true_effects(rng: np.random.Generator, attribute: str, effect: float) -> np.ndarray:
    """Return planted and small unplanted effects, shape (values, classes), columns centred."""
    values = VALUES[attribute]
    small = 0.06 * effect * (attribute in ("lead", "rhythm"))
    matrix = rng.normal(0, small or 0.001, (len(values), len(CLASSES)))
    for i, value in enumerate(values):
        for g, label in enumerate(CLASSES):
            matrix[i, g] += effect * ((attribute, value, label) in PLANTED)
    return matrix - matrix.mean(axis=0)


def effects_rows(
    attribute: str, copy: str, truth: np.ndarray, noise: np.ndarray, level: np.ndarray
) -> pd.DataFrame:
    """Return the rows of effects: truth, noise (bases, values, classes), level of each base."""
    values, probabilities = VALUES[attribute], 0.2 + level[:, None, None] + truth + noise
    names = [f"{attribute}-{n:03d}" for n in range(len(noise))]
    rows = wide_rows(probabilities, ("base", names), ("value", values), ("class", CLASSES))
    rows.insert(0, "copy", copy)
    rows.insert(1, "attribute", attribute)
    known = attribute in ("lead", "rhythm")
    keys = zip(rows["value"], rows["class"], strict=True)
    planted = [((attribute, *key) in PLANTED) if known else None for key in keys]
    return rows.assign(planted=pd.array(planted, dtype="boolean"))


def wide_rows(array: np.ndarray, *axes, column: str = "probability") -> pd.DataFrame:
    """Return a row for each cell of an array; axes are pairs of a name and its levels."""
    index = pd.MultiIndex.from_product([levels for _, levels in axes], names=[n for n, _ in axes])
    return pd.DataFrame({column: array.ravel()}, index=index).reset_index()


def method_rows(
    rng: np.random.Generator, method: Method, truth: np.ndarray, noise: float
) -> pd.DataFrame:
    """Return the rows of a method on the lead; its error is drawn once per set."""
    shape = (method.sets, *truth.shape)
    right = method.share * truth + rng.normal(0, method.error, shape)
    scores = right + rng.normal(0, noise, (method.units, *shape))
    names = [f"{method.unit}-{n:02d}" for n in range(method.units)]
    axes = (("unit", names), ("set", range(method.sets)))
    values, classes = ("value", VALUES["lead"]), ("class", CLASSES)
    rows = wide_rows(scores, *axes, values, classes, column="score")
    return rows.assign(method=method.name, kind=method.kind)


def method_table(methods=METHODS) -> pd.DataFrame:
    """Return what the study says of its methods, one that does not apply among them."""
    rows = [
        {
            "method": m.name,
            "kind": m.kind,
            "description": f"How {m.name} does.",
            "unit": m.unit,
            "applies": True,
            "reason": "",
            "module": f"tests.{m.name}",
            "order": n,
        }
        for n, m in enumerate(methods)
    ]
    absent = {"method": "sonification", "kind": "sonification", "applies": False, "reason": REASON}
    about = {"description": "How sonification does.", "unit": "", "module": "tests.sonification"}
    table = pd.DataFrame([*rows, {**absent, **about, "order": len(rows)}])
    return table.assign(attribute="lead")


def layer_rows(rng: np.random.Generator, rows: pd.DataFrame, noise: float) -> pd.DataFrame:
    """Return patches of the layers: a share of the effect that grows with the layer; -1 is all."""
    keys = ["attribute", "base", "value", "class"]
    trained = rows[rows["copy"] == "trained"].set_index(keys)["probability"]
    first = trained.groupby(["attribute", "base", "class"]).transform("first")
    parts = []
    for layer in (-1, *range(LAYERS)):
        share = 1.0 if layer < 0 else layer / LAYERS
        errors = rng.normal(0, noise, len(trained)) if layer >= 0 else 0.0
        effect = share * (trained - first) + errors
        parts.append(effect.rename("effect").reset_index().assign(layer=layer))
    return pd.concat(parts, ignore_index=True)


def frames(
    rng: np.random.Generator,
    effect: float = 0.5,
    bases: int = 60,
    noise: float = 0.08,
    untrained: float = 0.01,
    attributes=tuple(VALUES),
    methods=METHODS,
    resamples: int = 200,
    marked: bool = True,
) -> dict[str, pd.DataFrame]:
    """Return the tables of an instance, name -> table.

    Args:
        rng: source of all draws.
        effect: of a planted value on its class.
        bases: of every attribute.
        noise: standard deviation of a twin's and of a unit's answer.
        untrained: effects of the untrained copy, as a share of the trained one's.
        attributes: that have twins.
        methods: that are marked.
        resamples: of the marks.
        marked: whether to make marks too.
    """
    parts, lead = [], None
    for attribute in attributes:
        truth = true_effects(rng, attribute, effect)
        lead = truth if attribute == "lead" else lead
        level = rng.normal(0, 0.02, bases)
        quiet = noise if attribute in ("lead", "rhythm") else noise / 4
        for copy, share in (("trained", 1.0), ("untrained", untrained)):
            errors = rng.normal(0, quiet * share, (bases, *truth.shape))
            parts.append(effects_rows(attribute, copy, share * truth, errors, level))
    effects = pd.concat(parts, ignore_index=True)
    matrices = pd.concat([method_rows(rng, m, lead, noise) for m in methods], ignore_index=True)
    tables = {"effects": effects, "matrices": matrices, "methods": method_table(methods)}
    tables["layers"] = layer_rows(rng, effects, noise / 8)
    if marked:
        how = Bootstrap(resamples, 0.95, 0)
        of = (effects, matrices, tables["methods"], how)
        tables["marks"], tables["mark_draws"] = mark(*of)
    return tables


def validity_tables(folder: Path, seed: int = 0, **options) -> Path:
    """Write the tables of a validity study, see `frames`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in frames(np.random.default_rng(seed), **options).items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return folder
