"""Sonify clips by their most active maps, and check what must hold of sonifications."""

import json

from tonotopy.collecting import Tables
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import ears, waveforms
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.sonification.checks import exactness_table, layer_table, shifted
from tonotopy.studies.sonification.hearing import chosen_clips, geometry
from tonotopy.studies.sonification.similarity import similarity_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
corpus, shifts = Corpus(snakemake.input.heard), settings["shifts"]
clips = chosen_clips(corpus, "test", settings["clips"], params.seed)
few = chosen_clips(corpus, "test", shifts["clips"], params.seed)
tables = Tables()
for ear in ears(params.columns, settings["layers"], params.accelerator):
    length = waveforms(ear, corpus, few[:1]).shape[1]
    places = geometry(ear, own=length)
    moved = shifted(ear, corpus, few, shifts["offsets"], places)
    tables.add("layers", layer_table(ear, places, length))
    tables.add("similarity", similarity_table(ear, corpus, clips, **settings["coherence"]))
    tables.add("exactness", exactness_table(ear, corpus, few))
    tables.add("shifts", moved.table)
    tables.add("excerpts", moved.excerpts)
for name, path in snakemake.output.items():
    write_table(path, tables.table(name))
