"""Judge every claim by its statistic and write the scorecard."""

import json
from pathlib import Path

from tonotopy.config import read_schema
from tonotopy.evidence.claims import read_claims
from tonotopy.evidence.scorecard import judge, write_scorecard
from tonotopy.evidence.steering import SteeringTables
from tonotopy.logs import to_log

to_log(snakemake.log[0])
settings = snakemake.params
scale = snakemake.wildcards.scale
studies = {
    name: SteeringTables(
        Path(f"results/{scale}/steering/{name}"),
        study,
        seed=settings.seed,
        **json.loads(settings.statistics),
    )
    for name, study in json.loads(settings.studies).items()
}
claims = read_claims(snakemake.input.claims, read_schema(snakemake.input.schema))
rows = judge(claims, studies, settings.known, scale)
write_scorecard(rows, scale, snakemake.output.json, snakemake.output.csv, snakemake.output.page)
