"""Collect the marks of all methods over seeds of world and training, and print them."""

import json

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.files import read_table, write_table
from tonotopy.logs import to_log
from tonotopy.studies.validity.seeds import summary

to_log(snakemake.log[0])
params = snakemake.params
paths = zip(
    params.rows,
    snakemake.input.slopes,
    snakemake.input.marks,
    snakemake.input.draws,
    strict=True,
)
rows = [
    {**row, "slopes": read_table(slopes), "marks": read_table(marks), "draws": read_table(draws)}
    for row, slopes, marks, draws in paths
]
table = summary(rows, Bootstrap(**json.loads(params.statistics), seed=params.seed))
print(table.to_string(index=False))
write_table(snakemake.output[0], table)
