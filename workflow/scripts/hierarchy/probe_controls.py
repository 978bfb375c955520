"""Probe networks whose profile is known, and look for groups in two folds."""

from pathlib import Path

import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.logs import to_log
from tonotopy.studies.hierarchy.controls import control_table
from tonotopy.studies.hierarchy.summaries import clip_table, fold_row

to_log(snakemake.log[0])
params = snakemake.params
corpora = dict(zip(params.tasks, map(Corpus, snakemake.input.corpora), strict=True))
rows = []
for (task, corpus), keep in zip(corpora.items(), params.keep_groups, strict=True):
    for kind in params.folds:
        options = {"seed": params.seed, "keep_groups": keep}
        rows.append({"task": task, "folds": kind, **fold_row(corpus, kind, **options)})
write_table(snakemake.output.clips, clip_table(corpora))
write_table(snakemake.output.folds, pd.DataFrame(rows))
task, corpus = min(corpora.items(), key=lambda item: item[1].samples.shape[1] * len(item[1]))
table = control_table(corpus, task, params.seed, Path(params.vectors))
write_table(snakemake.output.controls, table)
