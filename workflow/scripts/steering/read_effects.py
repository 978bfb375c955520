"""Read slopes with intervals from the steering sweeps."""

import json
from pathlib import Path

import pandas as pd

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.files import read_table, write_table
from tonotopy.logs import to_log
from tonotopy.studies.steering.effects import clip_slopes, slope_matrix

to_log(snakemake.log[0])
params = snakemake.params
parts = {
    name: clip_slopes(read_table(path), params.slope_range).assign(sweep=name)
    for name, path in zip(params.sweep_names, snakemake.input.sweeps, strict=True)
}
causes = Path(snakemake.input.corpus) / "causes.csv"
matrix = slope_matrix(
    parts["test"],
    read_table(causes) if causes.is_file() else None,
    Bootstrap(**json.loads(params.statistics), seed=params.seed),
    parts.get("controls"),
)
write_table(snakemake.output.by_clip, pd.concat(parts.values(), ignore_index=True))
write_table(snakemake.output.matrix, matrix)
write_table(snakemake.output.table, matrix)
