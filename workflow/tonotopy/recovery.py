"""After a kill, a power loss or a full disk: what a dead run left behind, and what is damaged.

Nothing here starts Snakemake; `workflow/resume.py` does, and says in which order all happens.
"""

import base64
import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from tonotopy import sums
from tonotopy.errors import InputError
from tonotopy.files import DRAFT

MARK = "TONOTOPY_RUN"  # set for all that a run starts: the folder that it works in
ROOMS = ("data", "results")
LARGE = 2 << 30  # bytes; outputs above this are left to whoever reads them
PATIENCE_S = 5  # between asking a process to end and ending it


def mark_this_run() -> None:
    """Mark all that this process starts with the folder it works in, so that orphans are found."""
    os.environ[MARK] = os.getcwd()


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder against every other recovery for as long as the block lasts.

    Raises:
        InputError: another recovery or a run works there; the message names the process.
    """
    place = folder / ".snakemake/recovery.lock"
    place.parent.mkdir(exist_ok=True)
    with place.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise InputError(_working(folder, lock.read() or "a recovery")) from None
        lock.truncate(0)
        lock.write(_told(psutil.Process()))
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
            words = process.cmdline()
            if any(Path(word).name == "snakemake" for word in words[:3]) and (
                process.cwd() == str(folder) and MARK not in process.environ()
            ):
                raise InputError(_working(folder, _told(process)))


def left_running(folder: Path) -> list[psutil.Process]:
    """Return what a run in a folder started and what still runs. With no run alive: its orphans."""
    found = []
    for process in _others():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == str(folder):
                found.append(process)
    return found


def end(processes: list[psutil.Process]) -> None:
    """End processes, first by asking."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            print(f"ended {_told(process)}: its run is dead")
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
    locks = folder / ".snakemake/locks"
    refuse_beside_a_run(folder)
    held = list(locks.iterdir()) if locks.is_dir() else []
    for lock in held:
        if os.geteuid() not in (0, lock.stat().st_uid):
            raise InputError(f"{lock}: the run of {lock.owner()}, who alone can tell whether it is "
                             "dead; have them run this")  # fmt: skip
    if held:
        shutil.rmtree(locks)
        print("removed the lock of a dead run")
    refuse_beside_a_run(folder)
    drafts = [d for room in ROOMS for d in (folder / room).rglob(f"{DRAFT}*")]
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
    chosen = outputs if large else [o for o in outputs if sums.size(o) <= LARGE]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        reasons = list(pool.map(sums.fault, chosen))
    found = {o.relative_to(folder): r for o, r in zip(chosen, reasons, strict=True) if r}
    if spared := len(outputs) - len(chosen):
        print(f"{spared} outputs over {LARGE >> 30} GiB are checked by the jobs that read them, or "
              "now with --verify")  # fmt: skip
    return found | _unknown(folder)


def _unknown(folder: Path) -> dict[Path, str]:
    """Return the outputs of which Snakemake's own record is torn.

    Without it Snakemake takes them for finished and never notices that their settings changed.
    """
    records = folder / ".snakemake/metadata"
    found = {}
    for place in sorted(p for p in records.rglob("*") if p.is_file()):
        try:
            json.loads(place.read_text())
        except ValueError:
            name = "".join(part.removeprefix("@") for part in place.relative_to(records).parts)
            output = Path(base64.urlsafe_b64decode(name).decode())
            if (folder / output).exists():
                found[output] = f"{output}: Snakemake's record of how it was made is torn"
    return found


def gone(folder: Path) -> set[Path]:
    """Return the outputs that were finished once and are not there any more.

    Most are temporary, or were deleted to save space; whether a run needs them, Snakemake knows.
    """
    return {o.relative_to(folder) for o in _recorded(folder) if not o.exists()}


def forget_gone(folder: Path) -> None:
    """Remove the checksums of what is not there any more, once a run has ended well without it."""
    for output in gone(folder):
        sums.forget(folder / output)


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
                    for place in (output, output / ".snakemake_timestamp", sums.place_of(output)):
                        if place.exists():
                            os.utime(place, ns=(moment, moment))


def _recorded(folder: Path) -> list[Path]:
    return [output for room in ROOMS for output in sums.recorded(folder / room)]


def _state(output: Path) -> tuple[bytes, int]:
    place = sums.place_of(output)
    return place.read_bytes(), place.stat().st_mtime_ns


def _others() -> Iterator[psutil.Process]:
    """Yield every process but this one and those that it was started by."""
    own = psutil.Process()
    family = {own.pid, *(parent.pid for parent in own.parents())}
    yield from (p for p in psutil.process_iter() if p.pid not in family)


def _told(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    return f"process {process.pid} ({words if len(words) < 200 else words[:200] + ' ...'})"


def _working(folder: Path, process: str) -> str:
    return f"{folder}: {process} works here; let it finish, or end it, then run this again"
