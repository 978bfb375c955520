"""Take a user's own module, or a network of transformers, into the workflow."""

import json

from tonotopy.logs import to_log
from tonotopy.networks.adoption import adopt
from tonotopy.networks.transformer_files import adopt_transformer

to_log(snakemake.log[0])
settings, folder = json.loads(snakemake.params.settings), snakemake.output.network
files, seconds = snakemake.input.get("files"), snakemake.resources.tried_ms / 1000
if "transformers" in settings:
    adopt_transformer(settings, settings.get("path") or files[0], folder, seconds)
else:
    adopt(settings, files[0] if files else None, folder, snakemake.params.seed, seconds)
