"""Take the sonifications of the most active maps away from clips and see what is answered."""

import json

from tonotopy.collecting import Tables
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import ears
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.sonification.hearing import chosen_clips
from tonotopy.studies.sonification.subtracting import residual_table
from tonotopy.studies.sonification.transferring import answering_ears

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
corpus = Corpus(snakemake.input.heard)
clips = chosen_clips(corpus, "test", settings["clips"], params.seed)
networks = ears(params.columns, settings["layers"], params.accelerator)
tables = Tables()
for ear, folder in zip(networks, snakemake.input.answering, strict=True):
    for learn, answering in answering_ears(folder, ear):
        table = residual_table(answering, corpus, clips, params.seed)
        tables.add("residuals", table.assign(learn=learn))
write_table(snakemake.output[0], tables.table("residuals"))
