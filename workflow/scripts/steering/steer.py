"""Steer a corpus along concept vectors, or along the vectors of a control."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import pick_device, use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load
from tonotopy.studies.steering.plans import PLANS, Answers, read_vectors, run_plan

to_log(snakemake.log[0])
use_threads(snakemake.threads)
settings = snakemake.params
bundle = load(snakemake.input.network).to(pick_device(settings.accelerator))
corpus = Corpus(snakemake.input.corpus)
vectors, concepts = read_vectors(snakemake.input.vectors)
near = [s for s in settings.strengths if abs(s) <= settings.slope_range]
strengths = near if snakemake.wildcards.sweep == "controls" else settings.strengths
plan = PLANS[snakemake.wildcards.sweep](vectors, concepts, settings.concepts, settings.seed)
indices = corpus.indices("test", settings.clips)
answers = Answers(json.loads(settings.outputs), settings.activation, settings.view)
write_table(snakemake.output[0], run_plan(plan, bundle, corpus, indices, strengths, answers))
