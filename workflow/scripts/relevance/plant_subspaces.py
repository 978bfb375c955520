"""Look which method finds relevant subspaces that are known."""

import json

from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.relevance.planting import planted_table

to_log(snakemake.log[0])
use_threads(snakemake.threads)
draws = json.loads(snakemake.params.settings)["planted"]
write_table(snakemake.output[0], planted_table(draws, snakemake.params.seed))
