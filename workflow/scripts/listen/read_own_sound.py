"""Decode a user's own files; those that cannot be used are told and stop nothing."""

import json

from tonotopy.listening.reading import read_sounds
from tonotopy.logs import to_log

to_log(snakemake.log[0])
params, output = snakemake.params, snakemake.output
files, settings = json.loads(params.files), json.loads(params.settings)
bad = read_sounds(output.sounds, output.whole, files, settings["seconds"])
print(f"{len(files)} file(s) read, {bad} bad", flush=True)
