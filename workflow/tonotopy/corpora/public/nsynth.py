"""NSynth: single notes of electronic and acoustic instruments."""

from tonotopy.corpora.public.declaration import PublicCorpus, Task
from tonotopy.corpora.remote import Remote

PITCH_CLASSES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
SITE = "http://download.magenta.tensorflow.org/datasets/nsynth"
SECOND = "https://storage.googleapis.com/magentadata/datasets/nsynth"


def _part(name: str, md5: str, size: int) -> Remote:
    file = f"nsynth-{name}.jsonwav.tar.gz"
    return Remote(
        file=file,
        urls=(f"{SITE}/{file}", f"{SECOND}/{file}"),
        checksum=f"md5:{md5}",
        approximate_bytes=size,
        unpack="tar",
    )


def _facts(column: str) -> dict:
    return {"from": "json", "file": "**/examples.json", "column": column}


NSYNTH = PublicCorpus(
    name="nsynth",
    title="NSynth (its validation and test notes)",
    citation="J. Engel et al., Neural Audio Synthesis of Musical Notes, ICML 2017",
    licence="CC BY 4.0",
    keep="cache; short excerpts may be shown with attribution",
    # 16,774 notes are plenty for 150 of each pitch class; the 289,205 training notes (24 GB) can be
    # put beside them in a folder that is named by `path`
    remotes=(
        _part("valid", "87e94a00a19b6dbc99cf6d4c0c0cae87", 1_100_000_000),
        _part("test", "5e6f8719bf7e16ad0a00d518b78af77d", 350_000_000),
    ),
    unpacked_bytes=2_200_000_000,
    tasks={
        # pitches 21 to 108 are those of a piano; the octave is ignored
        "note": Task(
            label=_facts("pitch"),
            names={str(pitch): PITCH_CLASSES[pitch % 12] for pitch in range(21, 109)},
            classes=12,
        ),
        "family": Task(label=_facts("instrument_family_str"), classes=10),
    },
    # the two published parts have the same 53 instruments, so splits are drawn by instrument anew
    group=_facts("instrument_str"),
    rate=16000,
    seconds=4.0,
    clips=16_774,
    verified="checksums, counts; not: sizes of the parts, that file names equal the notes' names",
)
