"""Collect the planted AUROC of both worlds over seeds, and print each."""

import pandas as pd
from sklearn.metrics import roc_auc_score

from tonotopy.files import read_table, write_table
from tonotopy.logs import to_log

to_log(snakemake.log[0])
params, rows = snakemake.params, []
for instance, scale, path in zip(params.instances, params.scales, snakemake.input, strict=True):
    matrix = read_table(path)
    rows.append((instance, scale, roc_auc_score(matrix["planted"], matrix["estimate"])))
table = pd.DataFrame(rows, columns=["instance", "scale", "auroc"])
print(table.to_string(index=False))
print(table.groupby("instance")["auroc"].agg(["mean", "min"]).to_string())
write_table(snakemake.output[0], table)
