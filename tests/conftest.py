"""Tests run on several cores: one thread each, a file at a time, the longest files first."""

import os
from functools import cache
from pathlib import Path

import pytest
import torch
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
# tensors are small: more threads only wait for each other, and sums would depend on their number
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)


def pytest_xdist_make_scheduler(config, log) -> LoadScopeScheduling:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=lambda item: (not _finished(item.path), item.path.parent.name != "workflow"))


class ByFile(LoadScopeScheduling):
    """Keep a file's tests on one core, and on one all files that share the finished smoke run."""

    def _split_scope(self, nodeid: str) -> str:
        name = nodeid.split("::")[0]
        return "finished" if _finished(ROOT / name) else name


@cache
def _finished(path: Path) -> bool:
    return path.parent.name == "workflow" and "finished" in path.read_text()
