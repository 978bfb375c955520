"""Free Spoken Digit Dataset: ten English digits by six speakers, 3000 recordings."""

from tonotopy.corpora.public import PublicCorpus
from tonotopy.corpora.remote import Remote

FREE_SPOKEN_DIGITS = PublicCorpus(
    name="free_spoken_digits",
    citation="Z. Jackson et al., Free Spoken Digit Dataset v1.0.10, doi:10.5281/zenodo.1342401",
    licence="CC BY-SA 4.0",
    remotes=(
        Remote(
            file="free-spoken-digit-dataset-1.0.10.zip",
            url=(
                "https://github.com/Jakobovski/free-spoken-digit-dataset"
                "/archive/refs/tags/v1.0.10.zip"
            ),
            # tag archives are packed anew, so their bytes vary: every recording is checked instead
            members="free-spoken-digit-dataset-1.0.10.sha256",
        ),
    ),
    root="recordings",
    tasks={
        "digit": {"from": "name", "pattern": r"^(\d)_"},
        "speaker": {"from": "name", "pattern": r"_([a-z]+)_"},
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
)
