"""FSD50K: sound events with several labels, which include the labels' ancestors."""

from tonotopy.corpora.public.declaration import PublicCorpus, Task
from tonotopy.corpora.remote import Remote

RECORD = "https://zenodo.org/record/4060432/files"
GIB = 2**30
PARTS = (
    ("dev_audio.zip", "c480d119b8f7a7e32fdb58f3ea4d6c5a", 2 * GIB),
    ("dev_audio.z01", "faa7cf4cc076fc34a44a479a5ed862a3", 3 * GIB),
    ("dev_audio.z02", "8f9b66153e68571164fb1315d00bc7bc", 3 * GIB),
    ("dev_audio.z03", "1196ef47d267a993d30fa98af54b7159", 3 * GIB),
    ("dev_audio.z04", "d088ac4e11ba53daf9f7574c11cccac9", 3 * GIB),
    ("dev_audio.z05", "81356521aa159accd3c35de22da28c7f", 3 * GIB),
    ("eval_audio.zip", "6fa47636c3a3ad5c7dfeba99f2637982", 3 * GIB),
    ("eval_audio.z01", "3090670eaeecc013ca1ff84fe4442aeb", 3 * GIB),
)
TABLES = (
    ("ground_truth.zip", "ca27382c195e37d2269c4c866dd73485", GIB // 500),
    ("metadata.zip", "b9ea0c829a411c1d42adb9da539ed237", GIB // 100),
)


def _remote(name: str, md5: str, size: int, unpack: str) -> Remote:
    return Remote(
        file=f"FSD50K.{name}",
        urls=(f"{RECORD}/FSD50K.{name}?download=1",),
        checksum=f"md5:{md5}",
        approximate_bytes=size,
        unpack=unpack,
    )


def _truth(column: str) -> dict:
    files = ["FSD50K.ground_truth/dev.csv", "FSD50K.ground_truth/eval.csv"]
    return {"from": "csv", "file": files, "key": "fname", "column": column}


FSD50K = PublicCorpus(
    name="fsd50k",
    title="FSD50K 1.0",
    citation="E. Fonseca et al., FSD50K: an Open Dataset of Human-Labeled Sound Events, 2022, "
    "doi:10.5281/zenodo.4060432",
    licence="each clip has its own: CC0, CC BY, CC BY-NC or Sampling+ (licences.csv)",
    keep="cache only; a clip may be shown only after a look at its own licence",
    remotes=tuple(_remote(*part, "parts") for part in PARTS)
    + tuple(_remote(*table, "zip") for table in TABLES),
    unpacked_bytes=34_000_000_000,
    tasks={"events": Task(label=_truth("labels"), tags=",", classes=200)},
    # the development table has a column with train and val, the evaluation table has none
    split={
        "from": "csv",
        "file": "FSD50K.ground_truth/dev.csv",
        "key": "fname",
        "column": "split",
        "values": {"train": ["train"], "validation": ["val"]},
        "rest": "test",
    },
    clip_licence={
        "from": "json",
        "file": "FSD50K.metadata/*_clips_info_FSD50K.json",
        "column": "license",
    },
    rate=44100,
    seconds=10.0,
    clips=51_197,
    verified="checksums, counts, csv columns; not: sizes of the volumes",
)
