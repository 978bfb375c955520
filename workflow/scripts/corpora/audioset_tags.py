"""List AudioSet's clips with all of their labels."""

from itertools import chain
from pathlib import Path

from tonotopy.corpora.audioset.segments import Reading, read_tagged
from tonotopy.corpora.audioset.tags import counted, tag_table
from tonotopy.files import write_table
from tonotopy.logs import to_log

to_log(snakemake.log[0])
params = snakemake.params
files = [
    (source, Path(file), Reading())
    for source, file in zip(params.sources, snakemake.input, strict=True)
]
table = tag_table(
    chain.from_iterable(read_tagged(file, source, reading) for source, file, reading in files),
    params.seed,
)
for _, file, reading in files:
    for note in reading.notes(file):
        print(f"note: {note}")
write_table(snakemake.output[0], table)
print(counted(table))
