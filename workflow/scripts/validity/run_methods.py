"""Let every method of an instance score attribute values and classes."""

import json

from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.validity.loading import load_bench
from tonotopy.studies.validity.running import run_methods

to_log(snakemake.log[0])
use_threads(snakemake.threads)
settings = {
    **json.loads(snakemake.params.settings),
    "seed": snakemake.params.seed,
    "workers": snakemake.threads,
}
names = ("network", "untrained", "classes", "concepts", "activations", "vectors", "scores", "twins")
paths = {name: snakemake.input[name] for name in names}
paths["parts"] = next(iter(snakemake.input.parts), None)
bench = load_bench(paths, settings, snakemake.params.accelerator)
matrices, methods = run_methods(settings["methods"], bench)
write_table(snakemake.output.matrices, matrices)
write_table(snakemake.output.methods, methods)
