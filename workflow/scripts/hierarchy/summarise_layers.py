"""Join a study's probed layers and take intervals and centres of mass."""

import json

import pandas as pd

from tonotopy.files import read_table, write_table
from tonotopy.studies.hierarchy.summaries import centres, profiles
from tonotopy.logs import to_log

to_log(snakemake.log[0])
given = snakemake.params
families, levels = json.loads(given.families), json.loads(given.levels)
table = pd.concat(map(read_table, snakemake.input.correct), ignore_index=True)
table["family"] = table["network"].map(families)
table["level"] = table["task"].map(levels)
statistics = json.loads(given.statistics)
options = (statistics["resamples"], statistics["confidence"], given.seed)
write_table(snakemake.output.correct, table)
write_table(snakemake.output.profiles, profiles(table, *options))
write_table(snakemake.output.centres, centres(table, *options))
