"""Tests run on several cores: one thread each, a file at a time, the longest files first."""

import os

import pytest
import torch

# tensors are small: more threads only wait for each other, and sums would depend on their number
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests together, and all of those that share the finished smoke run."""
    for item in items:
        group = "finished" if _finished(item) else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: (not _finished(item), "workflow" not in item.path.parts[-2]))


def _finished(item: pytest.Item) -> bool:
    return "finished" in getattr(item, "fixturenames", ())
