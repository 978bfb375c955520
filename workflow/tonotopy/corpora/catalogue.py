"""The public corpora by name; light enough to be read while the workflow is planned."""

from tonotopy.corpora.public.fma_small import FMA_SMALL
from tonotopy.corpora.public.free_spoken_digits import FREE_SPOKEN_DIGITS
from tonotopy.corpora.public.fsd50k import FSD50K
from tonotopy.corpora.public.gtzan import GTZAN
from tonotopy.corpora.public.libricount import LIBRICOUNT
from tonotopy.corpora.public.medley_solos_db import MEDLEY_SOLOS_DB
from tonotopy.corpora.public.nsynth import NSYNTH
from tonotopy.corpora.public.pcvc import PCVC
from tonotopy.corpora.public.speech_commands import SPEECH_COMMANDS
from tonotopy.corpora.public.voxceleb1 import VOXCELEB1

PUBLIC = {
    corpus.name: corpus
    for corpus in (
        NSYNTH,
        MEDLEY_SOLOS_DB,
        GTZAN,
        SPEECH_COMMANDS,
        LIBRICOUNT,
        FSD50K,
        FMA_SMALL,
        FREE_SPOKEN_DIGITS,
        VOXCELEB1,
        PCVC,
    )
}
# every download by the name of its folder: versions of a corpus may have their own
DOWNLOADS = {
    corpus.source(version): corpus.version(version)
    for corpus in PUBLIC.values()
    for version in (None, *corpus.versions)
    if corpus.remotes
}
# makers that make their sound here; pictures of `digits`, which are none, come with scikit-learn
EMBEDDED = ("planted_music", "planted_twins", "embedded", "digits")


def is_embedded(maker: str) -> bool:
    """Return whether the corpora of a maker are sound that the workflow makes itself."""
    return maker in EMBEDDED
