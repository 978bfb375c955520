"""Fetch the chosen AudioSet clips; those that cannot be had are listed."""

from pathlib import Path

import pandas as pd

from tonotopy.corpora.audioset.gather import gather
from tonotopy.files import read_table, write_table
from tonotopy.logs import to_log

to_log(snakemake.log[0])
params = snakemake.params
clips = pd.concat(map(read_table, snakemake.input))
files = gather(clips, params.repository, params.revision, params.shards, Path(params.clips))
write_table(snakemake.output[0], files)
missing = (files["file"] == "").sum()
print(f"{len(files) - missing:,} clips are there, {missing:,} are missing: {snakemake.output[0]}")
