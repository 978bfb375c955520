"""Tell hand-made features from the layers of all networks, and from the input on their grids."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.similarity.assembling import Job, probed_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
table = probed_table(
    params.columns,
    params.unheard,
    Corpus(snakemake.input.heard),
    settings,
    Job(params.seed, params.accelerator, snakemake.threads),
)
write_table(snakemake.output[0], table)
