"""Write the pages of a user's own files."""

import json

from tonotopy.listening.writing import write_pages
from tonotopy.logs import to_log

to_log(snakemake.log[0])
params, given = snakemake.params, snakemake.input
bad = write_pages(
    snakemake.output.words,
    given.whole,
    given.parts,
    params.networks,
    params.title,
    json.loads(params.settings),
)
print(f"{bad} bad file(s)", flush=True)
