"""Write an untrained copy of a network: the baseline that any architecture gives for free."""

from tonotopy.logs import to_log
from tonotopy.networks.bundle import load, save, untrained

to_log(snakemake.log[0])
copy = untrained(load(snakemake.input.network), snakemake.params.seed)
save(snakemake.output.network, copy.network, copy.front_end, copy.info)
