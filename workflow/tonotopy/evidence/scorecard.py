"""The scorecard: every claim judged, controls first."""

import csv
import inspect
from dataclasses import asdict
from pathlib import Path

import jinja2
from scipy.stats import false_discovery_control

from tonotopy.errors import InputError
from tonotopy.evidence import hierarchy, known_answers, steering
from tonotopy.evidence.claims import ROOMS, VERDICTS, Claim, NotRun, expand, p_value, verdict
from tonotopy.evidence.tables import StudyTables
from tonotopy.files import replacing, write_json

STATISTICS = {"steering": (steering,), "hierarchy": (hierarchy, known_answers)}
TEMPLATE = Path(__file__).parents[2] / "pages" / "scorecard.html.j2"
COLUMNS = (
    "id", "study", "instance", "kind", "source", "claim", "statistic", "paper", "estimate", "low",
    "high", "n", "p", "p_adjusted", "verdict", "reason",
)  # fmt: skip


def statistic(room: str, name: str):
    """Return a statistic of a kind of study by its name, None where there is none."""
    found = (getattr(module, name, None) for module in STATISTICS.get(room, ()))
    return next((function for function in found if inspect.isfunction(function)), None)


def judge(claims: list[dict], studies: dict, known: dict, scale: str) -> list[dict]:
    """Return one scorecard row per claim and study; a claim that cannot be judged says why.

    Args:
        claims: rows of claims.yaml.
        studies: kind of study -> name -> tables of the studies that ran.
        known: kind of study -> names of all in the configuration, those that did not run included.
        scale: the scale that the results come from.
    """
    rows = []
    for row in claims:
        ran, names = studies.get(row["study"], {}), known.get(row["study"], [])
        wanted = row.get("instances") or [n for n in names if n not in row.get("not_instances", [])]
        for name in wanted:
            if name in ran:
                rows += _judged_parts(row, name, ran[name])
            elif name in (row.get("instances") or []):
                absent = f"study '{name}' is not part of a run at scale '{scale}'"
                rows.append(_row(expand(row, name)[0], absent))
    return [{**row, "scale": scale} for row in _adjust(rows)]


def _judged_parts(row: dict, name: str, tables: StudyTables) -> list[dict]:
    try:
        combinations = tables.combinations(row)
    except NotRun as reason:
        return [_row(expand(row, name)[0], str(reason))]
    return [_judged(claim, tables) for claim in expand(row, name, combinations)]


def _judged(claim: Claim, tables: StudyTables) -> dict:
    function = statistic(claim.study, claim.statistic)
    if function is None:
        raise InputError(f"claim {claim.id}: no statistic '{claim.statistic}' for {claim.study}")
    try:
        estimate = function(tables, **claim.arguments)
    except NotRun as reason:
        return _row(claim, str(reason))
    found = {"estimate": estimate.value, "low": estimate.low, "high": estimate.high}
    judged = {"p": p_value(estimate, claim.criterion), "n": estimate.n}
    return {**_row(claim, ""), **found, **judged, "verdict": verdict(estimate, claim.criterion)}


def _adjust(rows: list[dict]) -> list[dict]:
    """Add p-values corrected by Benjamini and Hochberg over the claims of each study."""
    for study in {row["study"] for row in rows}:
        tested = [r for r in rows if (r["study"], r["kind"]) == (study, "claim") and r["n"]]
        if tested:
            corrected = false_discovery_control([row["p"] for row in tested])
            for row, value in zip(tested, corrected, strict=True):
                row["p_adjusted"] = float(value)
    return rows


def _row(claim: Claim, reason: str) -> dict:
    told = {k: v for k, v in asdict(claim).items() if k != "arguments"}
    empty = dict.fromkeys(("estimate", "low", "high", "n", "p", "p_adjusted"))
    return {**told, **empty, "verdict": "not run", "reason": reason}


def controls(rows: list[dict], *verdicts: str) -> list[dict]:
    """Return the controls with one of the verdicts."""
    return [r for r in rows if r["kind"] == "control" and r["verdict"] in verdicts]


def control_verdict(rows: list[dict], policy: str) -> str:
    """Return one line on the controls.

    A control fails where it is contradicted. Where the data cannot decide (inconclusive), it is
    told, but fails nothing: small corpora of a user's own often cannot.

    Args:
        rows: the scorecard.
        policy: "fail" or "warn".

    Raises:
        InputError: a control failed and the policy is "fail".
    """
    ran = controls(rows, "supported", "contradicted", "inconclusive")
    passed, failed = controls(rows, "supported"), controls(rows, "contradicted")
    text = f"{len(passed)} of {len(ran)} controls passed"
    if absent := controls(rows, "not run"):
        text += f", {len(absent)} not run (the scorecard says why)"
    for verdict_name, found in (("failed", failed), ("undecided", controls(ran, "inconclusive"))):
        if found:
            text += f", {len(found)} {verdict_name}: {'; '.join(map(_told, found))}"
    if failed and policy == "fail":
        raise InputError(f"{text}. See the scorecard; set `controls: warn` to go on regardless")
    return f"WARNING: {text}. Results of these studies cannot be believed yet" if failed else text


def _told(row: dict) -> str:
    return f"{row['id']} {row['estimate']:.3g} [{row['low']:.3g}, {row['high']:.3g}]"


def write_scorecard(rows: list[dict], scale: str, json_path, csv_path, page_path) -> None:
    """Write the scorecard as JSON, CSV and a page without scripts or links."""
    write_json(json_path, rows)
    with replacing(csv_path) as draft, draft.open("w", newline="") as file:
        writer = csv.DictWriter(file, ("scale", *COLUMNS), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    with replacing(page_path) as draft:
        draft.write_text(page(rows, scale))


def page(rows: list[dict], scale: str) -> str:
    """Return the scorecard as an HTML page; all text is escaped."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text())
    counts = {
        kind: {v: sum(r["verdict"] == v for r in rows if r["kind"] == kind) for v in VERDICTS}
        for kind in ("control", "claim")
    }
    return template.render(
        groups=_groups(rows),
        rows=rows,
        scale=scale,
        failed=controls(rows, "contradicted"),
        undecided=controls(rows, "inconclusive"),
        counts=counts,
        rooms=ROOMS,
        criterion=_criterion,
    )


def _groups(rows: list[dict]) -> list[dict]:
    """One entry per row of claims.yaml: what it says, how often it came out how, its parts.

    ``judged`` tells whether any part was.
    """
    found: dict[str, list[dict]] = {}
    for row in rows:
        found.setdefault(row["row"], []).append(row)
    groups = []
    for name, parts in found.items():
        counts = {v: sum(part["verdict"] == v for part in parts) for v in VERDICTS}
        told = {k: parts[0][k] for k in ("study", "kind", "claim", "source", "paper", "criterion")}
        order = {v: i for i, v in enumerate(("contradicted", "inconclusive", "supported"))}
        parts = sorted(parts, key=lambda part: order.get(part["verdict"], len(order)))
        judged = counts["not run"] < len(parts)
        groups.append({"id": name, **told, "counts": counts, "judged": judged, "parts": parts})
    return groups


def _criterion(criterion: dict) -> str:
    (kind, bound), *_ = criterion.items()
    if kind == "within":
        return f"within {bound[0]:g} to {bound[1]:g}"
    return f"no rise above {bound:g}" if kind == "no_rise" else f"{kind} {bound:g}"
