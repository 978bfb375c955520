"""Compare the sonifications of the maps of events with the events themselves."""

import json

from tonotopy.collecting import Tables, of_network
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import ears
from tonotopy.files import read_table, write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.sonification.hearing import chosen_clips
from tonotopy.studies.sonification.matching import match_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
corpus, selected = Corpus(snakemake.input.heard), read_table(snakemake.input.selected)
clips = chosen_clips(corpus, "test", settings["clips"], params.seed)
tables = Tables()
for ear in ears(params.columns, settings["layers"], params.accelerator):
    tables.add("matches", match_table(ear, corpus, clips, of_network(selected, ear)))
write_table(snakemake.output[0], tables.table("matches"))
