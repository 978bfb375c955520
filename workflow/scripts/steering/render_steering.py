"""Write clips with what the network answers when it is steered, to be heard."""

import json
from pathlib import Path

from tonotopy.corpora.schema import Corpus
from tonotopy.inference import pick_device, use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load
from tonotopy.studies.steering.exhibits import shown_clips, write_exhibits
from tonotopy.studies.steering.plans import Answers, one_to_one, read_vectors

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
corpus = Corpus(snakemake.input.corpus)
(plan,) = one_to_one(*read_vectors(snakemake.input.vectors), [], params.seed)
write_exhibits(
    snakemake.output[0],
    load(snakemake.input.network).to(pick_device(params.accelerator)),
    corpus,
    shown_clips(corpus, settings["exhibits"], params.seed),
    plan,
    settings,
    Answers(json.loads(params.outputs), params.activation, params.view),
    {"study": "steering", **dict(snakemake.wildcards.items())},
    Path(snakemake.input.network).name,
)
