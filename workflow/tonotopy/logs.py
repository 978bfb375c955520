"""One line at the head of a script: output goes to the log and the terminal, errors are told."""

import sys
import traceback
from pathlib import Path

from tonotopy.errors import InputError


class _Tee:
    """A stream that writes to the terminal and, progress bars aside, to the log.

    All else is the terminal's own (its encoding, its file number), so that a debugger reads lines
    from it as it would without a log, with editing and history.
    """

    def __init__(self, terminal, log):
        self.terminal, self.log = terminal, log

    def write(self, text: str) -> int:
        self.terminal.write(text)
        if "\r" not in text and "\x1b[" not in text:
            self.log.write(text)
            self.log.flush()
        return len(text)

    def __getattr__(self, name: str):
        return getattr(self.terminal, name)


def to_log(path: str | Path) -> None:
    """Copy stdout, stderr and uncaught exceptions to ``path`` and the terminal.

    An `InputError` is told by its message alone, anything else with its traceback.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    log = open(path, "w")  # noqa: SIM115, open for the life of the script
    sys.stdout, sys.stderr = _Tee(sys.stdout, log), _Tee(sys.stderr, log)
    sys.excepthook = _tell


def _tell(kind, error, trace) -> None:
    if issubclass(kind, InputError):
        print(f"error: {error}", file=sys.stderr)
    else:
        traceback.print_exception(kind, error, trace, file=sys.stderr)
