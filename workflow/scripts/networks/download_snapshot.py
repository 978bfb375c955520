"""Fetch a network of transformers from the hub: its weights as safetensors, and its settings."""

import json
from pathlib import Path

from tonotopy.logs import to_log
from tonotopy.networks.transformer_files import fetch

to_log(snakemake.log[0])
entry = json.loads(snakemake.params.entry)
fetch(entry, Path(snakemake.output[0]), snakemake.config["mirror"])
