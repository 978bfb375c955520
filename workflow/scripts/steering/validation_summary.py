"""Collect the planted AUROC of both worlds over seeds, and print each."""

from pathlib import Path

import pandas as pd
from sklearn.metrics import roc_auc_score

from tonotopy.files import read_table, write_table
from tonotopy.logs import to_log

to_log(snakemake.log[0])
rows = []
for path in map(Path, snakemake.input):
    matrix = read_table(path)
    auroc = roc_auc_score(matrix["planted"], matrix["estimate"])
    rows.append((path.parent.name, path.parents[2].name, auroc))
table = pd.DataFrame(rows, columns=["study", "scale", "auroc"])
print(table.to_string(index=False))
print(table.groupby("study")["auroc"].agg(["mean", "min"]).to_string())
write_table(snakemake.output[0], table)
