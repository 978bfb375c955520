"""Fetch published weights, checked before anything opens them."""

from pathlib import Path

from tonotopy.corpora.download import fetch_to
from tonotopy.logs import to_log
from tonotopy.networks.published import REMOTES

to_log(snakemake.log[0])
path = Path(snakemake.output[0])
fetch_to(REMOTES[path.name], path, snakemake.config["mirror"])
