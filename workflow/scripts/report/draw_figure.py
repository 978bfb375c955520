"""Draw one figure from its tables."""

import importlib
import json

from tonotopy.drawing.style import provenance_note, read_source, save_figure
from tonotopy.logs import to_log

to_log(snakemake.log[0])
settings = snakemake.params
module = importlib.import_module(settings.module)
sources = dict(read_source(path) for path in snakemake.input)
about = {**json.loads(settings.settings), **json.loads(settings.statistics), **settings.options}
figure = module.draw(sources, about)
names = snakemake.wildcards
caption = f"{settings.caption} {provenance_note(names.scale, names.study, settings.embedded)}"
save_figure(figure, names.figure, caption, snakemake.output.svg, snakemake.output.png)
