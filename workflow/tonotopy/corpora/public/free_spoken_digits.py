"""Free Spoken Digit Dataset: ten English digits by six speakers, 3000 recordings."""

from tonotopy.corpora.public.declaration import PublicCorpus, Task
from tonotopy.corpora.remote import Remote

FREE_SPOKEN_DIGITS = PublicCorpus(
    name="free_spoken_digits",
    title="Free Spoken Digit Dataset 1.0.10",
    citation="Z. Jackson et al., Free Spoken Digit Dataset v1.0.10, doi:10.5281/zenodo.1342401",
    licence="CC BY-SA 4.0",
    keep="cache; excerpts may be shown with attribution, under the same licence",
    unpacked_bytes=26_000_000,
    remotes=(
        Remote(
            file="free-spoken-digit-dataset-1.0.10.zip",
            urls=(
                "https://github.com/Jakobovski/free-spoken-digit-dataset"
                "/archive/refs/tags/v1.0.10.zip",
            ),
            # tag archives are packed anew, so their bytes vary: every recording is checked instead
            members="free-spoken-digit-dataset-1.0.10.sha256",
            approximate_bytes=16_400_000,
            unpack="zip",
        ),
    ),
    root="recordings",
    tasks={
        "digit": Task(
            label={"from": "name", "pattern": r"^(\d)_"},
            classes=10,
            class_names=tuple("0123456789"),
        ),
        "speaker": Task(
            label={"from": "name", "pattern": r"_([a-z]+)_"},
            classes=6,
            class_names=("george", "jackson", "lucas", "nicolas", "theo", "yweweler"),
        ),
    },
    # official test set: recordings 0-4 of every digit and speaker; we validate on the next five
    split={
        "from": "name",
        "pattern": r"_(\d+)$",
        "values": {"test": ["0", "1", "2", "3", "4"], "validation": ["5", "6", "7", "8", "9"]},
        "rest": "train",
    },
    rate=8000,
    seconds=1.0,
    clips=3000,
    verified="every recording's checksum, counts, the official test set",
)
