"""Check that a steering study names what its corpora have, before anything is trained for it."""

import json

from tonotopy.files import read_json, write_json
from tonotopy.logs import to_log
from tonotopy.studies.steering.names import check_names

to_log(snakemake.log[0])
found = {
    name: read_json(f"{snakemake.input[name]}/corpus.json")["classes"]
    for name in ("concepts", "classes")
}
check_names(snakemake.wildcards.study, json.loads(snakemake.params.settings), **found)
write_json(snakemake.output[0], found)
