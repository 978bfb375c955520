"""After a kill, a power loss or a full disk: what a dead run left behind, and what is damaged.

Nothing here starts Snakemake; `workflow/resume.py` does, and says in which order all happens.
"""

import base64
import contextlib
import fcntl
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from tonotopy import sums
from tonotopy.errors import InputError
from tonotopy.files import DRAFT, read_json, write_json

NOTE = Path(".snakemake/run.json")
LOCKS = Path(".snakemake/locks")
INCOMPLETE = Path(".snakemake/incomplete")  # Snakemake's marks, named by the output
LOST = "lost a file"  # what our own marks have besides
MARK = "TONOTOPY_RUN"  # set for all that a run starts: the folder that it works in
FOLDERS = ("data", "results")
LARGE = 2 << 30  # bytes; outputs above this are left to whoever reads them
PATIENCE_S = 5  # between asking a process to end and ending it


def mark_this_run() -> None:
    """Mark all that this process starts with the folder it works in, so that orphans are found.

    The first process of a run tells what clears up, where a dead one has left its lock.
    """
    if MARK not in os.environ and any(LOCKS.glob("*")):
        print(
            "note: this folder is locked. If the run that locked it is dead, `python "
            "workflow/resume.py` with the same options clears up after it and goes on",
            file=sys.stderr,
        )
    os.environ[MARK] = os.getcwd()


def note_run(on_cluster: bool) -> None:
    """Write down on which machine the run of the current folder begins.

    Args:
        on_cluster: whether its jobs go to a cluster.
    """
    write_json(NOTE, {"host": socket.gethostname(), "on_cluster": on_cluster}, checksums=False)


def was_on_cluster(folder: Path) -> bool:
    """Tell whether the last run's jobs went to a cluster; if its note is torn, whether they may."""
    note = _noted(folder)
    return shutil.which("squeue") is not None if note is None else note["on_cluster"]


def refuse_from_elsewhere(folder: Path) -> None:
    """Refuse to clear up after a run of another machine, whose processes cannot be seen here.

    Raises:
        InputError: there is a lock, and the last run was started elsewhere.
    """
    host = (_noted(folder) or {}).get("host", socket.gethostname())
    if host != socket.gethostname() and any((folder / LOCKS).glob("*")):
        raise InputError(
            f"{folder}: locked by a run that was started on {host}, and only that machine can tell "
            f"whether it is still at work. Run this there; if {host} is gone, or is this machine "
            "under an earlier name, add --take-over"
        )


def _noted(folder: Path) -> dict | None:
    """Return what `note_run` wrote, None if it is torn."""
    if not (folder / NOTE).is_file():
        return {"on_cluster": False}
    try:
        return read_json(folder / NOTE)
    except InputError:
        return None


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder against every other recovery for as long as the block lasts.

    Raises:
        InputError: another recovery or a run works there; the message names the process.
    """
    path = folder / ".snakemake/recovery.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise InputError(_working(folder, lock.read() or "a recovery")) from None
        lock.truncate(0)
        lock.write(_describe(psutil.Process()))
        lock.flush()
        refuse_beside_a_run(folder)
        yield


def refuse_beside_a_run(folder: Path) -> None:
    """Refuse to go on while Snakemake works in a folder.

    Raises:
        InputError: it does; the message names the process.
    """
    for process in _others():
        with contextlib.suppress(psutil.Error):
            at_work = is_snakemake(process.cmdline()) and process.cwd() == str(folder)
            if at_work and MARK not in process.environ():
                raise InputError(_working(folder, _describe(process)))


def is_snakemake(words: list[str]) -> bool:
    """Tell whether a command line is a call of Snakemake, by itself or through Python."""
    positions = [n for n, word in enumerate(words) if Path(word).name == "snakemake"]
    by_python = bool(words) and Path(words[0]).name.startswith(("python", "pypy"))
    return any(n == 0 or by_python or words[n - 1] == "-m" for n in positions)


def refuse_beside_orphans(folder: Path) -> None:
    """Refuse to begin a run while scripts of a dead one still work: both would write one file.

    Raises:
        InputError: the message names a process and the command that ends it.
    """
    for process in left_running(folder):
        with contextlib.suppress(psutil.Error):
            if not any(is_snakemake(parent.cmdline()) for parent in process.parents()):
                raise InputError(
                    f"{folder}: {_describe(process)} still works for a run that is dead. Run "
                    "`python workflow/resume.py` with the same options: it ends that and goes on"
                )


def left_running(folder: Path) -> list[psutil.Process]:
    """Return what a run in a folder started and what still runs. With no run alive: its orphans."""
    processes = []
    for process in _others():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == str(folder):
                processes.append(process)
    return processes


def end(processes: list[psutil.Process]) -> None:
    """End processes, first by asking."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            print(f"ended {_describe(process)}: its run is dead")
            process.terminate()
    for process in psutil.wait_procs(processes, timeout=PATIENCE_S)[1]:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=PATIENCE_S)


def clear(folder: Path) -> None:
    """Remove the locks and the unfinished drafts of a dead run.

    Raises:
        InputError: a run began meanwhile, or a lock is of another user, whose processes cannot be
            seen.
    """
    locks = folder / LOCKS
    refuse_beside_a_run(folder)
    lock_files = list(locks.iterdir()) if locks.is_dir() else []
    for lock in lock_files:
        if os.geteuid() not in (0, lock.stat().st_uid):
            raise InputError(
                f"{lock}: the run of {lock.owner()}, who alone can tell whether it is "
                "dead; have them run this"
            )
    if lock_files:
        shutil.rmtree(locks)
        print("removed the lock of a dead run")
    refuse_beside_a_run(folder)
    drafts = [d for name in FOLDERS for d in (folder / name).rglob(f"{DRAFT}*")]
    for draft in drafts:
        shutil.rmtree(draft, ignore_errors=True)
    if drafts:
        print(f"removed {len(drafts)} unfinished drafts")


def damaged(folder: Path, large: bool = False) -> dict[Path, str]:
    """Return output -> what is wrong with it, for whatever is not as it was written.

    Args:
        folder: of the project; paths are relative to it.
        large: look into outputs above `LARGE` too. Without, only a job that reads them does.
    """
    outputs = [output for output in _recorded(folder) if output.exists()]
    compared = outputs if large else [o for o in outputs if sums.size(o) <= LARGE]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        reasons = list(pool.map(sums.fault, compared))
    damage = {o.relative_to(folder): r for o, r in zip(compared, reasons, strict=True) if r}
    if spared := len(outputs) - len(compared):
        print(
            f"{spared} outputs over {LARGE >> 30} GiB are checked by the jobs that read them, or "
            "now with --verify"
        )
    return damage | _torn(folder)


def unrecorded(folder: Path) -> dict[Path, str]:
    """Return the outputs that jobs finished on a cluster when their run was dead already.

    Nobody wrote down how they were made: Snakemake would take them for finished and never notice
    that their settings changed.
    """
    documented = set(_records(folder))
    outputs = (output.relative_to(folder) for output in _recorded(folder) if output.exists())
    return {o: f"{o}: finished after its run had died" for o in outputs if o not in documented}


def _torn(folder: Path) -> dict[Path, str]:
    """Return the outputs of which Snakemake's own record is torn, which are like `unrecorded`."""
    reasons = {}
    for output, record in _records(folder).items():
        try:
            json.loads(record.read_text())
        except ValueError:
            if (folder / output).exists():
                reasons[output] = f"{output}: Snakemake's record of how it was made is torn"
    return reasons


def _records(folder: Path) -> dict[Path, Path]:
    """Return output -> file of Snakemake's record of it."""
    records = folder / ".snakemake/metadata"
    record_of = {}
    for path in sorted(p for p in records.rglob("*") if p.is_file()):
        name = "".join(part.removeprefix("@") for part in path.relative_to(records).parts)
        record_of[Path(base64.urlsafe_b64decode(name).decode())] = path
    return record_of


def gone(folder: Path) -> set[Path]:
    """Return the outputs that were finished once and are not there any more.

    Most are temporary, or were deleted to save space; whether a run needs them, Snakemake knows.
    """
    return {o.relative_to(folder) for o in _recorded(folder) if not o.exists()}


def mark_incomplete(folders: Iterable[str]) -> None:
    """Mark finished folders that have lost a file, which Snakemake takes for whole, as unfinished.

    It makes them again like those of an interrupted job. A mark goes when the file is back.

    Args:
        folders: they are searched for outputs that have checksums.
    """
    for output in (output for folder in folders for output in sums.recorded(Path(folder))):
        if output.is_dir():
            mark = INCOMPLETE / base64.urlsafe_b64encode(str(output).encode()).decode()
            if lost := sums.missing(output):
                print(f"note: {lost[0]} is gone: {output} is made again", file=sys.stderr)
                write_json(mark, {"external_jobid": None, LOST: str(lost[0])}, checksums=False)
            elif mark.is_file() and LOST in mark.read_text(errors="replace"):
                mark.unlink()


def discard_checkpoints(scale: str) -> None:
    """Remove the checkpoints of trainings whose networks are there, once a run has ended well.

    Those of a network's folds have its name, and more behind a hyphen. Until then they are kept: a
    network is lost if its run dies before it has noted it as finished.
    """
    for results in Path("results").glob(f"{scale}*"):
        if results.name.partition("-seed")[0] == scale:
            for checkpoints in results.glob("checkpoints/*"):
                network = checkpoints.name.partition("-")[0]
                if (results / "networks" / network).is_dir():
                    shutil.rmtree(checkpoints)


def delete(outputs: Iterable[Path]) -> None:
    """Remove damaged outputs."""
    for output in outputs:
        if output.is_dir():
            shutil.rmtree(output)
        else:
            output.unlink(missing_ok=True)


class Times:
    """When outputs were made, to be put back onto those that are made again and come out equal.

    Otherwise everything downstream of a repaired file would be redone, though nothing changed. An
    output's time is that of its checksums: damage changes the times of the file itself.
    """

    def __init__(self, folder: Path):
        self._before = {output: _state(output) for output in _recorded(folder)}

    def put_back(self) -> None:
        """Give every output that was made again with the same content its former time."""
        for output, (text, moment) in self._before.items():
            if sums.place_of(output).is_file() and output.exists():
                now = _state(output)
                if now[0] == text and now[1] != moment:
                    for path in (output, output / ".snakemake_timestamp", sums.place_of(output)):
                        if path.exists():
                            os.utime(path, ns=(moment, moment))


def _recorded(folder: Path) -> list[Path]:
    return [output for name in FOLDERS for output in sums.recorded(folder / name)]


def _state(output: Path) -> tuple[bytes, int]:
    path = sums.place_of(output)
    return path.read_bytes(), path.stat().st_mtime_ns


def _others() -> Iterator[psutil.Process]:
    """Yield every process but this one and those that it was started by."""
    own = psutil.Process()
    family = {own.pid, *(parent.pid for parent in own.parents())}
    yield from (p for p in psutil.process_iter() if p.pid not in family)


def _describe(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    return f"process {process.pid} ({words if len(words) < 200 else words[:200] + ' ...'})"


def _working(folder: Path, process: str) -> str:
    return f"{folder}: {process} works here; let it finish, or end it, then run this again"
