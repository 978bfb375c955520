"""Compare the maps of all networks, and of those that stand beside them, with all features."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.similarity.assembling import Job, compared_tables

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
tables = compared_tables(
    params.columns,
    params.unheard,
    Corpus(snakemake.input.heard),
    [Corpus(path) for path in snakemake.input.learned],
    settings,
    Job(params.seed, params.accelerator, snakemake.threads),
)
for name, path in snakemake.output.items():
    write_table(path, tables[name])
