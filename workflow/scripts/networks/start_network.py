"""Write a network as its training began: the published weights under a new head."""

from pathlib import Path

from tonotopy.logs import to_log
from tonotopy.networks.bundle import load, save
from tonotopy.networks.starts import start

to_log(snakemake.log[0])
copy = start(load(snakemake.input.network), Path(snakemake.input.weights[0]))
save(snakemake.output.network, copy.network, copy.front_end, copy.info)
