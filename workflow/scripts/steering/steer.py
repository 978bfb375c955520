"""Steer a corpus along concept vectors, or along the vectors of a control."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import pick_device, use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load
from tonotopy.studies.steering.plans import (
    PLANS,
    Answers,
    read_vectors,
    run_plan,
    swept_strengths,
)
from tonotopy.studies.steering.subsets import chosen_clips

to_log(snakemake.log[0])
use_threads(snakemake.threads)
settings = snakemake.params
bundle = load(snakemake.input.network).to(pick_device(settings.accelerator))
corpus = Corpus(snakemake.input.corpus)
vectors, concepts = read_vectors(snakemake.input.vectors)
name = snakemake.wildcards.sweep
strengths = swept_strengths(name, settings.strengths, settings.slope_range)
plan = PLANS[name](vectors, concepts, settings.concepts, settings.seed)
indices = chosen_clips(corpus, "test", settings.clips, settings.seed)
answers = Answers(json.loads(settings.outputs), settings.activation, settings.view)
write_table(snakemake.output[0], run_plan(plan, bundle, corpus, indices, strengths, answers))
