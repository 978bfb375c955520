"""Which GPUs a process takes, with locks in a folder of the test instead of GPUs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tonotopy import gpus

ROOT = Path(__file__).parents[3]
HOLD = """
import sys
sys.path.insert(0, sys.argv[1])
from tonotopy.gpus import claim_gpus
claim_gpus(int(sys.argv[2]), 4)
import os
print(os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def process(tmp_path):
    """Start processes that claim GPUs of a machine with four and hold them until they are told."""
    started = []

    def start(count, shown=None):
        given = {k: v for k, v in os.environ.items() if k != gpus.VISIBLE}
        given |= {"TMPDIR": str(tmp_path), **({gpus.VISIBLE: shown} if shown else {})}
        child = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(ROOT / "workflow"), str(count)],
            env=given,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        return child.stdout.readline().strip(), child

    yield start
    for child in started:
        child.communicate()


def test_every_process_takes_cards_of_its_own(process):
    first, child = process(1)
    assert (first, process(2)[0], process(1)[0]) == ("0", "1,2", "3")
    assert process(1)[0] == "0"  # none is free: the first is shared
    child.communicate()
    assert process(1)[0] == "0"


def test_what_slurm_shows_is_taken_as_it_is(process):
    assert process(1, "2")[0] == "2"
    assert process(2, "1,3")[0] == "1,3"
    assert process(1, "1,3")[0] == "1" and process(1, "1,3")[0] == "3"


def test_a_machine_with_no_more_than_is_wanted_is_taken_whole(process):
    assert process(4)[0] == "None"
