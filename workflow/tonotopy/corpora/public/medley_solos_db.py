"""Medley-solos-DB: short solos of eight instruments, cut from songs."""

from tonotopy.corpora.public.declaration import PublicCorpus, Task
from tonotopy.corpora.remote import Remote

INSTRUMENTS = ["clarinet", "guitar", "singing", "flute", "piano", "saxophone", "trumpet", "violin"]
RECORD = "https://zenodo.org/record/3464194/files"


def _column(name: str) -> dict:
    return {
        "from": "csv",
        "file": "**/Medley-solos-DB_metadata.csv",
        "match": r"([0-9a-f-]{36})$",
        "key": "uuid4",
        "column": name,
    }


MEDLEY_SOLOS_DB = PublicCorpus(
    name="medley_solos_db",
    title="Medley-solos-DB 1.2",
    citation="V. Lostanlen et al., Medley-solos-DB, 2019, doi:10.5281/zenodo.3464194",
    licence="CC BY 4.0 as published; the MedleyDB recordings in it are CC BY-NC-SA 4.0",
    keep="cache only; neither audio nor renderings of it are shipped",
    remotes=(
        Remote(
            file="Medley-solos-DB.tar.gz",
            urls=(f"{RECORD}/Medley-solos-DB.tar.gz?download=1",),
            checksum="md5:f5facf398793ef5c1f80c013afdf3e5f",
            approximate_bytes=7_900_000_000,
            unpack="tar",
        ),
        Remote(
            file="Medley-solos-DB_metadata.csv",
            urls=(f"{RECORD}/Medley-solos-DB_metadata.csv?download=1",),
            checksum="md5:fda6a589c56785f2195c9227809c521a",
            approximate_bytes=3_000_000,
        ),
    ),
    unpacked_bytes=11_300_000_000,
    tasks={
        # the numbers of the file names: the guitar is distorted, the saxophone a tenor, the singer
        # female
        "instrument": Task(
            label={"from": "name", "pattern": r"_(?:training|validation|test)-(\d)_"},
            names={str(i): name for i, name in enumerate(INSTRUMENTS)},
            classes=8,
        )
    },
    group=_column("song_id"),
    split={
        "from": "name",
        "pattern": r"_(training|validation|test)-\d_",
        "values": {"train": ["training"], "validation": ["validation"], "test": ["test"]},
    },
    rate=44100,
    seconds=2.972,
    clips=None,
    verified="checksums, file names, csv columns; not: number of clips per split",
)
