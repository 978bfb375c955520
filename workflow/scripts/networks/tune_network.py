"""Search learning rate and weight decay: random draws, then a grid around the best."""

import json
from pathlib import Path

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.training.tune import tune

to_log(snakemake.log[0])
use_threads(snakemake.threads)
weights = snakemake.input.get("initial_weights")
trials = tune(
    Corpus(snakemake.input.corpus),
    json.loads(snakemake.params.settings),
    snakemake.params.seed,
    snakemake.params.accelerator,
    Path(weights[0]) if weights else None,
)
print(trials.sort_values("validation_macro_f1", ascending=False).to_string(index=False))
write_table(snakemake.output.trials, trials)
