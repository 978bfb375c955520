"""Mark every method's matrix against the interventions."""

import json

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.files import read_table, write_table
from tonotopy.logs import to_log
from tonotopy.studies.validity.marks import mark

to_log(snakemake.log[0])
effects, matrices, methods = (
    read_table(snakemake.input[name]) for name in ("effects", "matrices", "methods")
)
statistics = json.loads(snakemake.params.statistics)
marks, draws = mark(effects, matrices, methods, Bootstrap(**statistics, seed=snakemake.params.seed))
write_table(snakemake.output.marks, marks)
write_table(snakemake.output.draws, draws)
