"""Capture the class tokens of every layer, for a whole corpus or its validation split."""

import numpy as np

from tonotopy.corpora.schema import Corpus
from tonotopy.files import replacing
from tonotopy.inference import class_tokens, pick_device, use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load

to_log(snakemake.log[0])
use_threads(snakemake.threads)
bundle = load(snakemake.input.network).to(pick_device(snakemake.params.accelerator))
corpus = Corpus(snakemake.input.corpus)
part = snakemake.wildcards.part
chosen = np.arange(len(corpus)) if part == "all" else corpus.indices(part)
with replacing(snakemake.output[0]) as draft, draft.open("wb") as file:
    np.save(file, class_tokens(bundle, corpus, chosen))
