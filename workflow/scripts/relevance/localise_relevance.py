"""Compare heatmaps, whole and split, with the known parts of clips."""

import json

import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.relevance.comparing import localisation_table, overlap_table, rendering_table
from tonotopy.studies.relevance.explaining import chosen_clips, load_subject
from tonotopy.studies.relevance.fitting import Fitted

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, output, corpus = snakemake.params, snakemake.output, Corpus(snakemake.input.corpus)
settings, explaining = json.loads(params.settings), json.loads(params.explaining)
names = {"trained": snakemake.input.network, "untrained": snakemake.input.untrained}
networks = {
    copy: load_subject(path, corpus, explaining, params.accelerator) for copy, path in names.items()
}
fitted, objects, shown = Fitted(snakemake.input.subspaces), settings["objects"], settings["shown"]
clips = corpus, chosen_clips(corpus, "test", settings["clips"], params.seed)
overlaps = [
    overlap_table(explained, *clips, fitted, keys, objects)
    for copy, explained in networks.items()
    if (keys := fitted.keys(copy=copy, components=shown["components"]))
]
key = fitted.shown(**shown)
write_table(output.overlaps, pd.concat(overlaps, ignore_index=True))
write_table(output.localisation, localisation_table(networks["trained"], *clips))
write_table(output.renderings, rendering_table(networks["trained"], *clips, fitted, key, objects))
