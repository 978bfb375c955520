"""Take a user's own torch module and its weights into the workflow."""

import json

from tonotopy.logs import to_log
from tonotopy.networks.adoption import adopt

to_log(snakemake.log[0])
weights = snakemake.input.get("weights")
adopt(
    json.loads(snakemake.params.settings),
    weights[0] if weights else None,
    snakemake.output.network,
    snakemake.params.seed,
)
