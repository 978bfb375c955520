"""The faults: what can happen to a run, to its files and to the disk below them.

Each is a function of the stage, a random generator and an `ExitStack` for what must be undone once
the recovery was judged. It disturbs, and returns a `Trial`.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil
from stage import Ended, Job, Stage, Started, files, remove, words

from tonotopy.recovery import is_snakemake

# lines that tell of an error; Snakemake's description of a job names its files in any case
TELLS = re.compile(r"^(?!\s*(?:log|input|output|reason|Command)\b).*(?:rror|Exception|note:)")
START_S, JOB_S = 4.0, 3.0  # about what Snakemake takes to begin, and a job to run


class Skipped(Exception):
    """A fault that cannot be played on this machine; the message says why."""


@dataclass
class Trial:
    """What was done to the stage.

    Attributes:
        told: the fault in a few words.
        harmed: outputs that were damaged: making them again is no loss.
        spared: outputs that may be absent in the end, because nothing needs them any more.
        silent: ends of outputs that told of an error and named nothing that it concerns.
        wrong: what should not have happened, such as a second run beside the first.
        effective: whether anything was disturbed: some faults come when all has ended.
    """

    told: str
    harmed: set[str] = field(default_factory=set)
    spared: set[str] = field(default_factory=set)
    silent: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    effective: bool = True

    def judge(self, run: Ended, *culprits: str) -> None:
        """Note a failed run none of whose errors names a culprit."""
        told = "\n".join(line for line in run.text.splitlines() if TELLS.match(line))
        if run.status and not any(culprit in told for culprit in culprits):
            self.silent.append(run.text[-1500:])

    def judge_job(self, run: Ended, rule: str, jobs: list[Job]) -> None:
        """Note a failed run that does not tell which job of a rule died."""
        blocks = re.findall(rf"^Error in rule {rule}:\n((?:    .*\n)+)", run.text, re.MULTILINE)
        logs = [f"log: {job.log}" for job in jobs if job.rule == rule]
        if run.status and not any(log in block for log in logs for block in blocks):
            self.silent.append(run.text[-1500:])


def kill_snakemake(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """SIGKILL of Snakemake alone: its scripts go on."""
    return _signalled(stage, rng, signal.SIGKILL)


def kill_everything(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """SIGKILL of Snakemake and of all its scripts, as a power loss would."""
    run, told = _disturbed(stage, rng)
    hit = [_signal(process, signal.SIGKILL) for process in [*run.family(), run.process]]
    run.ended()
    return Trial(f"SIGKILL of snakemake and its scripts {told}", effective=hit[-1])


def kill_script(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """SIGKILL of one script, as when memory runs out: Snakemake tells which job died."""
    run, told = _disturbed(stage, rng, at_once=True)
    while run.running() and not run.scripts():
        run.pause(0.05)
    run.pause(rng.uniform(0, 3))
    script = rng.choice(run.scripts() or [run.process])
    rule = next((w.split(".")[-2] for w in words(script) if ".snakemake/scripts/" in w), None)
    if rule is None or not _signal(script, signal.SIGKILL):
        run.ended()
        return Trial(f"SIGKILL of no script {told}", effective=False)
    trial = Trial(f"SIGKILL of the script of {rule} {told}")
    trial.judge_job(run.ended(), rule, stage.jobs)
    return trial


def terminate(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """SIGTERM of Snakemake, as a batch system sends it."""
    return _signalled(stage, rng, signal.SIGTERM)


def kill_recovery(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """SIGKILL of the recovery command: the run that it started goes on, and must be respected."""
    run, told = _disturbed(stage, rng, resuming=True)
    below = [p for p in run.family() if is_snakemake(words(p))]
    hit = _signal(run.process, signal.SIGKILL)
    trial = Trial(f"SIGKILL of the recovery command {told}", effective=hit)
    if below and _alive(below[0]):
        _refused(stage, trial, below[0])
        psutil.wait_procs(below, timeout=120)
    return trial


def second_run(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """A second run, by the recovery command and by Snakemake, beside one that is at work."""
    run, told = _disturbed(stage, rng)
    trial = Trial(f"second runs {told}", effective=run.running())
    if run.running():
        _refused(stage, trial, run.process)
    if run.running() and any((stage.root / ".snakemake/locks").glob("*")):
        other = stage.start().ended()
        if other.status == 0 and run.running():
            trial.wrong.append("a second snakemake ran beside the first")
        trial.judge(other, "Directory cannot be locked", str(stage.root))
    first = run.ended()
    if first.status:
        trial.wrong.append(f"the first run was disturbed: {first.text[-1500:]}")
    return trial


def damage(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """A finished file is damaged between two runs; at times Snakemake runs over it first."""
    left = stage.unfinished(rng)
    stage.restore(without=left)
    output = rng.choice([o for o in stage.finished() if stage.of[o] not in left])
    file, how = _spoil(stage, rng, output)
    trial = Trial(f"{how} of {file}, {len(left)} jobs left", {output})
    if rng.random() < 0.5:
        trial.told += ", then a plain run"
        # Snakemake takes the damaged file for a new one, and begins what comes after it
        trial.harmed |= {o for job in stage.after(stage.of[output]) for o in job.outputs}
        trial.judge(stage.start().ended(), file)
    return trial


def damage_at_work(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """A file is damaged right after it was made, while the run that made it goes on."""
    left = stage.unfinished(rng, most=6)
    stage.restore(without=left)
    run = stage.start(resuming=rng.random() < 0.5)
    wanted = rng.choice([o for job in left[:-1] or left for o in job.outputs])
    place = stage.root / wanted
    while run.running() and not stage.checksums(wanted).exists():
        run.pause(0.02)
    if not run.running() or not place.exists():
        run.ended()
        return Trial(f"nothing: {wanted} had gone", effective=False)
    file, how = _spoil(stage, rng, wanted)
    trial = Trial(f"{how} of {file} right after it was made", {wanted})
    trial.judge(run.ended(), file)
    return trial


def delete(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """A finished file or folder is deleted."""
    left = stage.unfinished(rng)
    stage.restore(without=left)
    output = rng.choice([o for o in stage.finished() if stage.of[o] not in left])
    remove(stage.root / output)
    told = f"deletion of {output}, {len(left)} jobs left"
    return Trial(told, {output}, spared={output} if output.startswith("data/") else set())


def torn_notes(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """What Snakemake, or we, wrote down about a finished file is cut off."""
    left = stage.unfinished(rng)
    stage.restore(without=left)
    output = rng.choice([o for o in stage.finished() if stage.of[o] not in left])
    note, whose, harmed = stage.metadata(output), "Snakemake's", {output}
    if rng.random() < 0.5:  # whether the file is sound nobody knows any more: it is made anew
        note, whose = stage.checksums(output), "our"
        harmed = {o for job in stage.after(stage.of[output]) for o in job.outputs}
    os.truncate(note, rng.randrange(note.stat().st_size))
    return Trial(f"{whose} note on {output} cut off, {len(left)} jobs left", harmed)


def torn_checkpoint(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """A network is lost, its training is killed after a checkpoint, and that is damaged as well."""
    training = next(job for job in stage.jobs if job.rule == "train_network")
    stage.restore()
    for output in training.outputs:
        remove(stage.root / output)
    run = stage.start(resuming=True)
    room = stage.root / "results/faults/checkpoints"
    while run.running() and not list(room.rglob("last*.ckpt")):
        run.pause(0.02)
    for process in [*run.family(), run.process]:
        _signal(process, signal.SIGKILL)
    run.ended()
    found = sorted(room.rglob("*.ckpt"))
    if not found:
        return Trial("SIGKILL at the end of a training", set(training.outputs), effective=False)
    file = rng.choice(found)
    told = f"SIGKILL of a training, {_harm(rng, file)} of its {file.name}"
    return Trial(told, set(training.outputs))


def read_only(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """A folder can only be read during a run."""
    left = stage.unfinished(rng, most=4)
    stage.restore(without=left)
    output = rng.choice(left).outputs[0]
    folder = (stage.root / output).parent
    _mount("--bind", str(folder), str(folder))
    undo = later.enter_context(ExitStack())
    undo.callback(_unmount, folder)
    _mount("-o", "remount,ro,bind", str(folder))
    trial = Trial(f"read-only {folder.relative_to(stage.root)}, {len(left)} jobs left")
    run = stage.start().ended()
    trial.judge(run, str(folder.relative_to(stage.root)))
    trial.effective = run.status != 0
    undo.close()
    return trial


def full_disk(stage: Stage, rng: Random, later: ExitStack) -> Trial:
    """The disk below the results, or below Snakemake's own notes, fills up during a run."""
    left = stage.unfinished(rng, most=6)
    stage.restore(without=left)
    part = rng.choice(["results", "results", ".snakemake"])
    place, aside = stage.root / part, stage.root / "aside"
    wanted = stage.pages(part, left)
    place.rename(aside)
    place.mkdir()
    try:
        _mount("-t", "tmpfs", "-o", "size=500m", "tmpfs", str(place))
        later.callback(_unmount, place)
        shutil.copytree(aside, place, dirs_exist_ok=True)
    finally:
        remove(aside)
    stage.restored = stage.finished()  # all files are new ones
    told = "before a run"
    if rng.random() < 0.5:
        _fill(place, rng.randrange(wanted))
        run = stage.start()
    else:
        run, seconds = stage.start(), rng.uniform(0, JOB_S)
        while run.running() and not any((stage.root / ".snakemake/locks").glob("*")):
            run.pause(0.02)
        run.pause(seconds)
        _fill(place, rng.randrange(wanted))
        told = f"{seconds:.1f} s into a run"
    ended = run.ended()
    told = f"a full disk below {part} {told} of {len(left)} jobs"
    trial = Trial(told, effective=ended.status != 0)
    trial.judge(ended, "No space left on device: '", "disk is full")
    _mount("-o", "remount,size=500m", str(place))
    return trial


KINDS: tuple[Callable[[Stage, Random, ExitStack], Trial], ...] = (
    kill_snakemake,
    kill_everything,
    kill_script,
    terminate,
    kill_recovery,
    second_run,
    damage,
    damage,
    damage,
    damage_at_work,
    damage_at_work,
    delete,
    torn_notes,
    torn_checkpoint,
    read_only,
    full_disk,
)


def _disturbed(
    stage: Stage, rng: Random, at_once: bool = False, resuming: bool = False
) -> tuple[Started, str]:
    """Start a half-done run and wait until a random moment; return it and what was done."""
    left = stage.unfinished(rng)
    stage.restore(without=left)
    run = stage.start(resuming)
    if at_once:
        return run, f"of {len(left)} jobs"
    if rng.random() < 0.3:
        jobs, seconds = 0, rng.uniform(0, START_S)
    else:
        jobs, seconds = rng.randrange(len(left)), rng.uniform(0, JOB_S)
        run.pause_until_done(jobs)
    run.pause(seconds)
    return run, f"{seconds:.1f} s after {jobs} of {len(left)} jobs"


def _refused(stage: Stage, trial: Trial, process: psutil.Process) -> None:
    """Call the recovery command beside a run: it must refuse, and name that run's process."""
    other = stage.start(resuming=True).ended()
    if other.status == 0 and _alive(process):
        trial.wrong.append("the recovery command ran beside a run that is at work")
    trial.judge(other, f"process {process.pid} (")


def _spoil(stage: Stage, rng: Random, output: str) -> tuple[str, str]:
    """Damage a file of an output; return its path and how."""
    file = rng.choice([f for f in files(stage.root / output) if f.stat().st_size])
    return str(file.relative_to(stage.root)), _harm(rng, file)


def _harm(rng: Random, file: Path) -> str:
    """Damage a file as disks and crashes do; return how."""
    content = bytearray(file.read_bytes())
    how = rng.choice(["truncation", "emptying", "a flipped bit", "a zeroed block"])
    start = rng.randrange(len(content))
    if how == "a flipped bit":
        content[start] ^= 1 << rng.randrange(8)
    elif how == "a zeroed block":
        until = min(len(content), start + 512)
        before = bytes(content[start:until])
        content[start:until] = bytes(until - start)
        if bytes(content[start:until]) == before:
            content[start] ^= 255
    else:
        content = content[: start if how == "truncation" else 0]
    file.write_bytes(content)
    return how


def _signalled(stage: Stage, rng: Random, number: signal.Signals) -> Trial:
    """Send Snakemake a signal at a random moment and wait for its end."""
    run, told = _disturbed(stage, rng)
    hit = _signal(run.process, number)
    run.ended()
    return Trial(f"{number.name} of snakemake {told}", effective=hit)


def _signal(process: psutil.Process, number: int) -> bool:
    """Send a signal; return whether the process was alive to hear it."""
    with suppress(psutil.NoSuchProcess):
        alive = _alive(process)
        process.send_signal(number)
        return alive
    return False


def _alive(process: psutil.Process) -> bool:
    """Return whether a process is at work; to psutil those run, too, that nobody has reaped yet."""
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skipped(f"mounting needs root here: {done.stderr.strip()}")


def _fill(disk: Path, pages: int) -> None:
    """Leave a tmpfs that many free pages of memory."""
    now = os.statvfs(disk)
    size = (now.f_blocks - now.f_bfree + pages) * now.f_frsize
    _mount("-o", f"remount,size={size}", str(disk))


def _unmount(place: Path) -> None:
    for _ in range(20):  # a script that is just ending may hold it for a moment
        if subprocess.run(["umount", str(place)], capture_output=True).returncode == 0:
            return
        time.sleep(0.2)
    raise OSError(f"{place} cannot be unmounted")
