"""Join what the published networks of a study hear in recordings of which that is known."""

import pandas as pd

from tonotopy.files import read_table, write_table
from tonotopy.logs import to_log

to_log(snakemake.log[0])
tables = [read_table(path) for path in snakemake.input]
write_table(snakemake.output[0], pd.concat(tables, ignore_index=True))
