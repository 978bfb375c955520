"""Fetch and unpack a public corpus."""

from tonotopy.corpora.registry import download
from tonotopy.logs import to_log

to_log(snakemake.log[0])
download(snakemake.wildcards.source, snakemake.output[0], snakemake.config["mirror"])
