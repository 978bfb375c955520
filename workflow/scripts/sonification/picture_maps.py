"""Picture sonifications: of chosen maps and clips, and of maps while the network learned."""

import json

from tonotopy.collecting import Tables, of_network
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import ears
from tonotopy.files import read_table, write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.studies.sonification.picturing import evolution_tables, picture_table, views

to_log(snakemake.log[0])
use_threads(snakemake.threads)
params, settings = snakemake.params, json.loads(snakemake.params.settings)
corpus, evolution = Corpus(snakemake.input.heard), settings["evolution"]
favourites, selected = (read_table(snakemake.input[name]) for name in ("favourites", "selected"))
tables = Tables()
for (_, run, folder), ear in zip(
    params.columns, ears(params.columns, settings["layers"], params.accelerator), strict=True
):
    if run:
        continue  # pictures are of the first training of each kind
    own = of_network(favourites, ear)
    seen = views(ear, corpus, own, of_network(selected, ear), settings["shown"], params.seed)
    tables.add("pictures", picture_table(ear, corpus, seen))
    if evolution and "snapshots" in ear.bundle.info:
        numbers, pictures = evolution_tables(ear, folder, corpus, own, evolution, params.seed)
        tables.add("evolution", numbers)
        tables.add("pictures", pictures)
for name, path in snakemake.output.items():
    write_table(path, tables.table(name))
