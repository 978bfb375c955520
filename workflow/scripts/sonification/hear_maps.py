"""Find out which clips and classes every map prefers, and how well the networks answer."""

import json

from tonotopy.collecting import Tables
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import ears
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.sonification.maps import (
    answer_table,
    favourite_table,
    filter_tables,
    selection_table,
)

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
heard, learned = Corpus(snakemake.input.heard), Corpus(snakemake.input.learned)
own = {corpus.name: corpus for corpus in map(Corpus, snakemake.input.own)}
tables = Tables()
for ear in ears(params.columns, settings["layers"], params.accelerator):
    filters, responses = filter_tables(ear)
    tables.add("favourites", favourite_table(ear, heard, heard.indices("test")))
    tables.add("selected", selection_table(ear, learned, settings["selecting"], params.seed))
    tables.add("answers", answer_table(ear, own))
    tables.add("filters", filters)
    tables.add("responses", responses)
for name, path in snakemake.output.items():
    write_table(path, tables.table(name))
