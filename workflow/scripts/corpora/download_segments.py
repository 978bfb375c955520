"""Fetch one of AudioSet's segment tables, checked."""

from pathlib import Path

from tonotopy.corpora.audioset.labels import SEGMENTS
from tonotopy.corpora.download import fetch_to
from tonotopy.logs import to_log

to_log(snakemake.log[0])
name = snakemake.wildcards.segments.removesuffix("_train")
fetch_to(SEGMENTS[name], Path(snakemake.output[0]), snakemake.config["mirror"])
