"""Give every frame of clips its codes and the semitone of its strongest partial."""

import json

from tonotopy.collecting import Tables
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import chosen_clips
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.partials.coding import code_tables, known_table
from tonotopy.studies.partials.hearing import listeners

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
corpus, codes = Corpus(snakemake.input.heard), settings["codes"]
own = {corpus.name: corpus for corpus in map(Corpus, snakemake.input.own)}
tables = Tables()
for ear in listeners(params.columns, settings["layers"], params.accelerator):
    for name, part in code_tables(ear, corpus, own, codes, params.seed):
        tables.add(name, part)
clips = chosen_clips(corpus, "test", codes["clips"], params.seed, "coded clips")
tables.add("codes", known_table(corpus, clips, codes["clusters"], settings["tones"], params.seed))
for name, path in snakemake.output.items():
    write_table(path, tables.table(name))
