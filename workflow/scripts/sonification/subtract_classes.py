"""Take the sonification of one class away from clips of several and see what is answered."""

import json

from tonotopy.collecting import Tables, of_network
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import ears
from tonotopy.files import read_table, write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.sonification.hearing import chosen_clips
from tonotopy.studies.sonification.subtracting import targeted_table
from tonotopy.studies.sonification.transferring import HEAD, answering_ears

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
corpus, selected = Corpus(snakemake.input.heard), read_table(snakemake.input.selected)
clips = chosen_clips(corpus, "test", settings["clips"], params.seed)
networks = ears(params.columns, settings["layers"], params.accelerator)
tables = Tables()
for ear, folder in zip(networks, snakemake.input.answering, strict=True):
    answering = dict(answering_ears(folder, ear))[HEAD]
    tables.add("targeted", targeted_table(answering, corpus, clips, of_network(selected, ear)))
write_table(snakemake.output[0], tables.table("targeted"))
