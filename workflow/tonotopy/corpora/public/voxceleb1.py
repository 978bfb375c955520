"""VoxCeleb1: celebrities' voices; the user has to ask its authors for it."""

from tonotopy.corpora.public.declaration import PublicCorpus, Task

VOXCELEB1 = PublicCorpus(
    name="voxceleb1",
    title="VoxCeleb1",
    citation="A. Nagrani et al., VoxCeleb: a large-scale speaker identification dataset, 2017",
    licence="CC BY 4.0 claimed (unverified); voices of persons, from YouTube",
    keep="the user's own copy, asked for at https://mm.kaist.ac.kr/datasets/voxceleb/; never "
    "shipped",
    tasks={
        "speaker": Task(label={"from": "name", "pattern": r"(id\d+)/[^/]+/[^/]+$"}, classes=1251)
    },
    group={"from": "name", "pattern": r"(id\d+/[^/]+)/[^/]+$"},
    # lines of `1|2|3 speaker/video/number.wav`, put beside the folders of the speakers
    split={
        "from": "lines",
        "file": "iden_split.txt",
        "match": r"(id\d+/[^/]+/[^/]+)$",
        "values": {"train": ["1"], "validation": ["2"], "test": ["3"]},
    },
    rate=16000,
    seconds=5.0,
    clips=153_516,
    verified="counts, layout, split file; nothing is downloaded",
)
