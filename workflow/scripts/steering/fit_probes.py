"""Probe every layer for the concepts: scores, vectors, and how well they agree."""

import json

from safetensors.numpy import save_file

from tonotopy.corpora.schema import Corpus
from tonotopy.files import replacing, write_table
from tonotopy.logs import to_log
from tonotopy.studies.steering.probing import ProbeOptions, probe_study, read_tokens

to_log(snakemake.log[0])
concepts, classes = Corpus(snakemake.input.concepts), Corpus(snakemake.input.classes)
result = probe_study(
    read_tokens(snakemake.input.trained, concepts),
    read_tokens(snakemake.input.untrained, concepts),
    read_tokens(snakemake.input.class_tokens, classes, "validation"),
    ProbeOptions(**json.loads(snakemake.params.probes)),
    snakemake.params.seed,
    snakemake.threads,
)
for name in ("predictions", "scores", "agreement", "cosines"):
    write_table(snakemake.output[name], getattr(result, name))
with replacing(snakemake.output.vectors) as draft:
    save_file(result.vectors, draft, metadata={"concepts": json.dumps(concepts.classes)})
