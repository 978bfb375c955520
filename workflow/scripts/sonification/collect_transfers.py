"""Put the scores of all networks and tasks into one table."""

import pandas as pd

from tonotopy.files import read_table, write_table
from tonotopy.logs import to_log

to_log(snakemake.log[0])
tasks = [name.split("-")[1] for name in snakemake.params.names]
tables = [
    read_table(path).assign(task=task) for path, task in zip(snakemake.input, tasks, strict=True)
]
write_table(snakemake.output[0], pd.concat(tables, ignore_index=True))
