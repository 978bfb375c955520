"""While a run goes on: how long it will still take, and in the end why jobs failed.

Both are told from the events that Snakemake logs.
"""

import atexit
import logging
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import fmean

from tonotopy.durations import by_rule, in_words, measured

EVERY_S = 60  # between two estimates
TYPICAL_S = 5.0  # of a job of which nothing is known
LONGEST_CAUSE = 12  # lines


class Progress(logging.Handler):
    """Follows a run's jobs.

    Args:
        clock: returns seconds.

    Attributes:
        failed: rule and log files of every job that failed.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        super().__init__()
        self._clock = clock
        self._remaining: Counter[str] = Counter()
        self._earlier: dict[str, float] = {}
        self._begun: dict[int, tuple[str, float]] = {}  # job -> rule and when it began
        self._took: dict[str, list[float]] = defaultdict(list)
        self._start = self._told = clock()
        self.failed: list[tuple[str, list[str]]] = []

    def begin(self, jobs: Iterable, benchmarks: str) -> None:
        """Hear Snakemake's events from now on.

        Args:
            jobs: what the run will do; Snakemake's.
            benchmarks: folder of the times that jobs took in earlier runs.
        """
        from snakemake.logging import logger  # here, because scripts need none of Snakemake

        self.plan(Counter(job.rule.name for job in jobs), by_rule(measured(benchmarks)))
        logger.addHandler(self)

    def plan(self, jobs: Mapping[str, int], earlier: Mapping[str, float]) -> None:
        """Set the number of jobs and the mean seconds of an earlier one, by rule."""
        self._remaining, self._earlier = Counter(jobs), dict(earlier)
        self._start = self._told = self._clock()

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of an event; others pass."""
        event = str(getattr(record, "event", ""))
        if event == "job_info":
            self._begun[record.jobid] = (record.rule_name, self._clock())
        elif event == "job_finished":
            self._finish(record.job_id)
        elif event == "job_error":
            self.failed.append((record.rule_name, list(record.log or [])))

    def seconds_left(self) -> float | None:
        """Return how long the run will still take, None before a job has finished.

        Jobs take what others of their rule took in this run, else in earlier ones; those of which
        nothing is known take what a job took here on average, `TYPICAL_S` at most, as long jobs are
        measured. As many run at once as did so far.
        """
        now = self._clock()
        times = [seconds for rule in self._took.values() for seconds in rule]
        if not times:
            return None
        work = sum(n * self._expected(rule) for rule, n in self._remaining.items())
        running = [(rule, now - begun) for rule, begun in self._begun.values()]
        work -= sum(min(spent, self._expected(rule)) for rule, spent in running)
        busy = sum(times) + sum(spent for _, spent in running)
        return work / max(1.0, busy / max(now - self._start, 1e-9))

    def _expected(self, rule: str) -> float:
        if rule in self._took:
            return fmean(self._took[rule])
        others = [seconds for name in self._took.values() for seconds in name]
        return self._earlier.get(rule, min(fmean(others), TYPICAL_S) if others else TYPICAL_S)

    def _finish(self, job: int) -> None:
        if job not in self._begun:
            return
        rule, begun = self._begun.pop(job)
        now = self._clock()
        self._took[rule].append(now - begun)
        self._remaining[rule] -= 1
        if now - self._told >= EVERY_S and self._remaining.total() > 0:
            self._told = now
            print(f"note: about {in_words(self.seconds_left())} left", file=sys.stderr)


def tell_causes(failed: list[tuple[str, list[str]]]) -> None:
    """Print, when this process ends, why jobs failed: the last lines that a user sees.

    Args:
        failed: rule and log files of every job that failed.
    """
    lines = [f"failed: {rule}: {_cause(logs)}" for rule, logs in failed]
    if lines:
        atexit.register(print, "\n".join(dict.fromkeys(lines)), file=sys.stderr)


def _cause(logs: list[str]) -> str:
    """Return what a job's log ends with: the message of its error, or the last line."""
    texts = [Path(path).read_text(errors="replace") for path in logs if Path(path).is_file()]
    lines = [line for text in texts for line in text.splitlines() if line.strip()]
    if not lines:
        return "it left no log; its message is further up"
    begins = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    message = lines[begins[-1] :][:LONGEST_CAUSE] if begins else lines[-1:]
    return "\n".join([message[0].removeprefix("error: "), *message[1:], f"  ({', '.join(logs)})"])
