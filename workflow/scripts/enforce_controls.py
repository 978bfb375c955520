"""Tell how the controls came out; fail the run if one did not pass, unless told to warn."""

from pathlib import Path

from tonotopy.evidence.scorecard import control_verdict
from tonotopy.files import read_json
from tonotopy.logs import to_log

to_log(snakemake.log[0])
text = control_verdict(read_json(snakemake.input.scorecard), snakemake.params.controls)
print(text)
Path(snakemake.output[0]).write_text(text + "\n")
