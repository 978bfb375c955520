"""Classify the test clips that the network's corpus has, and those that are explained."""

import json

import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import check_trained_on, pick_device, use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load
from tonotopy.studies.relevance.explaining import predictions

to_log(snakemake.log[0])
use_threads(snakemake.threads)
bundle = load(snakemake.input.network).to(pick_device(snakemake.params.accelerator))
outputs = json.loads(snakemake.params.settings)["outputs"]
learned, explained = Corpus(snakemake.input.learned), Corpus(snakemake.input.explained)
check_trained_on(bundle, learned)
tables = [predictions(bundle, learned, "test", outputs)]
if explained.path != learned.path:
    tables.append(predictions(bundle, explained, "explained", outputs))
write_table(snakemake.output[0], pd.concat(tables, ignore_index=True))
