"""Ask a published network what is heard in recordings of which that is known."""

from tonotopy.files import write_table
from tonotopy.inference import use_threads
from tonotopy.logs import to_log
from tonotopy.networks.bundle import load
from tonotopy.networks.published import PUBLISHED
from tonotopy.networks.recognition import caption_encoder, recognise
from tonotopy.networks.recordings import RECORDINGS

to_log(snakemake.log[0])
use_threads(snakemake.threads)
bundle = load(snakemake.input.network)
declared = PUBLISHED[bundle.info["published"]["name"]]
texts = None
if snakemake.input.get("texts"):
    projection = declared.arguments["projection"]
    texts = caption_encoder(*snakemake.input.texts, projection, declared.text)
recordings = dict(zip(RECORDINGS, snakemake.input.recordings, strict=True))
table = recognise(bundle, recordings, texts).assign(network=snakemake.wildcards.network)
print(table.to_string(index=False))
write_table(snakemake.output[0], table)
