"""Pass twins through a network and its untrained copy, and patch its layers with them."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import output_columns, pick_device, use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load
from tonotopy.networks.layers import with_view
from tonotopy.studies.validity.interventions import COPIES, effect_table
from tonotopy.studies.validity.patching import layer_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
device = pick_device(params.accelerator)
copies = {
    copy: load(path).to(device)
    for copy, path in zip(COPIES, (snakemake.input.network, snakemake.input.untrained), strict=True)
}
trained, activation = copies["trained"], settings["activation"]
twins = {a: Corpus(p) for a, p in zip(params.attributes, snakemake.input.twins, strict=True)}
outputs = output_columns(trained, Corpus(snakemake.input.classes), settings["outputs"])
write_table(snakemake.output.effects, effect_table(copies, twins, outputs, activation))
layers = with_view(trained.layers, settings["read"])
profile = (twins, outputs, activation, settings["patched"], params.seed)
write_table(snakemake.output.layers, layer_table(trained, layers, *profile))
