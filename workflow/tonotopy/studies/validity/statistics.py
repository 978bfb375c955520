"""Statistics of study 7: what interventions cause, and how methods are marked by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import ClassVar

import numpy as np
import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.networks import NetworkTables, quotient
from tonotopy.evidence.trainings import widening
from tonotopy.studies.validity.marks import (
    NULL,
    Effects,
    Noisy,
    differs,
    effects_of,
    method_matrices,
    method_scores,
    noisy_effects,
    noisy_method,
)
from tonotopy.studies.validity.measures import MEASURES

BASE = "base score"
WHOLE = -1  # the layer of a patch of all layers


@dataclass(frozen=True)
class ValidityTables(NetworkTables):
    """The tables of an instance: effects of interventions, matrices of methods, their marks."""

    EACH: ClassVar = ("method", "null", "attribute")
    ARGUMENTS: ClassVar = {"null": "method"}
    STREAM: ClassVar = "validity"

    def named(self, word: str, only: Mapping[str, Sequence[str]]) -> list[str]:
        """Return methods, null methods, or attributes that nothing is planted in.

        Raises:
            NotRun: the instance has none.
        """
        if word == "attribute":
            found = [a for a in self.table("effects")["attribute"].unique() if a not in PLANTED]
        else:
            found = self.methods(null=word == "null")
        if not found:
            raise NotApplicable(f"the instance has no {word}")
        return sorted(found) if word == "attribute" else found

    def methods(self, null: bool) -> list[str]:
        """Return the methods that apply, in the order of the configuration."""
        rows = self.table("methods").sort_values("order")
        return list(rows.loc[rows["applies"] & ((rows["kind"] == NULL) == null), "method"])

    @cached_property
    def _marks(self) -> dict[tuple[str, str], pd.DataFrame]:
        draws = self.table("mark_draws")
        groups = draws.groupby(["pairs", "measure"])
        return {key: rows.pivot(index="draw", columns="method") for key, rows in groups}

    def marks(self, method: str, pairs: str, measure: str) -> np.ndarray:
        """Return a method's mark of the data and of every resample, shape (1 + resamples,).

        Raises:
            NotRun: the method has none; the reason is the method's own where it does not apply.
        """
        self.applying(method)
        wide = self._marks.get((pairs, measure))
        if wide is None:
            raise NotApplicable("what is planted is not known here")
        return wide["value"][method].sort_index().to_numpy(dtype=float)

    def applying(self, method: str) -> dict:
        """Return what the study says of a method that applies.

        Raises:
            NotRun: it does not, or is not part of the instance.
        """
        rows = self.table("methods").set_index("method")
        if method not in rows.index:
            raise NotApplicable(
                f"the instance has no method '{method}' (it has {', '.join(rows.index)})"
            )
        row = rows.loc[method].to_dict()
        if not row["applies"]:
            raise NotApplicable(f"the method '{method}' does not apply: {row['reason']}")
        return row

    @cached_property
    def truth(self) -> Effects:
        """Effects of the attribute that methods are marked on."""
        return effects_of(self.table("effects"), self.setting("attribute"))

    @cached_property
    def noisy_truth(self) -> Noisy:
        return noisy_effects(self.truth, self.bootstrap)

    def planted(self) -> np.ndarray:
        """Return which pairs are planted, shape (pairs,).

        Raises:
            NotRun: it is unknown, or none is.
        """
        planted = self.truth.planted
        if planted is None or not planted.any():
            raise NotApplicable("no planted pair of value and class is known here")
        return planted.ravel()

    def scores(self, method: str) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return a method's scores and units, see `marks.method_scores`.

        Raises:
            NotRun: it does not apply, or is not part of the instance.
        """
        self.applying(method)
        return method_scores(self.rows("matrices", method=method), method, self.truth)

    def unit(self, *methods: str, also: str = "") -> str:
        """Return what is resampled when methods are marked."""
        marks = self.table("marks")
        several = (marks.loc[marks["method"].isin(methods), "sets"] > 1).any()
        units = [BASE, *(self.applying(method)["unit"] for method in methods)]
        units += ["set of vectors" if several else "", also]
        return " x ".join(filter(None, dict.fromkeys(units)))

    def marked(self, values: np.ndarray, *methods: str, also: str = "") -> Estimate:
        """Return an estimate from marks of methods, (1 + resamples,)."""
        unit = self.unit(*methods, also=also)
        return self.over(values, len(self.truth.bases), unit, 1)


PLANTED = ("lead", "rhythm")  # attributes that cause genres in the planted world


@ranges.signed_share
def mark(
    tables: ValidityTables, method: str, pairs: str = "all", measure: str = "spearman"
) -> Estimate:
    """Mark of a method: agreement of its matrix with the effects of interventions."""
    return tables.marked(tables.marks(method, pairs, measure), method)


@ranges.within(-2, 2)
def mark_difference(
    tables: ValidityTables, method: str, other: str, pairs: str = "all", measure: str = "spearman"
) -> Estimate:
    """Mark of a method minus that of another one, on the same resamples."""
    first, second = (tables.marks(name, pairs, measure) for name in (method, other))
    return tables.marked(first - second, method, other)


def over_exchanged(
    tables: ValidityTables, method: str, pairs: str = "all", measure: str = "spearman"
) -> Estimate:
    """Mark of a method minus that of the same matrix with its attribute values exchanged.

    Every resample exchanges the rows of the matrix anew, so that the interval holds what chance
    alone lets rows agree with the effects of other values.
    """
    marks = tables.marks(method, pairs, measure)
    matrix = tables.scores(method)[0].mean(axis=(0, 1))
    rng = tables.bootstrap.generator("validity", "exchanged", method)
    orders = rng.permuted(np.tile(np.arange(len(matrix)), (len(marks) - 1, 1)), axis=1)
    inside = ~tables.planted() if pairs == "unplanted" else np.ones(matrix.size, dtype=bool)
    if measure == "sign":
        inside = inside & differs(tables.noisy_truth, tables.bootstrap)
    exchanged = (matrix - matrix.mean(axis=0))[orders].reshape(len(orders), -1)[:, inside]
    chance = MEASURES[measure].of(tables.noisy_truth.data[inside], exchanged)
    values = marks - np.concatenate([[np.nanmean(chance)], chance])
    return tables.marked(values, method, also="order of values")


def over_nulls(
    tables: ValidityTables, method: str, pairs: str = "all", measure: str = "spearman"
) -> Estimate:
    """Mark of a method minus that of one set of null vectors.

    A resample takes one set of one null method: the interval holds what single sets differ by, as a
    prediction interval does.
    """
    marks = tables.marks(method, pairs, measure)
    inside = ~tables.planted() if pairs == "unplanted" else np.ones(tables.truth.matrix.size, bool)
    effects = tables.noisy_truth.data[inside]
    nulls = tables.methods(null=True)
    if not nulls:
        raise NotApplicable("the instance has no null method")
    matrices = [method_matrices(tables.scores(null)[0]) for null in nulls]
    chance = MEASURES[measure].of(effects, np.concatenate(matrices)[:, inside])
    sets = len(chance)
    if sets < 3:
        raise NotRun(f"{sets} sets of null vectors have no spread")
    wider = widening(sets, tables.bootstrap.confidence) * np.sqrt(1 + 1 / sets)
    drawn = tables.bootstrap.generator("validity", "nulls").integers(sets, size=len(marks) - 1)
    mean = chance.mean()
    draws = mean + wider * (chance[drawn] - mean)
    return tables.marked(marks - np.concatenate([[mean], draws]), method, *nulls)


def aurocs(scores: np.ndarray, planted: np.ndarray) -> np.ndarray:
    """Return how well scores (..., pairs) tell planted (pairs,) from other pairs (AUROC)."""
    higher = scores[..., planted][..., :, None] - scores[..., ~planted][..., None, :]
    return (0.5 * (np.sign(higher) + 1)).mean(axis=(-2, -1))


@ranges.share
def planted_auroc(tables: ValidityTables) -> Estimate:
    """AUROC of the effects of interventions for planted against unplanted pairs."""
    planted, truth = tables.planted(), tables.noisy_truth
    values = aurocs(np.concatenate([truth.data[None], truth.once]), planted)
    return tables.over(values, len(tables.truth.bases), BASE, 1)


@ranges.share
def method_auroc(tables: ValidityTables, method: str) -> Estimate:
    """AUROC of a method's matrix for planted against unplanted pairs; the mean over its sets."""
    planted, (scores, units) = tables.planted(), tables.scores(method)
    unit = tables.applying(method)["unit"]
    own = noisy_method(scores, units, unit, tables.bootstrap)
    values = aurocs(np.concatenate([own.data[None], own.once]), planted).mean(axis=-1)
    if len(units) == 1:
        return tables.exact(float(values[0]), 1, "pair of value and class", 1)
    return tables.over(values, len(units), unit, 1)


def untrained_effect(tables: ValidityTables) -> Estimate:
    """Effects on an untrained copy, as a share of those on the network (root mean squares).

    Noise of few bases adds to the effects of both; the share of a copy without any effect is above
    0 for that reason.
    """
    attribute, effects = tables.setting("attribute"), tables.table("effects")
    if "untrained" not in set(effects["copy"]):
        raise NotApplicable("the instance has no untrained copy")
    untrained = effects_of(effects, attribute, "untrained")
    if untrained.bases != tables.truth.bases:
        raise NotRun("both copies were not measured on the same bases")
    sizes = [
        np.sqrt(np.square(np.concatenate([noisy.data[None], noisy.once])).mean(axis=1))
        for noisy in (noisy_effects(untrained, tables.bootstrap), tables.noisy_truth)
    ]
    return tables.over(quotient(*sizes), len(untrained.bases), BASE, 1)


def whole_patch(tables: ValidityTables) -> Estimate:
    """Largest difference between the effect of patching all layers and that of the twin itself.

    Both centred over the values of an attribute; a share of the largest effect.
    """
    attribute = tables.setting("attribute")
    rows = tables.table("layers")
    rows = rows[(rows["attribute"] == attribute) & (rows["layer"] == WHOLE)]
    if rows.empty:
        raise NotRun("no patch of all layers was made")
    keys = ["base", "value", "class"]
    patched = rows.set_index(keys)["effect"]
    effects = tables.rows("effects", attribute=attribute, copy="trained")
    whole = effects.set_index(keys)["probability"].reindex(patched.index)
    if whole.isna().any():
        raise NotRun("patches were not made on the bases of the effects")
    both = pd.DataFrame({"patched": patched, "whole": whole})
    both = both - both.groupby(["base", "class"]).transform("mean")
    apart = (both["patched"] - both["whole"]).abs().max() / both["whole"].abs().max()
    return tables.exact(float(apart), rows["base"].nunique(), BASE, 1)


def exposure(effects: Effects) -> np.ndarray:
    """Return how far an attribute moves the answer to each base, 0 to 1, shape (bases,).

    The distance (total variation) between the answers to two twins of a base, averaged over all
    pairs of different values.
    """
    p = effects.probabilities
    pairs = list(combinations(range(p.shape[1]), 2))
    return np.mean([np.abs(p[:, i] - p[:, j]).sum(axis=-1) / 2 for i, j in pairs], axis=0)


def over_attribute(tables: ValidityTables, attribute: str) -> Estimate:
    """How far planted attributes move the answer beyond another one: the lesser of them counts."""
    table = tables.table("effects")
    planted = [name for name in PLANTED if name in set(table["attribute"])]
    if not planted:
        raise NotApplicable("the instance has no twins of a planted attribute")
    moved = {}
    for name in (*planted, attribute):
        values = exposure(effects_of(table, name))
        weights = tables.weights(len(values), f"exposure {name}")
        moved[name] = np.concatenate([[values.mean()], weights @ values])
    least = np.minimum.reduce([moved[name] for name in planted])
    bases = effects_of(table, attribute).bases
    return tables.over(least - moved[attribute], len(bases), BASE, 1)


Tables = ValidityTables
STATISTICS = {
    "mark": mark,
    "mark_difference": mark_difference,
    "over_exchanged": over_exchanged,
    "over_nulls": over_nulls,
    "planted_auroc": planted_auroc,
    "method_auroc": method_auroc,
    "untrained_effect": untrained_effect,
    "whole_patch": whole_patch,
    "over_attribute": over_attribute,
}
