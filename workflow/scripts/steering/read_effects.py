"""Read slopes with intervals from the steering sweeps."""

import json
from pathlib import Path

import pandas as pd

from tonotopy.files import read_table, write_table
from tonotopy.logs import to_log
from tonotopy.seeding import generator
from tonotopy.studies.steering.effects import clip_slopes, slope_matrix

to_log(snakemake.log[0])
settings = snakemake.params
parts = {}
for path in map(Path, snakemake.input.sweeps):
    name = path.stem.removeprefix("sweep-")
    parts[name] = clip_slopes(read_table(path), settings.slope_range).assign(sweep=name)
causes = Path(snakemake.input.corpus) / "causes.csv"
matrix = slope_matrix(
    parts["test"],
    read_table(causes) if causes.is_file() else None,
    **json.loads(settings.statistics),
    rng=generator(settings.seed, "slopes"),
)
write_table(snakemake.output.by_clip, pd.concat(parts.values(), ignore_index=True))
write_table(snakemake.output.matrix, matrix)
write_table(snakemake.output.table, matrix)
