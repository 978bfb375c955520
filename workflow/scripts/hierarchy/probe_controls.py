"""Probe networks whose profile is known, and look for groups in two folds."""

from pathlib import Path

import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.files import write_table
from tonotopy.logs import to_log
from tonotopy.probes.folds import folds
from tonotopy.studies.hierarchy.controls import control_table
from tonotopy.studies.hierarchy.summaries import clip_table, split_groups

to_log(snakemake.log[0])
params = snakemake.params
corpora = dict(zip(params.tasks, map(Corpus, snakemake.input.corpora), strict=True))
rows = []
for (task, corpus), keep in zip(corpora.items(), params.keep_groups, strict=True):
    for kind in params.folds:
        fold_of = folds(corpus.labels, corpus.groups, kind, seed=params.seed, keep_groups=keep)
        groups = {"groups": len(set(corpus.groups))}
        groups["split_groups"] = split_groups(fold_of, corpus.groups)
        rows.append({"task": task, "folds": kind, **groups})
write_table(snakemake.output.clips, clip_table(corpora))
write_table(snakemake.output.folds, pd.DataFrame(rows))
task, corpus = min(corpora.items(), key=lambda item: item[1].samples.shape[1] * len(item[1]))
table = control_table(corpus, task, params.seed, Path(params.vectors))
write_table(snakemake.output.controls, table)
