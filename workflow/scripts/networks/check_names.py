"""Check that the entries of a run name classes that their corpora have, before any training."""

import json

from tonotopy.files import read_json, write_json
from tonotopy.instances import check_class_names
from tonotopy.logs import to_log

to_log(snakemake.log[0])
corpora = zip(snakemake.params.corpora, snakemake.input, strict=True)
classes = {name: read_json(f"{path}/corpus.json")["classes"] for name, path in corpora}
check_class_names(json.loads(snakemake.params.names), classes)
write_json(snakemake.output[0], classes)
