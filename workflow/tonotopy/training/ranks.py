"""Training on several devices: one process each, started beside the script that asks for them.

A Snakemake script cannot be run again by the processes that it starts, as Lightning would have it:
it is a generated file. So the processes run this module instead, which reads the job from a file.
torchrun starts them on one machine; on SLURM `srun` does where the job's ``mpi`` resource says so,
with one task per device.
"""

import os
import subprocess
import sys
from pathlib import Path

import torch
from lightning.pytorch.plugins.environments import SLURMEnvironment, TorchElasticEnvironment
from torch.nn.modules.batchnorm import _BatchNorm

import tonotopy
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.files import read_json, write_json
from tonotopy.inference import use_threads
from tonotopy.training.learner import EpochBatches, learned_positions
from tonotopy.training.loop import Job, Outcome, fit


def launch(job: Job, starter: str | None = None) -> Outcome:
    """Train in one process per device, and wait for all of them.

    What they print is printed here. If one fails all are ended.

    Args:
        job: what to train; it is written into its folder of checkpoints.
        starter: "srun" inside a SLURM job without a step of its own; None for torchrun.

    Raises:
        InputError: see `check`.
        RuntimeError: a process failed.
    """
    check(job)
    job.checkpoints.mkdir(parents=True, exist_ok=True)
    file, devices = job.checkpoints / "job.pt", job.module.settings.devices
    torch.save(job, file)
    command = [*_start(devices, job.threads, starter), "-m", "tonotopy.training.ranks", str(file)]
    package = str(Path(tonotopy.__file__).parents[1])
    searched = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": searched, "OMP_NUM_THREADS": str(job.threads)}
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as processes:
        try:
            for line in processes.stdout:
                print(line, end="")
        except BaseException:
            processes.terminate()
            raise
    if processes.returncode:
        raise RuntimeError(f"training on {devices} devices failed; its output is above")
    return Outcome(**read_json(job.checkpoints / "outcome.json"))


def _start(devices: int, threads: int, starter: str | None) -> list[str]:
    if starter is not None:
        tasks = [
            f"--ntasks={devices}",
            f"--ntasks-per-node={devices}",
            f"--cpus-per-task={threads}",
        ]
        return [starter, "--nodes=1", "--kill-on-bad-exit=1", *tasks, sys.executable]
    return [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        f"--nproc-per-node={devices}",
    ]


def check(job: Job) -> None:
    """Refuse what several devices cannot do as one would.

    Raises:
        InputError: fewer GPUs than devices, batch norm without GPUs, or batches too small to share.
    """
    devices = job.module.settings.devices
    gpus = torch.cuda.device_count() if job.accelerator != "cpu" else 0
    if gpus < devices and (gpus or job.accelerator == "gpu"):
        raise InputError(f"training.devices is {devices} but torch sees {gpus} GPUs")
    if not gpus and any(isinstance(m, _BatchNorm) for m in job.module.network.modules()):
        raise InputError(
            "training.devices: this network has batch norm, which processes can share on GPUs "
            "alone; set it to 1"
        )
    corpus, settings = Corpus(job.corpus), job.module.settings
    for split, positions in learned_positions(corpus, settings, job.module.seed).items():
        smallest = min(map(len, EpochBatches(positions, settings.batch)))
        if smallest < devices:
            raise InputError(
                f"training.devices: {devices} devices cannot share the {split} split's smallest "
                f"batch, of {smallest}; use fewer devices or a larger batch"
            )


def main(file: str) -> None:
    """Train as one of the processes; the first writes what came out beside the job."""
    job = torch.load(file, weights_only=False, mmap=True)  # written by `launch`
    use_threads(job.threads)
    by_torchrun = TorchElasticEnvironment.detect()
    environment = TorchElasticEnvironment() if by_torchrun else SLURMEnvironment(auto_requeue=False)
    rank, starter = environment.global_rank(), "torchrun" if by_torchrun else "srun"
    print(f"process {rank + 1} of {environment.world_size()}, started by {starter}", flush=True)
    outcome = fit(job, environment)
    if rank == 0:
        write_json(job.checkpoints / "outcome.json", vars(outcome))


if __name__ == "__main__":
    main(sys.argv[1])
