"""Measure how much of the energy of first-layer filters lies in one band, and how much could."""

import json

from tonotopy.collecting import Tables
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.partials.hearing import listeners
from tonotopy.studies.partials.measuring import filter_table, limit_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
known = json.loads(params.known)
tables, rates = Tables(), set()
for ear in listeners(params.columns, settings["layers"], params.accelerator):
    tables.add("filters", filter_table(ear, known[ear.network], params.seed))
    rates.add(ear.rate)
filters = tables.table("filters")
write_table(snakemake.output.filters, filters)
write_table(snakemake.output.limits, limit_table(filters, settings["limits"], rates))
