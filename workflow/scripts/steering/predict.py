"""Classify the validation and test clips, and the corpus that the network never heard."""

import json

import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import check_trained_on, pick_device, prediction_table, use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load

to_log(snakemake.log[0])
use_threads(snakemake.threads)
settings = snakemake.params
bundle = load(snakemake.input.network).to(pick_device(settings.accelerator))
corpus = Corpus(snakemake.input.corpus)
check_trained_on(bundle, corpus)
answers = json.loads(settings.outputs), settings.activation
tables = [
    prediction_table(bundle, corpus, split, split, *answers) for split in ("validation", "test")
]
for path in snakemake.input.get("unseen", []):
    tables.append(prediction_table(bundle, Corpus(path), "test", "unseen", *answers))
table = pd.concat(tables, ignore_index=True)
corpora = [corpus, *map(Corpus, snakemake.input.get("unseen", []))]
groups = {c: g for own in corpora for c, g in zip(own.clips, own.groups, strict=True)}
write_table(snakemake.output[0], table.assign(group=table["clip"].map(groups)))
