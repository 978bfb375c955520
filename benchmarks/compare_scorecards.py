"""Compare the estimates of two scorecards, such as those before and after a change of the code.

    python benchmarks/compare_scorecards.py before.json results/mini/scorecard.json

Prints the rows that are in one of them alone and those whose estimates, intervals, numbers of
observations or verdicts differ; exits with 1 if any estimate, interval or number does.
"""

import argparse
import json
from pathlib import Path

NUMBERS = ("estimate", "low", "high", "n")


def differences(before: dict, after: dict, tolerance: float) -> list[str]:
    """Return the numbers of a row that differ by more than a tolerance, as text."""
    found = []
    for name in NUMBERS:
        old, new = before.get(name), after.get(name)
        if (old is None) != (new is None):
            found.append(f"{name} {old} -> {new}")
        elif old is not None and abs(old - new) > tolerance:
            found.append(f"{name} {old:.12g} -> {new:.12g}")
    return found


def main() -> int:
    """Print what differs and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-9)
    arguments = parser.parse_args()
    cards = (json.loads(path.read_text()) for path in (arguments.before, arguments.after))
    before, after = ({row["id"]: row for row in card} for card in cards)
    for title, only in (("gone", before.keys() - after), ("new", after.keys() - before)):
        for name in sorted(only):
            print(f"{title}: {name}")
    changed = 0
    for name in sorted(before.keys() & after):
        rows = before[name], after[name]
        if numbers := differences(*rows, arguments.tolerance):
            changed += 1
            print(f"differs: {name}: {'; '.join(numbers)}")
        elif rows[0].get("verdict") != rows[1].get("verdict"):
            print(f"verdict: {name}: {rows[0]['verdict']} -> {rows[1]['verdict']}")
    shared = len(before.keys() & after)
    print(f"{shared - changed} of {shared} shared rows are equal to {arguments.tolerance:g}")
    return int(changed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
