"""Flip the patches that heatmaps mark, and measure how the evidence falls."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.relevance.explaining import chosen_clips, load_subject
from tonotopy.studies.relevance.fitting import TRAINED, Fitted
from tonotopy.studies.relevance.flips import area_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, corpus = snakemake.params, Corpus(snakemake.input.corpus)
settings, explaining = json.loads(params.settings), json.loads(params.explaining)
explained = load_subject(snakemake.input.network, corpus, explaining, params.accelerator)
fitted, flipping = Fitted(snakemake.input.subspaces), settings["flipping"]
clips = chosen_clips(corpus, "test", flipping["clips"], params.seed)
every = fitted.keys(copy=TRAINED)
shown = settings["shown"]["components"]
keys = [key for key in every if key.components == shown or key.method == "drsa"]
table = area_table(explained, corpus, clips, fitted, keys, flipping["patch"])
write_table(snakemake.output[0], table)
