"""LibriCount: mixtures of zero to ten speakers."""

from tonotopy.corpora.public.declaration import PublicCorpus, Task
from tonotopy.corpora.remote import Remote

LIBRICOUNT = PublicCorpus(
    name="libricount",
    title="LibriCount10-0dB",
    citation="F.-R. Stoeter et al., LibriCount, a dataset for speaker count estimation, 2018, "
    "doi:10.5281/zenodo.1216072",
    licence="CC BY 4.0 (unverified), derived from LibriSpeech",
    keep="cache only",
    remotes=(
        Remote(
            file="LibriCount10-0dB.zip",
            urls=("https://zenodo.org/record/1216072/files/LibriCount10-0dB.zip?download=1",),
            checksum="md5:30c8f844dc59fa65d216d53db9dc37e2",
            approximate_bytes=900_000_000,
            unpack="zip",
        ),
    ),
    unpacked_bytes=930_000_000,
    # the count is read from the name and classes are in the order of numbers: a published parquet
    # copy counts 0, 1, 10, 2
    tasks={"speakers": Task(label={"from": "name", "pattern": r"(?:^|/)(\d+)_[^/]*$"}, classes=11)},
    rate=16000,
    seconds=5.0,
    clips=None,
    verified="checksum, file names; no official split is published; not: number of clips",
)
