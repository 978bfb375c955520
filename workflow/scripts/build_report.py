"""Build Snakemake's own report: every figure and the scorecard, with captions."""

import subprocess
import sys

import yaml

from tonotopy.errors import InputError
from tonotopy.files import replacing
from tonotopy.logs import to_log

to_log(snakemake.log[0])
with replacing(snakemake.output[0]) as draft:
    settings = draft.with_name("config.yaml")
    settings.write_text(yaml.safe_dump(dict(snakemake.config)))
    command = [sys.executable, "-m", "snakemake", "--nolock", "--snakefile"]
    command += [snakemake.params.snakefile, "--configfile", str(settings)]
    command += ["--report", str(draft), "--", *snakemake.input]
    done = subprocess.run(command, capture_output=True, text=True)
    print(done.stdout, done.stderr)
    if done.returncode:
        raise InputError("snakemake --report failed; its output is above")
