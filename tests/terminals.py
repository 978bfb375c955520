"""A program at a terminal of its own, as a person would use it."""

import os
import pty
import select
import time
from collections.abc import Sequence
from pathlib import Path


def typed(
    command: Sequence[str], folder: Path, prompt: str, lines: Sequence[str], timeout_s: float = 120
) -> tuple[str, int]:
    """Run a command at a pseudo-terminal and type a line at each prompt.

    Args:
        command: program and arguments.
        folder: where it runs.
        prompt: text that asks for a line.
        lines: what is typed, one line at each prompt.
        timeout_s: after which the program is taken to hang.

    Returns:
        All that the terminal showed, with plain ends of lines, and the exit status.

    Raises:
        TimeoutError: the program has not ended; the message has what it showed.
    """
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, {**os.environ, "TERM": "dumb"})
    shown, answered, waiting = b"", 0, list(lines)
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the program has ended
            part = b""
        if not part:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            os.close(terminal)
            return shown.decode().replace("\r\n", "\n"), status
        shown += part
        if waiting and prompt.encode() in shown[answered:]:
            answered = len(shown)
            os.write(terminal, waiting.pop(0).encode() + b"\n")
    os.kill(child, 9)
    os.waitpid(child, 0)
    os.close(terminal)
    raise TimeoutError(shown.decode())
