"""Build a corpus from its entry in the configuration."""

from tonotopy.corpora.registry import build
from tonotopy.corpora.schema import Corpus
from tonotopy.logs import to_log

to_log(snakemake.log[0])
build(
    snakemake.output[0],
    snakemake.config["corpora"][snakemake.wildcards.corpus],
    snakemake.params.seed,
    snakemake.threads,
    dict(snakemake.params.places),
)
info = Corpus(snakemake.output[0]).info
report = info["report"]
print(f"{report['kept']} clips kept, {len(report['dropped'])} dropped")
if "wanted" in info:
    print(f"the table of this corpus has {info['wanted']} clips")
for row in report["dropped"]:
    print(f"dropped {row['clip']}: {row['reason']}")
for note in report["notes"]:
    print(f"note: {note}")
