"""Join a study's probed layers and take intervals and centres of mass."""

import json

import pandas as pd

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.files import read_table, write_table
from tonotopy.logs import to_log
from tonotopy.studies.hierarchy.clip_groups import resamples_by_task
from tonotopy.studies.hierarchy.summaries import centres, profiles

to_log(snakemake.log[0])
params = snakemake.params
families, levels = json.loads(params.families), json.loads(params.levels)
table = pd.concat(map(read_table, snakemake.input.correct), ignore_index=True)
table["family"] = table["network"].map(families)
table["level"] = table["task"].map(levels)
bootstrap = Bootstrap(**json.loads(params.statistics), seed=params.seed)
resamples = resamples_by_task(read_table(snakemake.input.clips), bootstrap)
write_table(snakemake.output.correct, table)
write_table(snakemake.output.profiles, profiles(table, resamples))
write_table(snakemake.output.centres, centres(table, resamples))
