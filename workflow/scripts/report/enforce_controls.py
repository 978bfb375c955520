"""Fail the run if a control failed, unless told to warn; else hand its last words on."""

from pathlib import Path

from tonotopy.evidence.scorecard import control_verdict
from tonotopy.files import read_json, replacing
from tonotopy.logs import to_log

to_log(snakemake.log[0])
page = Path(snakemake.input.scorecard).with_name("scorecard.html")
control_verdict(read_json(snakemake.input.scorecard), snakemake.params.controls, page)
text = Path(snakemake.input.verdict).read_text()
print(text, end="")
with replacing(snakemake.output[0]) as draft:
    draft.write_text(text)
