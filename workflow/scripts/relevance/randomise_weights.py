"""Compare heatmaps with those of networks whose layers are randomised one by one."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.relevance.explaining import chosen_clips, load_subject
from tonotopy.studies.relevance.randomising import sensitivity_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, corpus = snakemake.params, Corpus(snakemake.input.corpus)
settings, explaining = json.loads(params.settings), json.loads(params.explaining)
explained = load_subject(snakemake.input.network, corpus, explaining, params.accelerator)
clips = chosen_clips(corpus, "test", settings["randomised"], params.seed)
rules = explaining["composite"], explaining["engine"]
table = sensitivity_table(explained, *rules, corpus, clips, params.seed)
write_table(snakemake.output[0], table)
