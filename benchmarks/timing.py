"""Measure two ways of doing the same, in turns, and print both times and their ratio."""

import time
from collections.abc import Callable

import numpy as np


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compare(title: str, ours: Callable, theirs: Callable, repeats: int, goal: float) -> float:
    """Time ours and theirs in turns after a warm-up, print medians and the ratio, return it.

    Turns spread the noise of a shared machine over both; the ratio is what counts.
    """
    ours(), theirs()
    times = np.array([(seconds(ours), seconds(theirs)) for _ in range(repeats)])
    mine, other = np.median(times, axis=0)
    ratio = float(np.median(times[:, 1] / times[:, 0]))
    print(f"{title}: ours {mine:.3f} s, peer {other:.3f} s, ratio {ratio:.2f} (goal {goal})")
    return ratio


def core_seconds(work: Callable[[], object]) -> float:
    """Return the processor time of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began
