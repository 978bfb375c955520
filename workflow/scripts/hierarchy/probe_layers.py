"""Probe every layer of a network and of its baselines on one task."""

import json
from pathlib import Path

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import pick_device, use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load
from tonotopy.studies.hierarchy.probing import ProbeSettings, probe_task

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params = snakemake.params
device = pick_device(params.accelerator)
folders = zip(params.copies, snakemake.input.networks, strict=True)
copies = {copy: load(folder).to(device) for copy, folder in folders}
settings = ProbeSettings(
    **json.loads(params.settings),
    seed=params.seed,
    device=None if device.type == "cpu" else str(device),
)
table = probe_task(copies, Corpus(snakemake.input.corpus), settings, Path(params.vectors))
names = {"network": snakemake.wildcards.network, "task": snakemake.wildcards.task}
write_table(snakemake.output[0], table.assign(**names))
