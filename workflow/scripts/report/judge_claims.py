"""Judge every claim by its statistic and write the scorecard."""

import json
from pathlib import Path

from tonotopy.config import read_schema
from tonotopy.evidence.claims import read_claims
from tonotopy.studies.hierarchy.statistics.tables import HierarchyTables
from tonotopy.evidence.scorecard import judge, write_scorecard
from tonotopy.studies.steering.statistics import SteeringTables
from tonotopy.logs import to_log

TABLES = {"hierarchy": HierarchyTables, "steering": SteeringTables}

to_log(snakemake.log[0])
settings = snakemake.params
scale = snakemake.wildcards.scale
statistics = {"seed": settings.seed, **json.loads(settings.statistics)}
studies = {
    room: {
        name: TABLES[room](Path(f"results/{scale}/{room}/{name}"), study, **statistics)
        for name, study in named.items()
    }
    for room, named in json.loads(settings.studies).items()
}
claims = read_claims(snakemake.input.claims, read_schema(snakemake.input.schema))
rows = judge(claims, studies, settings.known, scale)
write_scorecard(rows, scale, snakemake.output.json, snakemake.output.csv, snakemake.output.page)
