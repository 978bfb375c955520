"""Train a network on its corpus."""

import json
from pathlib import Path

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.training.fit import train

to_log(snakemake.log[0])
use_threads(snakemake.threads)
settings = json.loads(snakemake.params.settings)
settings["training"]["devices"] = snakemake.resources.devices
weights, teacher = (snakemake.input.get(name) for name in ("initial_weights", "teacher"))
history = train(
    Corpus(snakemake.input.corpus),
    settings,
    Path(snakemake.output.network),
    Path(snakemake.params.checkpoints),
    Path(snakemake.params.tensorboard),
    snakemake.params.seed,
    snakemake.params.accelerator,
    Path(weights[0]) if weights else None,
    Path(teacher[0]) if teacher else None,
    snakemake.resources.get("mpi"),  # how several devices are started on SLURM
)
write_table(snakemake.output.history, history)
