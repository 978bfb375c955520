"""Build the front page: what the run found, and what it was made with."""

import json
from importlib import import_module
from pathlib import Path

from tonotopy.files import read_json, read_table
from tonotopy.logs import to_log
from tonotopy.pages import html, methods
from tonotopy.pages.front import page

to_log(snakemake.log[0])
params, inputs = snakemake.params, snakemake.input
about = {
    "scale": snakemake.wildcards.scale,
    "seed": params.seed,
    "project": methods.project(inputs.citation),
    "versions": methods.versions(inputs.requirements),
    "statistics": json.loads(params.statistics),
    "time": methods.measured(params.benchmarks),
    "notes": params.notes,
}
corpora = [methods.corpus(folder) for folder in inputs.corpora]
networks = [methods.network(folder) for folder in inputs.networks]
rows, studies = read_json(inputs.scorecard), json.loads(params.studies)
tables = iter(inputs.overviews)
for one in [one for study in studies for one in study["instances"] if one.get("overview")]:
    module, sources = one["overview"]["module"], one["overview"]["sources"]
    one["overview"] = import_module(module).overview({n: read_table(next(tables)) for n in sources})
folder = Path(snakemake.output[0]).parent
html.write(snakemake.output[0], page(rows, studies, about, corpora, networks, folder))
