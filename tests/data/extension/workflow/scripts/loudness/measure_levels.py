"""Measure how loud every clip is, and how strongly the first layer of a network answers."""

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load
from tonotopy.studies.loudness.levels import level_table

to_log(snakemake.log[0])
table = level_table(load(snakemake.input.network), Corpus(snakemake.input.corpus))
write_table(snakemake.output[0], table)
