"""Tell how the controls came out; fail the run if one did not pass, unless told to warn."""

import json
from pathlib import Path

from tonotopy.evidence.scorecard import control_verdict, sound_notes
from tonotopy.files import read_json, replacing
from tonotopy.logs import to_log

to_log(snakemake.log[0])
scorecard = Path(snakemake.input.scorecard)
page = scorecard.with_name("scorecard.html")
verdict = control_verdict(read_json(scorecard), snakemake.params.controls, page)
notes = sound_notes(json.loads(snakemake.params.embedded))
text = "\n".join([verdict, *notes, *snakemake.params.notes])
print(text)
with replacing(snakemake.output[0]) as draft:
    draft.write_text(text + "\n")
