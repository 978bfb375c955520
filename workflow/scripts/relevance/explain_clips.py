"""Explain test clips: whether relevance is conserved, how components add up, pictures."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.relevance.decomposing import conservation_table, histogram_table, sum_table
from tonotopy.studies.relevance.explaining import chosen_clips, load_subject
from tonotopy.studies.relevance.exporting import write_maps
from tonotopy.studies.relevance.fitting import TRAINED, Fitted
from tonotopy.studies.relevance.picturing import example_table, plans

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, output, corpus = snakemake.params, snakemake.output, Corpus(snakemake.input.corpus)
settings, explaining = json.loads(params.settings), json.loads(params.explaining)
explained = load_subject(snakemake.input.network, corpus, explaining, params.accelerator)
fitted, shown = Fitted(snakemake.input.subspaces), settings["shown"]
clips = corpus, chosen_clips(corpus, "test", settings["clips"], params.seed)
key = fitted.shown(**shown)
sets = plans(corpus, fitted, **shown, exchanged=settings["exchanged"], seed=params.seed)
drsa = fitted.keys(copy=TRAINED, method="drsa")
write_table(output.conservation, conservation_table(explained, explaining["composite"], *clips))
write_table(output.sums, sum_table(explained, *clips, fitted, drsa))
write_table(output.histogram, histogram_table(explained, *clips, fitted, key))
examples = example_table(explained, corpus, fitted, sets, settings["objects"])
write_table(output.examples, examples)
about = {
    "network": snakemake.input.network,
    "corpus": {key: corpus.info[key] for key in ("name", "content_sha256")},
    "composite": explaining["composite"],
    "seed": params.seed,
}
write_maps(output.maps, examples, about)
