"""Fit relevant subspaces of every layer and class, in the network and in its untrained copy."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.relevance.subspaces import Ascent
from tonotopy.studies.relevance.explaining import load_subject
from tonotopy.studies.relevance.fitting import Choices, collect, fit_all, objective_table, write

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, corpus = snakemake.params, Corpus(snakemake.input.corpus)
settings, explaining = json.loads(params.settings), json.loads(params.explaining)
ascent, components = Ascent(**settings["ascent"]), tuple(settings["components"])
compared = (settings["shown"]["components"],)
methods = {"random": settings["random"], "ascent": ascent, "compared": compared}
choices = Choices(**settings["vectors"], components=components, **methods)
fitted = {}
for copy in ("trained", "untrained"):
    explained = load_subject(snakemake.input[copy], corpus, explaining, params.accelerator)
    vectors = collect(explained, corpus, choices, params.seed)
    fitted.update(fit_all(vectors, corpus.classes, choices, params.seed, copy))
about = {
    "network": snakemake.input.trained,
    "corpus": {key: corpus.info[key] for key in ("name", "content_sha256")},
    "composite": explaining["composite"],
    "seed": params.seed,
}
write(snakemake.output.subspaces, fitted, about)
write_table(snakemake.output.objectives, objective_table(fitted))
