"""Write clips with their sonifications, to be heard."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Column, ears
from tonotopy.files import read_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.sonification.exhibits import write_exhibits
from tonotopy.studies.sonification.hearing import chosen_clips

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
corpus, evolution = Corpus(snakemake.input.heard), settings["evolution"] or {}
columns = [Column(*column) for column in params.columns if column[1] == 0]
networks = list(zip(columns, ears(columns, settings["layers"], params.accelerator), strict=True))
clips = chosen_clips(corpus, "test", settings["exhibits"], params.seed)
write_exhibits(
    snakemake.output[0],
    networks,
    corpus,
    clips,
    read_table(snakemake.input.selected),
    evolution.get("epochs", []),
    {"study": "sonification", **dict(snakemake.wildcards.items())},
)
