"""Draw one figure from its tables."""

import importlib
import json

from tonotopy.drawing.style import provenance_note, read_source, save_figure
from tonotopy.logs import to_log

to_log(snakemake.log[0])
settings, wildcards = json.loads(snakemake.params.figure), snakemake.wildcards
module = importlib.import_module(settings["module"])
paths = zip(settings["sources"], snakemake.input, strict=True)
sources = {name: read_source(path) for name, path in paths}
figure = module.draw(sources, {**settings["about"], **json.loads(snakemake.params.statistics)})
instance = f"{wildcards.study}/{wildcards.instance}"
note = provenance_note(wildcards.scale, instance, settings["embedded"])
caption = f"{snakemake.params.caption} {note}"
save_figure(figure, wildcards.figure, caption, snakemake.output.svg, snakemake.output.png)
