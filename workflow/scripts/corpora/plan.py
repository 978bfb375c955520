"""Tell what a run will do, fetch and fill, before anything of it happens."""

import re
import shutil

from tonotopy import places
from tonotopy.durations import by_rule, measured
from tonotopy.logs import to_log
from tonotopy.nested import run_snakemake
from tonotopy.planning import needs, report, undrawn_figures
from tonotopy.preflight import missing

to_log(snakemake.log[0])
output = run_snakemake(snakemake.config, snakemake.params.snakefile, "--dry-run", "--quiet", "all")
rows = re.findall(r"^(\w+)\s+(\d+)$", output, flags=re.MULTILINE)
jobs = {rule: int(count) for rule, count in rows if rule not in ("all", "total")}
config = snakemake.config
free = shutil.disk_usage(".").free
earlier = by_rule(measured(places.result(config["scale"], "benchmarks")))
print(report(needs(config), jobs, earlier, undrawn_figures(config), free))
for note in missing(config):
    print(note)
