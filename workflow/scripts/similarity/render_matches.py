"""Write the clips on which maps match features best, to be heard."""

import json

import numpy as np

from tonotopy.corpora.schema import Corpus
from tonotopy.files import read_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.similarity.copies import studied
from tonotopy.studies.similarity.exhibits import shown_matches, write_exhibits
from tonotopy.studies.similarity.picturing import best_matches

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
corpus, table = Corpus(snakemake.input.heard), read_table(snakemake.input.similarities)
places = {clip: position for position, clip in enumerate(corpus.clips)}
clips = read_table(snakemake.input.clips).sort_values("number")["clip"]
networks = []
for ear, found in studied(params.columns, corpus, settings, params.accelerator):
    if ear.run == 0:
        matches = shown_matches(best_matches(table, ear, 1), ear, settings["exhibits"])
        networks.append((ear, found, matches))
write_exhibits(
    snakemake.output[0],
    networks,
    corpus,
    np.array([places[clip] for clip in clips]),
    {"study": "similarity", **dict(snakemake.wildcards.items())},
)
