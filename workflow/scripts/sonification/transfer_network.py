"""Teach a network another task: classifiers on its layers, or all of it."""

import json
from pathlib import Path

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import ears
from tonotopy.files import replacing, write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.sonification.transferring import Task, transfer_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, wildcards = snakemake.params, snakemake.wildcards
column = [wildcards.taught, int(wildcards.run), snakemake.input.network]
(ear,) = ears([column], None, params.accelerator)
task = Task(
    Corpus(snakemake.input.corpus),
    json.loads(params.task),
    params.seed,
    params.accelerator,
    Path(params.checkpoints),
    Path(params.tensorboard),
)
with replacing(snakemake.output.networks) as draft:
    draft.mkdir()
    table = transfer_table(ear, snakemake.input.network, task, draft)
write_table(snakemake.output.scores, table)
