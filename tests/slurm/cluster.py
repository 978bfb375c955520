"""SLURM on this machine alone, with GPUs that are none: enough to see how jobs are asked for."""

import contextlib
import os
import re
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from debian import CannotRun
from debian import install as install_packages

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
MARK = "# written by the tests of tonotopy; they remove it"
ETC = Path("/etc/slurm")  # srun inside a job looks nowhere else
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "OUT_OF_MEMORY", "TIMEOUT", "NODE_FAIL")
# the node claims more cores and memory than there are (config_overrides), so that jobs of the paper
# scale fit; whether one takes more memory than it asked for is looked at each second
# (OverMemoryKill)
CONFIGURATION = """{mark}
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
MinJobAge=3600
KillWait=2
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=64 RealMemory=512000 Gres=gpu:fake:2 State=UNKNOWN
{partitions}
"""
GRES = """{mark}
NodeName={host} Name=gpu Type=fake File=/dev/null
NodeName={host} Name=gpu Type=fake File=/dev/zero
"""


def install() -> None:
    """Install SLURM from Debian's packages where it is missing.

    Raises:
        CannotRun: it cannot be installed, or this machine is part of a cluster already.
    """
    if os.geteuid() != 0:
        raise CannotRun("SLURM's daemons and apt-get need root")
    settings = ETC / "slurm.conf"
    if settings.exists() and not settings.read_text().startswith(MARK):
        raise CannotRun(f"{settings} is here: this machine belongs to a cluster")
    install_packages(PACKAGES, ("slurmctld", "slurmd", "sbatch", "munged"))


@dataclass
class Cluster:
    """A running cluster.

    Attributes:
        folder: its state and logs.
        partitions: names of its partitions; the first is the default.
    """

    folder: Path
    partitions: list[str]
    daemons: list[subprocess.Popen] = field(default_factory=list)

    def start(self) -> None:
        """Write the configuration, start the daemons, wait until the node takes jobs."""
        host = socket.gethostname().split(".")[0]
        rows = [
            f"PartitionName={p} Nodes={host} MaxTime=INFINITE State=UP" for p in self.partitions
        ]
        rows[0] += " Default=YES"
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        about = {"mark": MARK, "host": host, "folder": self.folder, "ports": free_ports(2)}
        ETC.mkdir(exist_ok=True)
        (ETC / "slurm.conf").write_text(CONFIGURATION.format(**about, partitions="\n".join(rows)))
        (ETC / "gres.conf").write_text(GRES.format(**about))
        if not answers("munge", "--no-input"):
            for place in ("/run/munge", "/var/log/munge", "/var/lib/munge"):
                mode = "0755" if place == "/run/munge" else "0700"
                subprocess.run(
                    ["install", "-d", "-o", "munge", "-g", "munge", "-m", mode, place], check=True
                )
            self._daemon("munged", "--foreground", user="munge")
            wait_for(lambda: answers("munge", "--no-input"), "munged answers")
        self._daemon("slurmctld", "-D")
        self._daemon("slurmd", "-D", "-N", host)
        wait_for(lambda: "idle" in told("sinfo", "--noheader", "--format=%T"), "the node is idle")

    def _daemon(self, *command: str, user: str | None = None) -> None:
        log = (self.folder / f"{command[0]}.out").open("wb")
        self.daemons.append(
            subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, user=user, group=user
            )
        )

    def stop(self) -> None:
        """Cancel what runs, end the daemons that were started here, take the configuration away."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired, AssertionError):
            answers("scancel", "--user=root")
            wait_for(lambda: not self.active(), "all jobs have ended")
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
        for name in ("slurm.conf", "gres.conf"):
            (ETC / name).unlink(missing_ok=True)

    def jobs(self) -> list[dict[str, str]]:
        """Return the controller's record of every job, oldest first."""
        records = []
        for line in told("scontrol", "--details", "--oneliner", "show", "job").splitlines():
            found = re.findall(r"(\S+?)=(.*?)(?=\s+\S+?=|\s*$)", line)
            record = {key: value for key, value in found if value != "(null)"}
            if "JobId" in record:
                records.append(record)
        return sorted(records, key=lambda record: int(record["JobId"]))

    def of(self, rule: str) -> list[dict[str, str]]:
        """Return the records of a rule's jobs."""
        return [job for job in self.jobs() if rule_of(job) == rule]

    def active(self) -> list[dict[str, str]]:
        """Return the jobs that wait or run."""
        return [job for job in self.jobs() if job["JobState"] not in ENDED]


def rule_of(job: dict[str, str]) -> str:
    """Return the rule that a job was submitted for."""
    return job["Comment"].removeprefix("rule_").partition("_wildcards_")[0]


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout


def answers(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


def wait_for(true, what: str, seconds: float = 60.0) -> None:
    """Look until something is so.

    Raises:
        AssertionError: it is not so in time.
    """
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"after {seconds:g} s it is still not so that {what}"
        time.sleep(0.3)
