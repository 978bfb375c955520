"""Marks of methods: how well a method's matrix agrees with what interventions cause (study 7).

The truth is the effect of hearing value i on class g, over base clips n (spec of study 7):

    E[i, g] = mean_n p_g(twin_n,i) - mean_n mean_i' p_g(twin_n,i')

Noise in E and in a method's matrix makes them agree less than their means over endlessly many clips
would. Bootstrap draws have that noise twice, so a plain percentile interval lies below the truth.
The mark is therefore corrected for its bias by the bootstrap, and so is each of its draws, by
draws that have the noise once more (B. Efron and R. J. Tibshirani, An Introduction to the
Bootstrap, 1993, sections 10.6 and 18.6). `Agreement.measured` is the mark without correction.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from tonotopy.errors import InputError
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.trainings import widening
from tonotopy.studies.validity.measures import MEASURES, Measure

INNER = 4  # draws with the noise once more that correct each draw
WIDER = 1.1  # intervals, for what the correction leaves: without it 91 % hold the truth, not 95 %
PAIRS = ("all", "unplanted")
NULL = "null"  # the kind of methods that must find nothing
MARKS = ("method", "kind", "pairs", "measure", "estimate", "low", "high", "measured")


class Effects(NamedTuple):
    """What the values of an attribute do to the answers of a network.

    Attributes:
        probabilities: shape (bases, values, classes).
        bases: their names.
        values: their names.
        classes: their names.
        planted: which pairs of value and class are planted, bool, shape (values, classes); None
            where it is unknown.
    """

    probabilities: np.ndarray
    bases: tuple[str, ...]
    values: tuple[str, ...]
    classes: tuple[str, ...]
    planted: np.ndarray | None

    @property
    def matrix(self) -> np.ndarray:
        """E, shape (values, classes)."""
        return centred(self.probabilities.mean(axis=0))


class Noisy(NamedTuple):
    """A matrix as it is, with the noise of resampling, and with that noise twice.

    Attributes:
        data: shape (..., pairs).
        once: shape (resamples, ..., pairs).
    """

    data: np.ndarray
    once: np.ndarray

    def twice(self, shift: int) -> np.ndarray:
        """Return draws around draws: each with the deviation of another one added."""
        return self.once + np.roll(self.once, shift, axis=0) - self.data

    def among(self, pairs: np.ndarray) -> "Noisy":
        """Return the same of some pairs (bool, shape (pairs,))."""
        return Noisy(self.data[..., pairs], self.once[..., pairs])

    def levels(self, form: Callable[[np.ndarray], np.ndarray]) -> "Levels":
        """Return the matrix in a form, such as its ranks, without and with all noise."""
        twice = [form(self.twice(shift)) for shift in range(1, INNER + 1)]
        return Levels(form(self.data), form(self.once), twice)


class Levels(NamedTuple):
    """What a measure compares: a matrix as it is, with its noise, and `INNER` times with it twice.

    All are standardised, ranked or reduced to signs, as the measure asks; made once, for E is
    compared with many methods.
    """

    data: np.ndarray
    once: np.ndarray
    twice: list[np.ndarray]


class Agreement(NamedTuple):
    """A mark: `measured` as it comes out, `value` and `draws` corrected for the bias of noise."""

    measured: float
    value: float
    draws: np.ndarray


def centred(matrix: np.ndarray) -> np.ndarray:
    """Return matrices (..., values, classes) whose columns sum to 0 over the values."""
    return matrix - matrix.mean(axis=-2, keepdims=True)


def effects_of(effects: pd.DataFrame, attribute: str, copy: str = "trained") -> Effects:
    """Return the effects of an attribute on a copy of a network.

    Args:
        effects: copy, attribute, base, value, class, probability, planted; a row per twin and
            class.
        attribute: one of the table's.
        copy: "trained" or "untrained".

    Raises:
        InputError: there are none, or a twin is missing or there twice.
    """
    rows = effects[(effects["attribute"] == attribute) & (effects["copy"] == copy)]
    if rows.empty:
        raise InputError(f"effects: no twins of '{attribute}' for the {copy} network")
    place = f"effects of {attribute} ({copy})"
    names, probabilities = _array(rows, ("base", "value", "class"), "probability", place)
    planted = None
    if not rows["planted"].isna().any():
        causes = rows.drop_duplicates(["value", "class"]).assign(planted=lambda t: t["planted"] * 1)
        planted = _array(causes, ("value", "class"), "planted", place)[1].astype(bool)
    return Effects(probabilities, *names, planted)


def _array(rows: pd.DataFrame, keys: tuple[str, ...], column: str, place: str):
    """Return names of every key, ascending, and a full array of a column over them.

    Raises:
        InputError: a cell is missing or there twice.
    """
    codes, names = zip(*(pd.factorize(rows[k].astype(str), sort=True) for k in keys), strict=True)
    shape = tuple(map(len, names))
    cells = np.ravel_multi_index(codes, shape)
    if len(np.unique(cells)) != len(rows) or len(rows) != np.prod(shape):
        raise InputError(
            f"{place}: expected one row for each of {' x '.join(map(str, shape))} "
            f"({', '.join(keys)}), not {len(rows)} rows; make the table again"
        )
    values = np.empty(len(rows))
    values[cells] = rows[column].to_numpy(dtype=float)
    return [tuple(map(str, each)) for each in names], values.reshape(shape)


def resampled(units: np.ndarray, bootstrap: Bootstrap, *names: str | int) -> np.ndarray:
    """Return centred means over resampled units: (units, ..., values, classes).

    Means of few units spread too little by n / (n - 1), which is put right; a single unit is not
    resampled.

    Returns:
        Shape (resamples, ..., values, classes).
    """
    n = len(units)
    counts = bootstrap.draw(n, "validity", *names, n).counts
    weights = 1 + np.sqrt(n / max(n - 1, 1)) * (counts - 1)
    return centred(np.tensordot(weights / n, units, axes=1))


def _flat(matrices: np.ndarray) -> np.ndarray:
    """Return matrices (..., values, classes) as (..., pairs)."""
    return matrices.reshape(*matrices.shape[:-2], -1)


def noisy_effects(effects: Effects, bootstrap: Bootstrap) -> Noisy:
    """Return E over all pairs with its draws over bases; the same draws for every method."""
    once = resampled(effects.probabilities, bootstrap, "bases")
    return Noisy(_flat(effects.matrix), _flat(once))


def differs(effects: Noisy, bootstrap: Bootstrap) -> np.ndarray:
    """Return which pairs' E differs from 0: its interval over bases excludes it. (pairs,)."""
    low, high = bootstrap.interval(effects.once)
    return (low > 0) | (high < 0)


def agreement(measure: Measure, effects: Levels, method: Levels, weights: np.ndarray) -> Agreement:
    """Return the mean mark over the sets of a method, corrected for the bias of noise.

    With f(k) the mark at k times the noise, the mark is 2 f(1) - mean f(2), a draw of it
    2 f(2) - mean f(3); draws are moved so that their mean is the mark, and spread
    `WIDER`; not those of several sets, over which what the correction leaves averages out.

    Args:
        measure: one of `MEASURES`.
        effects: E in the measure's form, data (pairs,).
        method: data (sets, pairs).
        weights: of sets in every resample, shape (resamples, sets).
    """
    measured = measure.compare(effects.data, method.data)
    once = measure.compare(effects.once[:, None], method.once)
    pairs = zip(effects.twice, method.twice, strict=True)
    twice = sum(measure.compare(one[:, None], other) for one, other in pairs) / INNER
    value = 2 * measured - once.mean(axis=0)
    draws = 2 * once - twice
    wider = WIDER if len(value) == 1 else 1.0
    draws = value + wider * (draws - draws.mean(axis=0))
    return Agreement(
        float(measured.mean()),
        float(np.clip(value.mean(), *measure.limits)),
        np.clip((weights * draws).sum(axis=1), *measure.limits),
    )


def set_weights(sets: int, bootstrap: Bootstrap, *names: str) -> np.ndarray:
    """Return the weights of sets of null vectors in every resample: (resamples, sets)."""
    if sets == 1:
        return np.ones((bootstrap.resamples, 1))
    counts = bootstrap.draw(sets, "validity", "sets", *names).counts
    return (1 + widening(sets, bootstrap.confidence) * (counts - 1)) / sets


def mark(
    effects: pd.DataFrame,
    matrices: pd.DataFrame,
    methods: pd.DataFrame,
    bootstrap: Bootstrap,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the marks of all methods that apply, and their draws.

    Base clips of E and the units of methods are resampled; all methods share the resamples of
    bases, and methods of the same units (clips) share theirs, so that differences of draws are
    paired. Sets of null vectors are resampled, too.

    Args:
        effects: see `effects_of`.
        matrices: method, kind, set, unit, value, class, score.
        methods: method, kind, unit (empty where nothing is resampled), applies, attribute (whose
            values are marked) and order; further columns are left alone.
        bootstrap: how the run resamples.

    Returns:
        Marks: method, kind, pairs (all, unplanted), measure (spearman, pearson, sign), estimate,
        low, high, measured, bases, units, unit, sets. Draws: method, pairs, measure, draw (0 is the
        data), value. Where a mark is undefined (a matrix is constant) it is nan. Unplanted pairs
        are marked where it is known what is planted.

    Raises:
        InputError: a method has other values or classes than E, or rows are missing.
    """
    (attribute,) = methods["attribute"].unique()
    truth = effects_of(effects, attribute)
    compared = comparisons(truth, noisy_effects(truth, bootstrap), bootstrap)
    marks, draws = [], []
    for row in methods[methods["applies"]].sort_values("order").to_dict("records"):
        name, unit = row["method"], row["unit"]
        scores, units = method_scores(matrices[matrices["method"] == name], name, truth)
        about = {"bases": len(truth.bases), "units": len(units), "unit": unit}
        about["sets"] = len(scores[0])
        own = noisy_method(scores, units, unit, bootstrap)
        weights = set_weights(len(scores[0]), bootstrap, name)
        for pairs, measure, outcome in _agreements(compared, own, weights):
            key = {"method": name, "pairs": pairs, "measure": measure}
            low, high = bootstrap.interval(outcome.draws)
            numbers = (outcome.value, low, high, outcome.measured)
            numbers = dict(zip(MARKS[4:], numbers, strict=True))
            marks.append({**key, "kind": row["kind"], **numbers, **about})
            values = np.concatenate([[outcome.value], outcome.draws])
            draws.append(pd.DataFrame({**key, "draw": range(len(values)), "value": values}))
    columns = [*MARKS, "bases", "units", "unit", "sets"]
    empty = pd.DataFrame(columns=["method", "pairs", "measure", "draw", "value"])
    drawn = pd.concat(draws, ignore_index=True) if draws else empty
    return pd.DataFrame(marks, columns=columns), drawn


def method_scores(
    rows: pd.DataFrame, method: str, truth: Effects
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return a method's scores, shape (units, sets, values, classes), and its units.

    Args:
        rows: of the method: unit, set, value, class, score.
        method: its name.
        truth: what it is held against.

    Raises:
        InputError: rows are missing or there twice, or values or classes are not those of E.
    """
    place = f"matrices of the method '{method}'"
    if rows.empty:
        raise InputError(f"{place}: there are none, though it applies; make the table again")
    names, scores = _array(rows, ("unit", "set", "value", "class"), "score", place)
    for kind, own, wanted in zip(
        ("values", "classes"), names[2:], (truth.values, truth.classes), strict=True
    ):
        if own != wanted:
            raise InputError(f"{place}: {kind} {', '.join(own)}, expected {', '.join(wanted)}")
    return scores, names[0]


def method_matrices(scores: np.ndarray) -> np.ndarray:
    """Return the matrix of every set of a method, columns centred, shape (sets, pairs)."""
    return _flat(centred(scores.mean(axis=0)))


def noisy_method(
    scores: np.ndarray, units: tuple[str, ...], unit: str, bootstrap: Bootstrap
) -> Noisy:
    """Return the matrices of a method's sets with their draws over units.

    Methods of the same units have the same draws.

    Args:
        scores: see `method_scores`.
        units: their names.
        unit: what they are.
        bootstrap: how the run resamples.
    """
    once = resampled(scores, bootstrap, "units", unit, units[0])
    return Noisy(method_matrices(scores), _flat(once))


class Comparison(NamedTuple):
    """What all methods are held against: a measure's form of E over some pairs.

    Attributes:
        pairs: one of `PAIRS`.
        measure: one of `MEASURES`.
        used: which pairs are compared, bool, shape (pairs,); none where the mark is undefined.
        effects: E of these pairs in the measure's form; None where there are none.
    """

    pairs: str
    measure: str
    used: np.ndarray
    effects: Levels | None


def comparisons(truth: Effects, effects: Noisy, bootstrap: Bootstrap) -> list[Comparison]:
    """Return what methods are held against, for all pairs, those not planted, and each measure.

    Signs are compared where E differs from 0. Unplanted pairs are left out where it is unknown
    what is planted.
    """
    chosen = {"all": np.ones(effects.data.shape, dtype=bool)}
    if truth.planted is not None and truth.planted.any():
        chosen["unplanted"] = ~truth.planted.ravel()
    known, found = differs(effects, bootstrap), []
    for pairs, inside in chosen.items():
        for name, measure in MEASURES.items():
            used = inside & known if name == "sign" else inside
            levels = effects.among(used).levels(measure.form) if used.any() else None
            found.append(Comparison(pairs, name, used, levels))
    return found


def _agreements(
    compared: list[Comparison], method: Noisy, weights: np.ndarray
) -> Iterator[tuple[str, str, Agreement]]:
    """Yield pairs, measure and mark of a method."""
    for pairs, name, used, effects in compared:
        if not used.any():
            nothing = np.full(len(weights), np.nan)
            yield pairs, name, Agreement(np.nan, np.nan, nothing)
            continue
        own = method.among(used).levels(MEASURES[name].form)
        yield pairs, name, agreement(MEASURES[name], effects, own, weights)
