"""Disturb the workflow at random, recover by the one documented command, and count what is lost.

    python tests/faults/campaign.py [--faults 20] [--seed 0] [--cores 2] [--only KIND]

Every fault begins from a half-done run and ends with `workflow/resume.py`, after which all outputs
must equal, byte for byte, those of an undisturbed run. The exit status tells whether any result was
wrong, finished work was done again, or an error named nothing that it concerns.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow"))

from kinds import KINDS, Skipped, Trial
from stage import Stage

MOST = 2  # attempts per fault that is asked for: some come too late


def main() -> int:
    """Play the campaign; return the exit status."""
    asked = _arguments()
    kinds = [kind for kind in KINDS if asked.only in (None, kind.__name__)]
    if not kinds:
        known = ", ".join(sorted({kind.__name__ for kind in KINDS}))
        sys.exit(f"no fault '{asked.only}' (known: {known})")
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, ExitStack() as later:
        began = time.monotonic()
        stage = Stage(Path(folder), asked.cores)
        print(
            f"undisturbed: {len(stage.jobs)} jobs in {time.monotonic() - began:.0f} s", flush=True
        )
        counts, order = Counter(), []
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
        later.callback(stage.end_all)
        for number in range(MOST * asked.faults):
            rng = Random(f"{asked.seed}.{number}")
            order = order or Random(f"{asked.seed} order {number}").sample(kinds, len(kinds))
            head = f"[{counts['tried'] + 1}/{asked.faults}]"
            counts += _play(stage, order.pop(), rng, head)
            if counts["tried"] == asked.faults:
                break
    return _summary(counts, asked.faults)


def _play(stage: Stage, kind, rng: Random, head: str) -> Counter:
    """Play one fault and its recovery, tell it, and return what there is to count."""
    began = time.monotonic()
    with ExitStack() as later:
        try:
            trial = kind(stage, rng, later)
        except Skipped as reason:
            print(f"{head} {kind.__name__} skipped: {reason}", flush=True)
            return Counter(skipped=1)
        before = [stage.restored, stage.finished()]
        recovery = stage.start(resuming=True).ended()
        if recovery.status:
            trial.wrong.append(f"the recovery command failed: {recovery.text[-3000:]}")
        trial.wrong += [f"a run hung: {text[-3000:]}" for text in stage.hung()]
        trial.wrong += stage.differences(trial.spared)
        lost = _lost(stage, trial, before)
    bad = [*(f"WRONG: {text}" for text in trial.wrong), *(f"LOST: {name}" for name in lost),
           *(f"NAMES NO CULPRIT: {text}" for text in trial.silent)]  # fmt: skip
    seconds = time.monotonic() - began
    came = "FAILED" if bad else "ok" if trial.effective else "ok, but nothing was disturbed"
    print(f"{head} {seconds:5.1f} s  {trial.told}: {came}", *bad, sep="\n    ", flush=True)
    counts = Counter(wrong=bool(trial.wrong), lost=len(lost), silent=len(trial.silent))
    return counts + Counter({"tried" if trial.effective or bad else "missed": 1})


def _lost(stage: Stage, trial: Trial, states: list[dict[str, tuple]]) -> list[str]:
    """Return finished, undamaged outputs that were made again without need.

    A job makes all its outputs at once: if one of them was damaged, the others are no loss.

    Args:
        stage: after the recovery.
        trial: what was harmed.
        states: the outputs that were finished before the fault and after it.
    """
    after, found = stage.finished(), set()
    for before in states:
        sound = {o for o in before if not trial.harmed.intersection(stage.of[o].outputs)}
        found |= {o for o in sound if o in stage.kept and after.get(o) != before[o]}
    return sorted(found)


def _summary(counts: Counter, wanted: int) -> int:
    print(f"\n{counts['tried']} faults tried, {counts['missed']} came too late to disturb, "
          f"{counts['skipped']} skipped")  # fmt: skip
    for key, told in (
        ("wrong", "faults with wrong results"),
        ("lost", "finished outputs lost"),
        ("silent", "messages without a culprit"),
    ):
        print(f"{counts[key]} {told}")
    bad = any(counts[key] for key in ("wrong", "lost", "silent"))
    return int(bad or counts["tried"] + counts["skipped"] < wanted)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--only", help="play this kind of fault alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
