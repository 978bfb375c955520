"""Build Snakemake's own report: every figure and the scorecard, with captions."""

from tonotopy.files import replacing
from tonotopy.logs import to_log
from tonotopy.nested import run_snakemake

to_log(snakemake.log[0])
with replacing(snakemake.output[0]) as draft:
    arguments = ["--report", str(draft), "--", *snakemake.input]
    print(run_snakemake(snakemake.config, snakemake.params.snakefile, *arguments))
