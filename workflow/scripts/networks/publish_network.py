"""Turn published weights into a network that the studies can read."""

from tonotopy.logs import to_log
from tonotopy.networks.publishing import publish

to_log(snakemake.log[0])
publish(snakemake.params.published, snakemake.input.weights, snakemake.output.network)
