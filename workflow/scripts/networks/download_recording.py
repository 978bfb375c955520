"""Fetch a recording of which it is known what is heard, checked."""

from pathlib import Path

from tonotopy.corpora.download import fetch_to
from tonotopy.logs import to_log
from tonotopy.networks.recordings import RECORDINGS

to_log(snakemake.log[0])
remotes = {recording.remote.name: recording.remote for recording in RECORDINGS.values()}
remote = remotes[snakemake.wildcards.recording]
fetch_to(remote, Path(snakemake.output[0]), snakemake.config["mirror"])
