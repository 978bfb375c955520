"""Let some of the networks hear a user's own files."""

import json

from tonotopy.inference import use_threads
from tonotopy.listening.hearing import hear
from tonotopy.logs import to_log

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, given = snakemake.params, snakemake.input
networks, settings = json.loads(params.networks), json.loads(params.settings)
hear(
    snakemake.output[0],
    given.sounds,
    given.whole,
    networks,
    settings["windows"],
    params.accelerator,
    params.seed,
)
