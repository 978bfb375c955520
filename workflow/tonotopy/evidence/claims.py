"""Claims and controls: read from claims.yaml, judged by an interval, never without one."""

from dataclasses import dataclass, field
from pathlib import Path

import jsonschema
import numpy as np
import yaml

from tonotopy.errors import InputError

VERDICTS = ("supported", "contradicted", "inconclusive", "not run")
ROOMS = {"hierarchy": "Study 1: hierarchy", "steering": "Study 2: steering"}


class NotRun(Exception):
    """A statistic cannot be computed here; the message is the reason shown on the scorecard."""


@dataclass(frozen=True)
class Estimate:
    """A number with its interval.

    Attributes:
        value: the estimate.
        low: lower end of the confidence interval.
        high: upper end.
        n: number of independent observations (clips, seeds or folds).
        draws: the bootstrap draws behind the interval.
    """

    value: float
    low: float
    high: float
    n: int
    draws: np.ndarray = field(repr=False, default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Claim:
    """One row of claims.yaml, for one study and, where it says so, one part of it."""

    id: str
    row: str
    study: str
    instance: str
    kind: str
    source: str
    claim: str
    statistic: str
    arguments: dict
    criterion: dict
    paper: str | None


def read_claims(path: str | Path, schema: dict) -> list[dict]:
    """Read claims.yaml.

    Raises:
        InputError: a row does not fit the schema or an id occurs twice; the message names it.
    """
    rows = yaml.safe_load(Path(path).read_text())
    for error in jsonschema.Draft202012Validator(schema).iter_errors(rows):
        place = error.absolute_path[0] if error.absolute_path else "?"
        name = rows[place].get("id", place) if isinstance(place, int) else place
        raise InputError(f"{path}: claim {name}: {error.message}")
    ids = [row["id"] for row in rows]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise InputError(f"{path}: claim ids occur twice: {', '.join(twice)}")
    return rows


def expand(row: dict, instance: str, combinations=(("", {}),)) -> list[Claim]:
    """Return a row's claims for one study instance.

    Args:
        row: a row of claims.yaml.
        instance: name of the study.
        combinations: the parts of the study that the row is judged for: (end of the id, arguments).
    """
    base = {k: row.get(k) for k in ("study", "kind", "source", "claim", "statistic", "paper")}
    common = {"row": row["id"], "instance": instance, "criterion": row["criterion"], **base}
    return [
        Claim(
            id=".".join(filter(None, (row["id"], instance, part))),
            arguments={**row.get("arguments", {}), **arguments},
            **common,
        )
        for part, arguments in combinations
    ]


def verdict(estimate: Estimate, criterion: dict) -> str:
    """Judge an estimate by its interval.

    Criteria: ``above: x`` or ``below: x`` (the interval lies wholly on that side), ``within: [a,
    b]`` (it lies wholly inside), ``no_rise: x`` (no push in the claimed direction: the interval
    contains 0 or lies wholly below x).

    Returns:
        supported, contradicted (the interval lies wholly on the other side) or inconclusive.
    """
    (kind, bound), low, high = *criterion.items(), estimate.low, estimate.high
    if kind == "above":
        holds, fails = low > bound, high < bound
    elif kind == "below":
        holds, fails = high < bound, low > bound
    elif kind == "within":
        holds, fails = bound[0] < low and high < bound[1], high < bound[0] or low > bound[1]
    elif kind == "no_rise":
        holds, fails = low <= 0 <= high or high < bound, low > bound
    else:
        raise ValueError(f"unknown criterion {kind}")
    return "supported" if holds else "contradicted" if fails else "inconclusive"


def p_value(estimate: Estimate, criterion: dict) -> float:
    """Return the one-sided bootstrap p-value against the criterion's negation.

    The share of draws that lie on the other side of the bound, counted so that it is never 0; for
    ``within`` the larger of both sides (two one-sided tests).
    """
    (kind, bound), draws = *criterion.items(), estimate.draws

    def share(beyond: np.ndarray) -> float:
        return float((beyond.sum() + 1) / (len(draws) + 1))

    if kind == "above":
        return share(draws <= bound)
    if kind == "within":
        return max(share(draws <= bound[0]), share(draws >= bound[1]))
    return share(draws >= bound)
