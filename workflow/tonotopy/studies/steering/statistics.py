"""Statistics of study 2: functions from a study's tables to an estimate with its interval."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.tables import StudyTables, middle_advantage, middle_third, one_third
from tonotopy.probes.scores import confusion_counts
from tonotopy.probes.scores import macro_f1 as macro_f1_score
from tonotopy.studies.steering.effects import EACH as EACH_LAYER


@dataclass(frozen=True)
class SteeringTables(StudyTables):
    """The tables of one steering study: predictions, probes, sweeps and what is read from them."""

    EACH: ClassVar = ("pair",)

    def combinations(self, row: dict) -> list[tuple[str, dict]]:
        """Return the study as a whole, or each of its pairs."""
        if not row.get("each"):
            return [("", {})]
        pairs = self.settings["pairs"]
        return [(f"{pair['concept']}-{'-'.join(pair['target'])}", pair) for pair in pairs]

    @cached_property
    def predictions(self) -> pd.DataFrame:
        return self.read("predictions")

    @cached_property
    def multiclass(self) -> pd.DataFrame:
        return self.read("probe_predictions")

    @cached_property
    def scores(self) -> pd.DataFrame:
        return self.read("probe_scores")

    @cached_property
    def agreement(self) -> pd.DataFrame:
        return self.read("agreement")

    @cached_property
    def slopes(self) -> pd.DataFrame:
        return self.read("clip_slopes")

    @cached_property
    def matrix(self) -> pd.DataFrame:
        return self.read("slopes")

    @cached_property
    def cosines(self) -> pd.DataFrame:
        return self.read("cosines")

    def sweep(self, name: str) -> pd.DataFrame:
        return self.read(f"sweep-{name}")

    def absent(self, sweep: str, what: str) -> NotRun:
        """Return why there are no slopes: no such sweep, or none that has not collapsed."""
        if f"sweep-{sweep}" in self.paths:
            return NotRun(f"{what} has no slope: the output has collapsed at every strength")
        return NotRun(f"{what} is not part of this study")

    def target_slopes(self, sweep: str, concept: str, target: list[str], **keys) -> pd.Series:
        """Return each clip's slope of the summed probability of the target classes."""
        selection = {"vectors": "concept", "layer": EACH_LAYER, **keys}
        rows = self.slopes[self.slopes["sweep"] == sweep]
        for column, value in selection.items():
            rows = rows[rows[column] == value]
        rows = rows[(rows["concept"] == concept) & rows["class"].isin(target)]
        if rows.empty:
            raise self.absent(sweep, f"the sweep '{sweep}' of {concept}")
        return rows.groupby("clip", observed=True)["slope"].sum()


def _codes(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Class indices of labels and predictions, and the class names they stand for."""
    labels, predicted = rows["label"].astype(str), rows["predicted"].astype(str)
    names = sorted({*labels, *predicted})
    return pd.Index(names).get_indexer(labels), pd.Index(names).get_indexer(predicted), names


def _resampled(tables, rows: pd.DataFrame, name: str):
    """Return (labels, predicted, names), then the same for bootstrap resamples of clips."""
    labels, predicted, names = _codes(rows)
    rng = tables.bootstrap.generator("bootstrap", name)
    indices = rng.integers(0, len(labels), size=(tables.bootstrap.resamples, len(labels)))
    return (labels, predicted, names), (labels[indices], predicted[indices])


def macro_f1(tables: SteeringTables, role: str = "test") -> Estimate:
    """Macro-F1 of the classifier on a split."""
    rows = tables.predictions[tables.predictions["role"] == role]
    if rows.empty:
        raise NotRun(f"no predictions for '{role}'")
    (labels, predicted, names), resampled = _resampled(tables, rows, f"macro_f1 {role}")
    score = macro_f1_score(labels, predicted, len(names))
    return tables.estimate(score, macro_f1_score(*resampled, len(names)), len(labels))


def accuracy(tables: SteeringTables, role: str = "test") -> Estimate:
    """Share of clips that the classifier gets right on a split."""
    rows = tables.predictions[tables.predictions["role"] == role]
    return tables.mean(rows["label"].astype(str) == rows["predicted"].astype(str), "accuracy")


def near_confusion(tables: SteeringTables, near: list[list[str]]) -> Estimate:
    """How much more often near classes are confused than others: difference of mean rates."""
    rows = tables.predictions[tables.predictions["role"] == "test"]
    (labels, predicted, names), resampled = _resampled(tables, rows, "near_confusion")
    if not {c for pair in near for c in pair} <= set(names):
        raise NotRun("the corpus has other classes")
    close = np.array([[[a, b] in near or [b, a] in near for b in names] for a in names])
    apart = ~close & ~np.eye(len(names), dtype=bool)

    def excess(labels, predicted):
        counts = confusion_counts(labels, predicted, len(names))
        rates = counts / counts.sum(axis=-1, keepdims=True).clip(1)
        return rates[..., close].mean(axis=-1) - rates[..., apart].mean(axis=-1)

    return tables.estimate(excess(labels, predicted), excess(*resampled), len(labels))


def multiclass_middle_peak(tables: SteeringTables) -> Estimate:
    """Accuracy of the best middle-third layer minus that of the better end (figure 3.2)."""
    rows = tables.multiclass[tables.multiclass["vectors"] == "trained"]
    right = rows.assign(right=rows["label"].astype(str) == rows["predicted"].astype(str))
    wide = right.pivot(index="clip", columns="layer", values="right").to_numpy().astype(float)

    draws = tables.weights(len(wide), "multiclass") @ wide
    value = middle_advantage(wide.mean(axis=0)[None])[0]
    return tables.estimate(value, middle_advantage(draws), len(wide))


def binary_middle_peak(tables: SteeringTables) -> Estimate:
    """Macro-F1 of the best middle-third layer minus that of the better end (figure 3.3)."""
    rows = tables.scores[tables.scores["vectors"] == "trained"]
    wide = rows.groupby(["seed", "layer"], observed=True)["macro_f1"].mean().unstack().to_numpy()
    means = wide.mean(axis=0)
    best = means[middle_third(len(means))].argmax() + len(means) // 3
    end = 0 if means[0] > means[-1] else -1
    return tables.mean(wide[:, best] - wide[:, end], "binary")


def emergence(tables: SteeringTables) -> Estimate:
    """Best layer's binary macro-F1 over the untrained network's best, paired by concept."""
    means = tables.scores.groupby(["vectors", "concept", "layer"], observed=True)["macro_f1"].mean()
    best = means.groupby(["vectors", "concept"], observed=True).max().unstack("vectors")
    return tables.mean(best["trained"] - best["untrained"], "emergence")


def shuffled_probe(tables: SteeringTables) -> Estimate:
    """Binary macro-F1 of probes on shuffled labels, minus the chance level of 0.5."""
    rows = tables.scores[tables.scores["vectors"] == "shuffled"]
    by_seed = rows.groupby(["seed", "concept"], observed=True)["macro_f1"].mean()
    return tables.mean(by_seed - 0.5, "shuffled")


def vector_agreement(tables: SteeringTables) -> Estimate:
    """Mean pairwise cosine over seeds of the least consistent concept, averaged over layers."""
    rows = tables.agreement[tables.agreement["vectors"] == "trained"]
    wide = rows.pivot_table(index="layer", columns="concept", values="cosine", observed=True)
    least = wide.mean().idxmin()
    return tables.mean(wide[least], "agreement")


def pair_slope(tables: SteeringTables, concept, target, sweep: str = "test") -> Estimate:
    """Slope of the target's probability over lambda, mean over clips (figures 3.4 and 3.6)."""
    return tables.mean(tables.target_slopes(sweep, concept, target), f"{sweep} {concept}")


def flat_ratio(tables: SteeringTables, concept, target, sweep: str = "test") -> Estimate:
    """Slope of the flat concept on a pair's target, as a share of the pair's own slope."""
    flat = tables.settings.get("flat")
    if not flat:
        raise NotRun("no concept is declared flat")
    causal = tables.target_slopes(sweep, concept, target)
    still = tables.target_slopes(sweep, flat, target).loc[causal.index]
    weights = tables.weights(len(causal), f"flat {sweep} {concept}")
    draws = (weights @ still.to_numpy()) / (weights @ causal.to_numpy())
    return tables.estimate(still.mean() / causal.mean(), draws, len(causal))


def _effects(tables: SteeringTables, concept, target, sign: int) -> tuple[np.ndarray, np.ndarray]:
    """Change of the target's probability at lambda = sign * slope_range: (of the class, rest)."""
    rows = tables.sweep("test")
    reach = sign * tables.settings["slope_range"]
    rows = rows[(rows["concept"] == concept) & rows["class"].isin(target)]
    rows = rows[np.isclose(rows["strength"], reach) | (rows["strength"] == 0)]
    sums = rows.groupby(["clip", "label", "strength"], observed=True)["probability"].sum()
    wide = sums.unstack("strength").sort_index(axis=1)
    change = (wide[max(wide)] - wide[min(wide)]) * sign
    inside = change.index.get_level_values("label").isin(target)
    return change[inside].to_numpy(), change[~inside].to_numpy()


def _difference(tables, first, second, name) -> Estimate:
    draws = tables.weights(len(first), f"{name} 1") @ first
    draws = draws - tables.weights(len(second), f"{name} 2") @ second
    return tables.estimate(first.mean() - second.mean(), draws, len(first) + len(second))


def plus_acts_outside(tables: SteeringTables, concept, target) -> Estimate:
    """Rise under +v among other clips minus the rise among the target's own (figure 3.4)."""
    inside, outside = _effects(tables, concept, target, +1)
    return _difference(tables, outside, inside, f"plus {concept}")


def minus_acts_inside(tables: SteeringTables, concept, target) -> Estimate:
    """Fall under -v among the target's own clips minus the fall among others (figure 3.4)."""
    inside, outside = _effects(tables, concept, target, -1)
    return _difference(tables, -inside, -outside, f"minus {concept}")


def unseen_gain(tables: SteeringTables, concept, target) -> Estimate:
    """Slope on the unseen corpus minus the slope on the test split (section 3.3.2)."""
    unseen = tables.target_slopes("unseen", concept, target).to_numpy()
    test = tables.target_slopes("test", concept, target).to_numpy()
    return _difference(tables, unseen, test, f"unseen {concept}")


def _layer_slopes(tables, concept, target) -> pd.DataFrame:
    layers = sorted(set(tables.slopes.loc[tables.slopes["sweep"] == "layers", "layer"]))
    if not layers:
        raise NotRun("one-to-all sweeps are not part of this run")
    slopes = {k: tables.target_slopes("layers", concept, target, layer=k) for k in layers}
    return pd.DataFrame(slopes)


def late_over_early(tables: SteeringTables, concept, target) -> Estimate:
    """One-to-all slope of the last third's vectors minus that of the first third's (figure 3.8)."""
    wide = _layer_slopes(tables, concept, target).to_numpy()
    third = one_third(wide.shape[1])
    gap = wide[:, -third:].mean(axis=1) - wide[:, :third].mean(axis=1)
    return tables.mean(gap, f"late {concept}")


def _pair_cosines(tables, concept, target) -> np.ndarray:
    rows = tables.cosines[tables.cosines["concept"] == concept]
    rows = rows[rows["class"].isin(target)]
    return rows.groupby(["seed", "layer"])["cosine"].mean().unstack().to_numpy()


def early_cosine(tables: SteeringTables, concept, target) -> Estimate:
    """Cosine of concept and class vectors, first two thirds minus last third (figure 3.9)."""
    wide = _pair_cosines(tables, concept, target)
    third = one_third(wide.shape[1])
    return tables.mean(wide[:, :-third].mean(axis=1) - wide[:, -third:].mean(axis=1), "cosine")


def steering_after_cosine(tables: SteeringTables, concept, target) -> Estimate:
    """Layers between the highest cosine and the strongest one-to-all vector (section 3.3.2)."""
    slopes = _layer_slopes(tables, concept, target).to_numpy()
    cosines = _pair_cosines(tables, concept, target)
    strongest = (tables.weights(len(slopes), "after slopes") @ slopes).argmax(axis=1)
    nearest = (tables.weights(len(cosines), "after cosines") @ cosines).argmax(axis=1)
    value = slopes.mean(axis=0).argmax() - cosines.mean(axis=0).argmax()
    return tables.estimate(value, strongest - nearest, len(slopes))


def over_control(tables: SteeringTables, concept, target, vectors: str) -> Estimate:
    """Slope of a pair minus the mean absolute slope of control vectors on the same target."""
    rows = tables.slopes[
        (tables.slopes["sweep"] == "controls")
        & (tables.slopes["vectors"] == vectors)
        & tables.slopes["class"].isin(target)
    ]
    if rows.empty:
        raise tables.absent("controls", f"a control sweep with {vectors} vectors")
    sums = rows.groupby(["clip", "concept"], observed=True)["slope"].sum().unstack()
    causal = tables.target_slopes("test", concept, target).loc[sums.index].to_numpy()
    weights = tables.weights(len(sums), f"over {vectors} {concept}")
    wide = sums.to_numpy()
    draws = weights @ causal - np.abs(weights @ wide).mean(axis=1)
    return tables.estimate(causal.mean() - np.abs(wide.mean(axis=0)).mean(), draws, len(causal))


def planted_auroc(tables: SteeringTables) -> Estimate:
    """AUROC of the one-to-one slopes for planted against unplanted pairs, over the matrix."""
    if "planted" not in tables.matrix:
        raise NotRun("the corpus has no planted causes to compare with")
    rows = tables.slopes[
        (tables.slopes["sweep"] == "test") & (tables.slopes["layer"] == EACH_LAYER)
    ]
    wide = rows.pivot_table(
        index="clip", columns=["concept", "class"], values="slope", observed=True
    )
    is_planted = tables.matrix.set_index(["concept", "class"])["planted"]
    planted = np.array([bool(is_planted[tuple(map(str, column))]) for column in wide.columns])
    values = wide.to_numpy()
    draws = [roc_auc_score(planted, d) for d in tables.weights(len(values), "auroc") @ values]
    return tables.estimate(roc_auc_score(planted, values.mean(axis=0)), draws, len(values))


Tables = SteeringTables
STATISTICS = {
    "macro_f1": macro_f1,
    "accuracy": accuracy,
    "near_confusion": near_confusion,
    "multiclass_middle_peak": multiclass_middle_peak,
    "binary_middle_peak": binary_middle_peak,
    "emergence": emergence,
    "shuffled_probe": shuffled_probe,
    "vector_agreement": vector_agreement,
    "pair_slope": pair_slope,
    "flat_ratio": flat_ratio,
    "plus_acts_outside": plus_acts_outside,
    "minus_acts_inside": minus_acts_inside,
    "unseen_gain": unseen_gain,
    "late_over_early": late_over_early,
    "early_cosine": early_cosine,
    "steering_after_cosine": steering_after_cosine,
    "over_control": over_control,
    "planted_auroc": planted_auroc,
}
