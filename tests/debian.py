"""Programs that some tests need, from Debian's packages."""

import os
import shutil
import subprocess


class CannotRun(Exception):
    """Why what a test needs cannot be here."""


def install(packages: tuple[str, ...], programs: tuple[str, ...]) -> None:
    """Install packages by apt-get unless all programs are here.

    Raises:
        CannotRun: there is no apt-get, it needs root, or it fails.
    """
    if all(map(shutil.which, programs)):
        return
    if not shutil.which("apt-get"):
        raise CannotRun(f"{programs[0]} is not installed, and there is no apt-get to install it by")
    if os.geteuid() != 0:
        raise CannotRun(f"{programs[0]} is not installed, and apt-get needs root")
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "--quiet", *command],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        if done.returncode:
            raise CannotRun(f"apt-get {command[0]} failed: {done.stderr.strip()[-300:]}")
