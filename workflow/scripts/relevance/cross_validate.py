"""Train the network on the clips of all folds but one, and classify those of that one."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.relevance.folding import fold_predictions

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, wildcards = snakemake.params, snakemake.wildcards
number, fold = json.loads(params.settings)["folds"]["number"], int(wildcards.fold)
checkpoints = Path(params.checkpoints)
checkpoints.mkdir(parents=True, exist_ok=True)
with TemporaryDirectory(dir=checkpoints) as work:
    table = fold_predictions(
        Corpus(snakemake.input.corpus),
        json.loads(params.network),
        wildcards.by,
        fold,
        number,
        Path(work),
        checkpoints,
        params.seed,
        params.accelerator,
    )
write_table(snakemake.output[0], table)
