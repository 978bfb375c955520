"""Claims and controls: read from claims/{study}.yaml, judged by an interval, never without one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema
import numpy as np
import yaml

from tonotopy.errors import InputError, nearest

VERDICTS = ("supported", "contradicted", "inconclusive", "not run")


class NotRun(Exception):
    """A statistic cannot be computed here; the message is the reason shown on the scorecard."""


class NotApplicable(NotRun):
    """A claim is about what an instance does not have: a network, a class, a planted cause."""


@dataclass(frozen=True)
class Estimate:
    """A number with its interval.

    Attributes:
        value: the estimate.
        low: lower end of the confidence interval.
        high: upper end.
        n: number of independent observations.
        draws: the bootstrap draws behind the interval.
        unit: what was resampled, in the singular, such as "clip", "song" or "base score".
        trainings: number of trainings of a network that it comes from; None where it is about no
            network, or about networks that were not trained here.
    """

    value: float
    low: float
    high: float
    n: int
    draws: np.ndarray = field(repr=False, default_factory=lambda: np.empty(0))
    unit: str = ""
    trainings: int | None = None


@dataclass(frozen=True)
class Claim:
    """One row of a study's claims, for one instance and, where it says so, one part of it."""

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
    why: str | None = None
    figures: tuple[str, ...] = ()


def read_claims(paths: Mapping[str, str | Path], schema: dict) -> list[dict]:
    """Read the claims of studies.

    Args:
        paths: study -> its file of claims; a study without one has no claims.
        schema: what a file must be like (schemas/claims.schema.yaml).

    Returns:
        The rows of all files, each with its ``study``.

    Raises:
        InputError: a file is no YAML, a row does not fit the schema, its id does not begin with the
            study's name, or an id occurs twice; the message names file and claim.
    """
    return [row for study, path in paths.items() for row in _read_rows(study, path, schema)]


def _read_rows(study: str, path: str | Path, schema: dict) -> list[dict]:
    try:
        rows = yaml.safe_load(Path(path).read_text())
    except yaml.YAMLError as error:
        raise InputError(f"{path}: no YAML ({error}); correct it there") from error
    for error in jsonschema.Draft202012Validator(schema).iter_errors(rows):
        if not error.absolute_path:
            raise InputError(f"{path}: expected a list of claims, not {type(rows).__name__}")
        number, *keys = error.absolute_path
        name = rows[number].get("id", number) if isinstance(rows[number], dict) else number
        key = f"{'.'.join(map(str, keys))}: " if keys else ""
        raise InputError(f"{path}: claim {name}: {key}{error.message}")
    ids = [row["id"] for row in rows]
    for name in ids:
        if not name.startswith(f"{study}."):
            raise InputError(f"{path}: claim {name}: ids of this file begin with '{study}.'")
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise InputError(f"{path}: claim ids occur twice: {', '.join(twice)}")
    return [{**row, "study": study} for row in rows]


def check_words(row: dict, each: tuple[str, ...], only: Mapping, statistics: Mapping) -> None:
    """Check that a study knows what a claim asks of it.

    Args:
        row: a row of the study's claims.
        each: words that the study knows below ``each``.
        only: words that it knows below ``only`` -> their values, None if any.
        statistics: its statistics by name.

    Raises:
        InputError: it does not; the message names the claim, the word and the nearest known one.
    """
    checks = [("each", word, each) for word in row.get("each", [])]
    checks += [("only", word, only) for word in row.get("only", {})]
    checks += [
        (f"only.{word}", value, only[word])
        for word, values in row.get("only", {}).items()
        for value in values
        if only.get(word) is not None
    ]
    checks.append(("statistic", row["statistic"], statistics))
    for key, word, allowed in checks:
        if word not in allowed:
            raise InputError(
                f"claim {row['id']}: {key}: '{word}' is not known to {row['study']}"
                f"{nearest(word, allowed) or ' (none is)'}"
            )


def shown_in(row: dict) -> tuple[str, ...]:
    """Return the names of the figures that a row's claims can be seen in."""
    names = row.get("figure", ())
    return (names,) if isinstance(names, str) else tuple(names)


def check_figures(rows: list[dict], figures: Mapping[str, Collection[str]]) -> None:
    """Check that studies have the figures that their claims name.

    Args:
        rows: rows of `read_claims`.
        figures: study -> names of its figures.

    Raises:
        InputError: one has not; the message names the claim and the nearest figure.
    """
    for row in rows:
        known = figures.get(row["study"], ())
        for name in shown_in(row):
            if name not in known:
                raise InputError(
                    f"claim {row['id']}: figure: '{name}' is not one of {row['study']}"
                    f"{nearest(name, known) or ' (none is)'}"
                )


def expand(row: dict, instance: str, combinations=(("", {}),)) -> list[Claim]:
    """Return a row's claims for one instance of its study.

    Args:
        row: a row of `read_claims`.
        instance: name of the instance.
        combinations: the parts of it that the row is judged for: (end of the id, arguments).
    """
    keys = ("study", "kind", "source", "claim", "statistic", "paper", "why")
    base = {key: row.get(key) for key in keys}
    common = {"row": row["id"], "instance": instance, "criterion": row["criterion"], **base}
    common["figures"] = shown_in(row)
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
    b]`` (it lies wholly inside: absence is claimed by bounds, never by an interval that holds 0).

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
    else:
        raise ValueError(f"unknown criterion {kind}")
    return "supported" if holds else "contradicted" if fails else "inconclusive"
