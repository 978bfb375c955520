"""Write clips with the sounds and pictures of their heatmaps and parts."""

import json
from pathlib import Path

from tonotopy.corpora.schema import Corpus
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.relevance.exhibits import write_exhibits
from tonotopy.studies.relevance.explaining import chosen_clips, load_subject
from tonotopy.studies.relevance.fitting import Fitted

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, corpus = snakemake.params, Corpus(snakemake.input.corpus)
settings, explaining = json.loads(params.settings), json.loads(params.explaining)
explained = load_subject(snakemake.input.network, corpus, explaining, params.accelerator)
fitted = Fitted(snakemake.input.subspaces)
clips = chosen_clips(corpus, "test", settings["exhibits"], params.seed)
key = fitted.shown(**settings["shown"])
about = {"study": "relevance", **dict(snakemake.wildcards.items())}
write_exhibits(
    snakemake.output[0],
    explained,
    corpus,
    clips,
    fitted,
    key,
    params.objects,
    about,
    Path(snakemake.input.network).name,
)
