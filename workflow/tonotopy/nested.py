"""Ask Snakemake about the run that a script is part of."""

import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from tonotopy.errors import InputError


def run_snakemake(config: dict, snakefile: str, *arguments: str) -> str:
    """Run Snakemake beside a running workflow, with the same configuration; return what it prints.

    Args:
        config: the configuration of the run.
        snakefile: path of its Snakefile.
        *arguments: further arguments of the command line.

    Raises:
        InputError: Snakemake fails; its output is printed first.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "config.yaml"
        settings.write_text(yaml.safe_dump(dict(config)))
        command = [sys.executable, "-m", "snakemake", "--nolock", "--snakefile", snakefile]
        command += ["--configfile", str(settings), *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr)
        raise InputError("snakemake failed; its output is above")
    return done.stdout + done.stderr
