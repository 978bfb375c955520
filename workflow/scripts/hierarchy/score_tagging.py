"""Tag a corpus's test clips with every network of a study and its untrained copy."""

import json

import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load
from tonotopy.studies.hierarchy.tagging import tagging_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params = snakemake.params
corpus, families = Corpus(snakemake.input.corpus), json.loads(params.families)
networks = zip(params.names, params.copies, snakemake.input.networks, strict=True)
tables = [
    tagging_table(load(folder), corpus).assign(network=name, family=families[name], copy=copy)
    for name, copy, folder in networks
]
write_table(snakemake.output[0], pd.concat(tables, ignore_index=True))
