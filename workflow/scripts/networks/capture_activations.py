"""Write what every layer of a network makes of a corpus, or of one of its splits."""

from tonotopy.activations import store
from tonotopy.corpora.schema import Corpus
from tonotopy.files import replacing
from tonotopy.inference import BATCH, pick_device, use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load

to_log(snakemake.log[0])
use_threads(snakemake.threads)
bundle = load(snakemake.input.network).to(pick_device(snakemake.params.accelerator))
corpus = Corpus(snakemake.input.corpus)
part, view = snakemake.wildcards.part, snakemake.wildcards.view
positions = corpus.indices(part) if part == "validation" else None
with replacing(snakemake.output[0]) as draft:
    store(bundle, corpus, draft, positions=positions, batch=BATCH, view=view)
