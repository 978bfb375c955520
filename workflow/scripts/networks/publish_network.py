"""Turn published weights into a network that the studies can read."""

import json

from tonotopy.logs import to_log
from tonotopy.networks.publishing import publish

to_log(snakemake.log[0])
settings = json.loads(snakemake.params.settings)
layers = settings.get("layers")
publish(settings["published"], snakemake.input.weights, snakemake.output.network, layers)
