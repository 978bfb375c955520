"""Disturb the workflow at random, recover by the one documented command, and count what is lost.

    python tests/faults/campaign.py [--faults 20] [--seed 0] [--stages 2] [--cores 1] [--only KIND]

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
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from random import Random
from threading import Lock

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow"))

from kinds import KINDS, Skipped, Trial
from stage import Stage

MOST = 2  # attempts per fault that is asked for: some come too late


class Campaign:
    """Which fault comes next, and what the faults before it came to; stages share it."""

    def __init__(self, kinds: list, faults: int, seed: int):
        self.counts: Counter = Counter()
        self._kinds, self._faults, self._seed = kinds, faults, seed
        self._number, self._under_way, self._order = 0, 0, []
        self._lock = Lock()

    def draw(self) -> tuple | None:
        """Return (kind, random generator, head of its line), None if there are enough."""
        with self._lock:
            enough = self.counts["tried"] + self._under_way >= self._faults
            if enough or self._number >= MOST * self._faults:
                return None
            self._number += 1
            self._under_way += 1
            rng = Random(f"{self._seed}.{self._number}")
            self._order = self._order or rng.sample(self._kinds, len(self._kinds))
            return self._order.pop(), rng, f"[{self._number}]"

    def add(self, counts: Counter) -> None:
        """Note what a fault came to."""
        with self._lock:
            self._under_way -= 1
            self.counts += counts

    def stop(self) -> None:
        """Let no other fault begin."""
        self._faults = 0


def main() -> int:
    """Play the campaign; return the exit status."""
    asked = _arguments()
    kinds = [kind for kind in KINDS if asked.only in (None, kind.__name__)]
    if not kinds:
        known = ", ".join(sorted({kind.__name__ for kind in KINDS}))
        sys.exit(f"no fault '{asked.only}' (known: {known})")
    campaign = Campaign(kinds, asked.faults, asked.seed)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, ExitStack() as later:
        began = time.monotonic()
        with ThreadPoolExecutor(asked.stages) as pool:
            places = [Path(folder) / str(number) for number in range(asked.stages)]
            stages = list(pool.map(lambda place: Stage(place, asked.cores), places))
            seconds = time.monotonic() - began
            told = f"{len(stages[0].jobs)} jobs, undisturbed on {len(stages)} stages at once"
            print(f"{told}: {seconds:.0f} s", flush=True)

            def stop(*_):
                campaign.stop()
                for stage in stages:
                    stage.end_all()

            signal.signal(signal.SIGTERM, stop)
            later.callback(stop)
            list(pool.map(lambda stage: _play_on(stage, campaign), stages))
    return _summary(campaign.counts, asked.faults)


def _play_on(stage: Stage, campaign: Campaign) -> None:
    """Play faults on a stage until there are enough on all of them."""
    while fault := campaign.draw():
        campaign.add(_play(stage, *fault))


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
    bad = [
        *(f"WRONG: {text}" for text in trial.wrong),
        *(f"LOST: {name}" for name in lost),
        *(f"NAMES NO CULPRIT: {text}" for text in trial.silent),
    ]
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
    print(
        f"\n{counts['tried']} faults tried, {counts['missed']} came too late to disturb, "
        f"{counts['skipped']} skipped"
    )
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
    parser.add_argument("--stages", type=int, default=2, help="play on that many copies at once")
    parser.add_argument("--cores", type=int, default=1, help="of each copy")
    parser.add_argument("--only", help="play this kind of fault alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
