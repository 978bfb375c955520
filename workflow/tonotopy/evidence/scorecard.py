"""The scorecard: every claim judged, controls first."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.stats import false_discovery_control

from tonotopy.errors import InputError
from tonotopy.evidence.claims import (
    Claim,
    Estimate,
    NotApplicable,
    NotRun,
    check_words,
    expand,
    verdict,
)
from tonotopy.evidence.numbers import number
from tonotopy.evidence.resampling import p_value
from tonotopy.evidence.tables import StudyTables
from tonotopy.files import replacing, write_json

COLUMNS = (
    "scale",
    "id",
    "study",
    "instance",
    "kind",
    "source",
    "claim",
    "statistic",
    "paper",
    "why",
    "estimate",
    "low",
    "high",
    "n",
    "unit",
    "trainings",
    "p",
    "p_adjusted",
    "p_family",
    "verdict",
    "reason",
)

APART = "apart"  # of a row: that it is about what a user's own instance does not have
LEVEL = "level"  # of a row while it is judged: see `error_rate`
NOT_IN_FAMILY = "the interval alone supports it; among all claims of the study, p is not small"


@dataclass(frozen=True)
class Instance:
    """An instance of a study that ran, with all that its claims are judged by.

    Attributes:
        study: name of the study.
        name: name of the instance.
        tables: its tables.
        statistics: the study's statistics, name -> function of the tables and a claim's arguments.
        own: whether it is a user's own. Papers print nothing of it, and a claim that is about what
            it does not have is `APART`.
    """

    study: str
    name: str
    tables: StudyTables
    statistics: Mapping[str, Callable[..., Estimate]]
    own: bool = False


def judge(
    claims: list[dict],
    instances: list[Instance],
    known: Mapping[str, list[str]],
    scale: str,
) -> list[dict]:
    """Return one scorecard row per claim and instance; a claim that cannot be judged says why.

    Args:
        claims: rows of `claims.read_claims`.
        instances: those that ran.
        known: study -> names of all its instances in the configuration, in the order of the rows;
            those that did not run included.
        scale: the scale that the results come from.

    Raises:
        InputError: a claim asks for what its study does not know.
    """
    ran: dict[str, dict[str, Instance]] = {}
    for instance in instances:
        ran.setdefault(instance.study, {})[instance.name] = instance
    for row in claims:
        for instance in ran.get(row["study"], {}).values():
            tables = instance.tables
            check_words(row, tables.EACH, tables.ONLY, instance.statistics)
    rows = []
    for row in claims:
        of_study = ran.get(row["study"], {})
        for name in _instances_of(row, [*known.get(row["study"], []), *of_study]):
            if name in of_study:
                rows += _judged_parts(row, of_study[name])
            elif name in row.get("instances", []):
                absent = f"instance '{name}' is not part of a run at scale '{scale}'"
                rows.append(_row(expand(row, name)[0], absent))
    return [{**row, "scale": scale} for row in _adjust(rows)]


def error_rate(confidence: float) -> float:
    """Return the largest one-sided p that goes with an interval wholly on one side of a bound."""
    return (1 - confidence) / 2


def _instances_of(row: dict, names: list[str]) -> list[str]:
    """Return the instances that a claim is about, without repetition."""
    excluded = row.get("not_instances", [])
    included = row.get("instances", names)
    return [name for name in dict.fromkeys(included) if name not in excluded]


def _judged_parts(row: dict, instance: Instance) -> list[dict]:
    try:
        combinations = instance.tables.combinations(row)
    except NotRun as reason:
        rows = [_not_run(expand(row, instance.name)[0], reason, instance)]
    else:
        rows = [_judged(claim, instance) for claim in expand(row, instance.name, combinations)]
    return [{**row, "paper": None} for row in rows] if instance.own else rows


def _not_run(claim: Claim, reason: NotRun, instance: Instance) -> dict:
    apart = instance.own and isinstance(reason, NotApplicable)
    return {**_row(claim, str(reason)), **({APART: True} if apart else {})}


def _judged(claim: Claim, instance: Instance) -> dict:
    try:
        estimate = instance.statistics[claim.statistic](instance.tables, **claim.arguments)
    except NotRun as reason:
        return _not_run(claim, reason, instance)
    values = {"estimate": estimate.value, "low": estimate.low, "high": estimate.high}
    judged = {"p": p_value(estimate.draws, claim.criterion), "n": estimate.n}
    judged |= {"unit": estimate.unit, "trainings": estimate.trainings}
    judged |= {LEVEL: error_rate(instance.tables.bootstrap.confidence)}
    return {**_row(claim, ""), **values, **judged, "verdict": verdict(estimate, claim.criterion)}


def _adjust(rows: list[dict]) -> list[dict]:
    """Add p-values corrected over the claims of a study, and judge by them.

    Benjamini and Hochberg's decide: a claim whose interval lies wholly on its side, but whose
    adjusted p is not below the error rate of its interval, is inconclusive. Holm's are told.
    """
    for study in {row["study"] for row in rows}:
        tested = [r for r in rows if (r["study"], r["kind"]) == (study, "claim") and r["n"]]
        if tested:
            p = [row["p"] for row in tested]
            for row, rate, family in zip(tested, false_discovery_control(p), holm(p), strict=True):
                row["p_adjusted"], row["p_family"] = float(rate), float(family)
                if row["verdict"] == "supported" and rate >= row[LEVEL]:
                    row["verdict"], row["reason"] = "inconclusive", NOT_IN_FAMILY
    return [{key: value for key, value in row.items() if key != LEVEL} for row in rows]


def holm(p: Sequence[float]) -> np.ndarray:
    """Return p-values that bound the chance of one or more false findings (S. Holm, 1979).

    The smallest of m is multiplied by m, the next by m - 1 and so on; none is below one before it
    in this order, and none is above 1.
    """
    order = np.argsort(p, kind="stable")
    multiplied = np.asarray(p)[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(multiplied), 1)
    return corrected


def _row(claim: Claim, reason: str) -> dict:
    about = {k: v for k, v in asdict(claim).items() if k != "arguments"}
    about["figures"] = list(claim.figures)
    empty = dict.fromkeys(COLUMNS[COLUMNS.index("estimate") : COLUMNS.index("verdict")])
    return {**about, **empty, "verdict": "not run", "reason": reason}


def applying(rows: list[dict]) -> list[dict]:
    """Return the rows but those that are about what a user's own instance does not have."""
    return [row for row in rows if not row.get(APART)]


def controls(rows: list[dict], *verdicts: str) -> list[dict]:
    """Return the controls with one of the verdicts."""
    return [r for r in rows if r["kind"] == "control" and r["verdict"] in verdicts]


def control_verdict(rows: list[dict], policy: str, page: str | Path = "the scorecard") -> str:
    """Return one line on the controls.

    A control fails where it is contradicted. Where the data cannot decide (inconclusive), it is
    named, but fails nothing: small corpora of a user's own often cannot.

    Args:
        rows: the scorecard.
        policy: "fail" or "warn".
        page: where the scorecard can be read, for the message.

    Raises:
        InputError: a control failed and the policy is "fail".
    """
    ran = controls(rows, "supported", "contradicted", "inconclusive")
    passed, failed = controls(rows, "supported"), controls(rows, "contradicted")
    text = f"{len(passed)} of {len(ran)} controls passed"
    if absent := controls(applying(rows), "not run"):
        text += f", {len(absent)} not run (the scorecard says why)"
    for outcome, some in (("failed", failed), ("undecided", controls(ran, "inconclusive"))):
        if some:
            text += f", {len(some)} {outcome}: {'; '.join(map(_summary, some))}"
    if failed and policy == "fail":
        raise InputError(
            f"{text}. See {page}: all else of this run is made; with `controls: warn` it passes, "
            "and says so"
        )
    return f"WARNING: {text}. Results of these studies cannot be believed yet" if failed else text


def verdict_text(
    rows: list[dict], embedded: Mapping[str, bool | None], notes: Sequence[str]
) -> str:
    """Return a run's last words, a sentence a line: how controls came out, and what was heard.

    Args:
        rows: the scorecard.
        embedded: see `sound_notes`.
        notes: further sentences on what the run heard.
    """
    return "\n".join([control_verdict(rows, "warn"), *sound_notes(embedded), *notes]) + "\n"


def _summary(row: dict) -> str:
    estimate, low, high = (number(row[key]) for key in ("estimate", "low", "high"))
    return f"{row['id']} {estimate} [{low}, {high}]"


def sound_notes(embedded: Mapping[str, bool | None]) -> list[str]:
    """Return sentences on where the sound of instances comes from.

    Args:
        embedded: study/instance -> whether all its sound is made here, from causes that are known;
            None where it hears recordings too.
    """
    notes = {
        True: "sound made here, causes known: calibrates, replicates nothing",
        None: "partly sound made here, partly real recordings",
        False: "real recordings",
    }
    instances = {kind: [n for n, value in embedded.items() if value is kind] for kind in notes}
    return [
        f"{', '.join(instances[kind])}: {note}." for kind, note in notes.items() if instances[kind]
    ]


def write_scorecard(rows: list[dict], json_path, csv_path) -> None:
    """Write the scorecard as JSON and CSV."""
    write_json(json_path, rows)
    with replacing(csv_path) as draft, draft.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
