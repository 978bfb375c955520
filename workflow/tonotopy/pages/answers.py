"""What a run answers, in sentences: chosen by the verdicts of a claim's parts, never beyond them.

A study declares a sentence for each verdict of a claim (`study.Answer`). It is said where all
judged parts of the claim in an instance have that verdict. Where they differ, the claim itself is
quoted with how many parts came out how; where none was judged, it is quoted with the reason.
"""

from collections.abc import Iterable, Mapping

from tonotopy.evidence.numbers import number
from tonotopy.pages.verdicts import counts, criterion_text, judged

MIXED, NOT_RUN = "mixed", "not run"


def answer(rows: Iterable[dict], sentences: Mapping[str, str], instance: str) -> dict | None:
    """Return what a run answers to one claim in one instance; None if it is not about this one.

    Args:
        rows: the scorecard.
        sentences: claim (id of its row), supported, contradicted and inconclusive, see
            `study.Answer`.
        instance: name of the instance.

    Returns:
        claim, outcome (a verdict, or mixed), sentence, and numbers (the interval, in words; empty
        where nothing was judged).
    """
    claim = sentences["claim"]
    parts = [row for row in rows if (row["row"], row["instance"]) == (claim, instance)]
    ran = judged(parts)
    outcome = _outcome(ran)
    if not parts:
        return None
    if outcome in sentences:
        sentence = sentences[outcome]
    elif ran:
        came_out = [f"{count} {verdict}" for verdict, count in counts(ran).items() if count]
        quoted = _quoted(parts)
        sentence = f"No single verdict on {quoted}: of {len(ran)} parts, {', '.join(came_out)}."
    else:
        reasons = "; ".join(dict.fromkeys(row["reason"] for row in parts))
        sentence = f"Not run: {_quoted(parts)} ({reasons})."
    return {"claim": claim, "outcome": outcome, "sentence": sentence, "numbers": _numbers(parts)}


def _outcome(ran: list[dict]) -> str:
    verdicts = {row["verdict"] for row in ran}
    return verdicts.pop() if len(verdicts) == 1 else MIXED if verdicts else NOT_RUN


def _quoted(parts: list[dict]) -> str:
    return f"“{parts[0]['claim'].rstrip('.')}”"


def _numbers(parts: list[dict]) -> str:
    """Return the interval of a part, or what the intervals of several span, and what was asked."""
    ran = judged(parts)
    if not ran:
        return ""
    low, high = min(row["low"] for row in ran), max(row["high"] for row in ran)
    span = f"{number(low)} to {number(high)}"
    asked = f"asked: {criterion_text(ran[0]['criterion'])}"
    judged_parts = f"{len(ran)} of {len(parts)} parts judged; " if len(ran) < len(parts) else ""
    if len(ran) == 1:
        interval = f"interval {span}" if low < high else "the same in all resamples"
        return f"{judged_parts}{number(ran[0]['estimate'])}, {interval}; {asked}"
    estimates = [row["estimate"] for row in ran]
    return (
        f"{judged_parts or f'{len(ran)} parts; '}estimates {number(min(estimates))} to "
        f"{number(max(estimates))}, all intervals within {span}; {asked}"
    )
