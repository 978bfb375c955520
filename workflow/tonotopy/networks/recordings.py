"""Recordings of which everybody can tell what is heard: known answers for published networks.

They are librosa's example recordings (https://librosa.org/doc/latest/recordings.html). Nothing here
needs torch.
"""

from dataclasses import dataclass

from tonotopy import places
from tonotopy.corpora.remote import Remote

FOLDER = "librosa-audio"  # in a mirror and below data/downloads


@dataclass(frozen=True)
class Recording:
    """A recording and what a network must hear in it.

    Attributes:
        tag: the class of AudioSet that must be among the most probable.
        remote: its file.
        citation: who made it.
        licence: under which it is published.
    """

    tag: str
    remote: Remote
    citation: str
    licence: str

    @property
    def path(self) -> str:
        """Where it is kept."""
        return places.download(self.remote.file)


def _recording(tag: str, file: str, sha256: str, size: int, citation: str, licence: str):
    urls = (f"https://librosa.org/data/audio/{file}",)
    remote = Remote(f"{FOLDER}/{file}", urls, f"sha256:{sha256}", bytes=size)
    return Recording(tag, remote, citation, licence)


RECORDINGS = {
    "violin": _recording(
        "Violin, fiddle",
        "Hungarian_Dance_number_5_-_Allegro_in_F_sharp_minor_(string_orchestra).ogg",
        "919b48aa4cc66a0357d2cd5728664c5ab8f15c4b3469460df4b59470d35d3e49",
        242_853,
        "J. Brahms, Hungarian Dance No. 5, US Army Strings (Musopen)",
        "public domain",
    ),
    "trumpet": _recording(
        "Trumpet",
        "sorohanro_-_solo-trumpet-06.ogg",
        "8374466fd3951d24509da6e799b132a0db0bdeda69d99c69d989a6888d3d727d",
        27_019,
        "M. Sorohan, Jazz Trumpet Loops (freesound.org/s/77711)",
        "CC BY 3.0",
    ),
    "bird": _recording(
        "Bird",
        "456440__inspectorj__bird-whistling-robin-single-13.ogg",
        "57c2b861d028e25d7c086b48853f20eda1ae9a7a33e1125a1f3bec91539b4208",
        15_629,
        "InspectorJ, Bird Whistling, Robin, Single, 13 (freesound.org/s/456440)",
        "CC BY 3.0",
    ),
}
TOP_TAGS = 10  # of 527 that the right one must be among: chance 2 %
# what a sound may be called where texts are compared, the right names among them
CALLED = (
    *("violin", "trumpet", "bird", "piano", "guitar", "flute", "saxophone", "clarinet", "organ"),
    *("drum", "singing", "speech", "laughter", "dog", "cat", "rain", "wind", "engine", "siren"),
    "applause",
)
TOP_CALLED = 3  # of these: chance 15 %, for all three recordings .3 %
PROMPT = "this is the sound of {}"  # as in msclap's examples
