"""Tag a corpus's test clips with every network of a study and its untrained copy."""

import json
from pathlib import Path

import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.studies.hierarchy.tagging import tagging_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load

to_log(snakemake.log[0])
use_threads(snakemake.threads)
corpus, families = Corpus(snakemake.input.corpus), json.loads(snakemake.params.families)
tables = []
for place in map(Path, snakemake.input.networks):
    name, _, copy = place.name.partition("-")
    table = tagging_table(load(place), corpus)
    tables.append(table.assign(network=name, family=families[name], copy=copy or "trained"))
write_table(snakemake.output[0], pd.concat(tables, ignore_index=True))
