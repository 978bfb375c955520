"""Tell what a run will do, fetch and fill, before anything of it happens."""

import re
import shutil

from tonotopy.logs import to_log
from tonotopy.nested import run_snakemake
from tonotopy.planning import needs, told

to_log(snakemake.log[0])
output = run_snakemake(snakemake.config, snakemake.params.snakefile, "--dry-run", "--quiet", "all")
rows = re.findall(r"^(\w+)\s+(\d+)$", output, flags=re.MULTILINE)
jobs = {rule: int(count) for rule, count in rows if rule not in ("all", "total")}
print(told(needs(snakemake.config), jobs, shutil.disk_usage(".").free))
