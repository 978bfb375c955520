"""Probe every layer for the concepts: scores, vectors, and how well they agree."""

import json

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.logs import to_log
from tonotopy.studies.steering.plans import write_vectors
from tonotopy.studies.steering.probing import ProbeOptions, probe_study, read_activations

to_log(snakemake.log[0])
concepts, classes = Corpus(snakemake.input.concepts), Corpus(snakemake.input.classes)
starts = [read_activations(path, concepts) for path in snakemake.input.get("start", [])]
result = probe_study(
    read_activations(snakemake.input.trained, concepts),
    read_activations(snakemake.input.untrained, concepts),
    read_activations(snakemake.input.class_activations, classes, "validation"),
    ProbeOptions(**json.loads(snakemake.params.probes)),
    snakemake.params.seed,
    snakemake.threads,
    *starts,
)
for name in ("predictions", "scores", "clips", "agreement", "cosines"):
    write_table(snakemake.output[name], getattr(result, name))
about = {
    "network": snakemake.input.network,
    "corpus": {key: concepts.info[key] for key in ("name", "content_sha256")},
    "view": snakemake.params.view,
    "seed": snakemake.params.seed,
}
write_vectors(snakemake.output.vectors, result.vectors, concepts.classes, about)
