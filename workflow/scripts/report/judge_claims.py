"""Judge every claim by its statistic; write the scorecard and a verdict on the controls."""

import importlib
import json

from tonotopy.config import read_schema
from tonotopy.evidence.claims import check_figures, read_claims
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, judge, verdict_text, write_scorecard
from tonotopy.files import replacing
from tonotopy.logs import to_log
from tonotopy.pages.scorecard import write_page

to_log(snakemake.log[0])
params, scale = snakemake.params, snakemake.wildcards.scale
bootstrap = Bootstrap(**json.loads(params.statistics), seed=params.seed)
entries = json.loads(params.instances)
keys = [(n, table) for n, entry in enumerate(entries) for table in entry["tables"]]
paths = dict(zip(keys, snakemake.input.tables, strict=True))
instances, embedded, figures = [], {}, {}
for n, entry in enumerate(entries):
    module = importlib.import_module(entry["statistics"])
    tables = {table: paths[n, table] for table in entry["tables"]}
    tables = module.Tables(tables, entry["settings"], bootstrap)
    one = Instance(entry["study"], entry["name"], tables, module.STATISTICS, entry["own"])
    instances.append(one)
    name = f"{entry['study']}/{entry['name']}"
    embedded[name], figures[name] = entry["embedded"], entry["figures"]
claims = dict(zip(params.claims, snakemake.input.claims, strict=True))
claims = read_claims(claims, read_schema(snakemake.input.schema))
check_figures(claims, params.figures)
rows = judge(claims, instances, params.known, scale)
write_scorecard(rows, snakemake.output.json, snakemake.output.csv)
with replacing(snakemake.output.verdict) as draft:
    draft.write_text(verdict_text(rows, embedded, params.notes))
about = (params.titles, embedded, figures, params.notes)
write_page(snakemake.output.page, rows, scale, *about)
