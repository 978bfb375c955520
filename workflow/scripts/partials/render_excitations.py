"""Write what excites units, and what uses codes, to be heard."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import read_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.partials.exhibits import write_exhibits
from tonotopy.studies.partials.hearing import listeners

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
tables = {"directions": read_table(snakemake.input.directions)}
if snakemake.input.codes:
    (tables["codes"],) = map(read_table, snakemake.input.codes)
columns = [column for column in params.columns if column[1] == 0]
write_exhibits(
    snakemake.output[0],
    list(listeners(columns, settings["layers"], params.accelerator)),
    Corpus(snakemake.input.heard),
    tables,
    settings,
    params.seed,
    {"study": "partials", **dict(snakemake.wildcards.items())},
)
