"""Free Music Archive, small: eight genres, thousand clips each, as MP3."""

from tonotopy.corpora.public.declaration import PublicCorpus, Task
from tonotopy.corpora.remote import Remote

SITE = "https://os.unil.cloud.switch.ch/fma"


def _tracks(column: str) -> dict:
    # the table has two lines of column names, a third that names the index, and unpadded numbers
    return {
        "from": "csv",
        "file": "fma_metadata/tracks.csv",
        "header": 2,
        "match": r"0*(\d+)$",
        "column": column,
    }


FMA_SMALL = PublicCorpus(
    name="fma_small",
    title="FMA small",
    citation="M. Defferrard et al., FMA: A Dataset for Music Analysis, ISMIR 2017",
    licence="each track has its own Creative Commons licence (licences.csv); metadata CC BY 4.0",
    keep="cache only; some tracks allow neither derivatives nor commercial use",
    remotes=(
        Remote(
            file="fma_small.zip",
            urls=(f"{SITE}/fma_small.zip",),
            checksum="sha1:ade154f733639d52e35e32f5593efe5be76c6d70",
            approximate_bytes=7_731_000_000,
            unpack="zip",
        ),
        Remote(
            file="fma_metadata.zip",
            urls=(f"{SITE}/fma_metadata.zip",),
            checksum="sha1:f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
            approximate_bytes=359_000_000,
            unpack="zip",
        ),
    ),
    unpacked_bytes=9_500_000_000,
    tasks={"genre": Task(label=_tracks("track.genre_top"), classes=8)},
    group=_tracks("artist.id"),
    split={
        **_tracks("set.split"),
        "values": {"train": ["training"], "validation": ["validation"], "test": ["test"]},
    },
    faults=dict.fromkeys(("099134", "108925", "133297"), "the file holds no audio"),
    clip_licence=_tracks("track.license"),
    rate=44100,
    seconds=30.0,
    clips=8000,
    verified="checksums, counts, table columns, the three empty files; six more are under 30 s",
)
