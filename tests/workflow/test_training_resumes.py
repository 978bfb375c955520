"""A training that is interrupted through snakemake goes on, in the folder or in a moved one."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from projects import Project, copy_project
from safetensors.torch import load_file

from tonotopy.files import read_json

EPOCHS, SNAPSHOTS = 60, [0, 20, 60]
NETWORK = "results/interrupted/networks/tiny"
LOG = "results/interrupted/logs/train_network/tiny.log"
OVERLAY = {
    "scale": "interrupted",
    "run": [],
    "corpora": {
        "few_notes": {
            "maker": "embedded",
            "task": "note",
            "clips": {"train": 48, "validation": 12, "test": 12},
            "seconds": 0.5,
        }
    },
    "networks": {
        "tiny": {
            "architecture": "ast",
            "corpus": "few_notes",
            "arguments": {"patch": [16, 5], "stride": [16, 5], "width": 16, "depth": 2, "heads": 2},
            "front_end": {"rate": 16000, "n_fft": 512, "mels": 16, "frames": 50},
            "training": {
                "epochs": EPOCHS,
                "batch": 8,
                "learning_rate": 1e-3,
                "schedule": "one_cycle",
                "snapshots": SNAPSHOTS,
            },
            "augmentation": [{"transform": "noise", "range": [0.01, 0.1], "p": 0.5}],
        }
    },
}


class Run:
    """A run of the workflow in the background, in a process group of its own."""

    def __init__(self, project: Project, *program: str):
        self.log = project.path / LOG
        self.log.unlink(missing_ok=True)
        command = [sys.executable, *program, "--cores", "2", "--configfile", project.scale]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self._output = project.path.with_suffix(".txt")
        # a shell's background job ignores SIGINT, and so would what it starts
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with self._output.open("w") as output:
            self._process = subprocess.Popen(
                [*command, "--", NETWORK],
                cwd=project.path,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,
            )

    def epochs(self) -> list[int]:
        """Return the epochs that the log says are over."""
        text = self.log.read_text() if self.log.exists() else ""
        return [int(n) for n in re.findall(rf"^epoch (\d+)/{EPOCHS}:", text, flags=re.MULTILINE)]

    def interrupted(self, number: signal.Signals, after: int) -> int:
        """Send a signal to the group some epochs later; return the last epoch that was over."""
        until = time.monotonic() + 120
        while not (over := self.epochs()) or over[-1] < after:
            assert self._process.poll() is None and time.monotonic() < until, self.text()
            time.sleep(0.01)
        os.killpg(self._process.pid, number)
        assert self._process.wait(timeout=60) != 0
        over = self.epochs()
        assert over[-1] < EPOCHS, f"{number.name} came too late"
        return over[-1]

    def ended(self) -> None:
        assert self._process.wait(timeout=180) == 0, self.text()

    def resumed(self, over: int) -> None:
        """Check that it goes on where a run stopped that told of ``over`` epochs.

        An epoch is told just before its checkpoint is written.
        """
        begun = re.search(
            rf"^resuming from epoch (\d+) of {EPOCHS} \((results/\S+\.ckpt)\)$",
            self.log.read_text(),
            flags=re.MULTILINE,
        )
        assert begun is not None, self.log.read_text()
        assert int(begun[1]) in (over, over + 1) and self.epochs()[0] == int(begun[1])

    def text(self) -> str:
        return self._output.read_text()[-5000:]


def weights(project: Project) -> dict[str, dict[str, torch.Tensor]]:
    """Return all weights of the network: the best epoch's and the snapshots'."""
    return {p.name: load_file(p) for p in (project.path / NETWORK).rglob("*.safetensors")}


@pytest.fixture
def project(tmp_path) -> Project:
    project = replace(copy_project(tmp_path / "first"), scale="interrupted.yaml")
    (project.path / project.scale).write_text(yaml.safe_dump(OVERLAY))
    return project


def test_an_interrupted_training_ends_with_the_weights_of_an_uninterrupted_one(project):
    whole = Run(project, "-m", "snakemake")
    whole.ended()
    assert "resuming" not in whole.log.read_text()
    expected = weights(project)
    assert len(expected) == 1 + len(SNAPSHOTS)
    (project.path / "results").rename(project.path.with_name("uninterrupted"))

    over = Run(project, "-m", "snakemake").interrupted(signal.SIGINT, after=6)

    second = Run(project, "-m", "snakemake")
    stopped = second.interrupted(signal.SIGTERM, after=over + 6)
    second.resumed(over)

    moved = Path(project.path.with_name("moved"))
    project.path.rename(moved)
    project = replace(project, path=moved)
    third = Run(project, "-m", "snakemake")
    over = third.interrupted(signal.SIGKILL, after=stopped + 6)
    third.resumed(stopped)

    last = Run(project, "workflow/resume.py")
    last.ended()
    last.resumed(over)
    found = weights(project)
    assert found.keys() == expected.keys()
    for name, tensors in expected.items():
        assert all(torch.equal(found[name][key], tensor) for key, tensor in tensors.items()), name
    described = read_json(project.path / NETWORK / "network.json")
    assert described == read_json(moved.with_name("uninterrupted") / NETWORK[8:] / "network.json")
    assert list(described["snapshots"]) == [str(epoch) for epoch in SNAPSHOTS]
