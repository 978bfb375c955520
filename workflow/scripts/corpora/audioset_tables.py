"""Choose the clips of GTZANLike and MedleySolosDBLike and report what was left out."""

import json
from pathlib import Path

from tonotopy.corpora.audioset.segments import Reading, read
from tonotopy.corpora.audioset.tables import Rules, Selection, told
from tonotopy.files import write_table
from tonotopy.logs import to_log

to_log(snakemake.log[0])
params = snakemake.params
selection = Selection(
    Rules(params.exclusive, params.per_class, json.loads(params.shares), params.seed)
)
for source, file in zip(params.sources, snakemake.input.segments, strict=True):
    reading = Reading()
    selection.add(read(Path(file), source, reading))
    for note in reading.notes(Path(file)):
        print(f"note: {note}")
clips = selection.clips()
report = selection.report(clips)
for task in ("genre", "instrument"):
    write_table(snakemake.output[task], clips[clips["task"] == task])
write_table(snakemake.output.report, report)
print(told(report))
