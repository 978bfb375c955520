"""Check that the entries of a run name classes that their corpora have, before any training."""

import json

from tonotopy.files import read_json, write_json
from tonotopy.instances import check_class_clips, check_class_names
from tonotopy.logs import to_log

to_log(snakemake.log[0])
names = json.loads(snakemake.params.names)
files = zip(snakemake.params.corpora, snakemake.input, strict=True)
corpora = {name: read_json(f"{path}/corpus.json") for name, path in files}
classes = {name: about["classes"] for name, about in corpora.items()}
check_class_names(names, classes)
counts = {name: about["counts"] for name, about in corpora.items()}
check_class_clips(
    names, counts, {name: about["report"]["notes"] for name, about in corpora.items()}
)
write_json(snakemake.output[0], classes)
