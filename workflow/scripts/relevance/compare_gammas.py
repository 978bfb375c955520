"""Flip patches by heatmaps of several gammas, uniform and decreasing."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.relevance.explaining import chosen_clips, load_subject
from tonotopy.studies.relevance.flips import gamma_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, corpus = snakemake.params, Corpus(snakemake.input.corpus)
settings, explaining = json.loads(params.settings), json.loads(params.explaining)
explained = load_subject(snakemake.input.network, corpus, explaining, params.accelerator)
flipping, gammas = settings["flipping"], settings["gammas"]
clips = chosen_clips(corpus, "test", flipping["clips"], params.seed)
table = gamma_table(explained, corpus, clips, gammas, flipping["patch"], params.seed)
write_table(snakemake.output[0], table)
