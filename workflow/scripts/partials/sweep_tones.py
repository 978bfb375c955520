"""Sweep every network with tones and complexes, and let its directions hear natural sound."""

import json

from tonotopy.collecting import Tables
from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.partials.hearing import listeners
from tonotopy.studies.partials.sweeping import sweep_tables

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
known = json.loads(params.known)
corpora = {name: Corpus(snakemake.input[name]) for name in ("heard", "contexts")}
tables = Tables()
for ear in listeners(params.columns, settings["layers"], params.accelerator):
    for name, part in sweep_tables(ear, corpora, settings, known[ear.network], params.seed):
        tables.add(name, part)
for name, path in snakemake.output.items():
    write_table(path, tables.table(name))
