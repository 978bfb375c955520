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


VALID = _part("valid", "87e94a00a19b6dbc99cf6d4c0c0cae87", 1_100_000_000)
TEST = _part("test", "5e6f8719bf7e16ad0a00d518b78af77d", 350_000_000)
# all three parts have 25,233,566,634 bytes
TRAIN = _part("train", "fde6665a93865503ba598b9fac388660", 23_780_000_000)


def _tasks(families: int) -> dict[str, Task]:
    return {
        # pitches 21 to 108 are those of a piano; the octave is ignored
        "note": Task(
            label=_facts("pitch"),
            names={str(pitch): PITCH_CLASSES[pitch % 12] for pitch in range(21, 109)},
            classes=12,
        ),
        "family": Task(label=_facts("instrument_family_str"), classes=families),
    }


NSYNTH = PublicCorpus(
    name="nsynth",
    title="NSynth (its validation and test notes)",
    citation="J. Engel et al., Neural Audio Synthesis of Musical Notes, ICML 2017",
    licence="CC BY 4.0",
    keep="cache; short excerpts may be shown with attribution",
    # 16,774 notes are plenty for 150 of each pitch class
    remotes=(VALID, TEST),
    unpacked_bytes=2_200_000_000,
    tasks=_tasks(families=10),
    # validation and test notes are of the same 53 instruments: splits are drawn by instrument anew
    group=_facts("instrument_str"),
    rate=16000,
    seconds=4.0,
    clips=16_774,
    versions={
        # with the training notes: 953 instruments more, and an eleventh family, synth_lead
        "whole": {
            "title": "NSynth",
            "remotes": (TRAIN, VALID, TEST),
            "unpacked_bytes": 39_300_000_000,  # 128 kB a note
            "tasks": _tasks(families=11),
            "clips": 305_979,
        },
    },
    verified="checksums, counts; not: sizes of the parts, that file names equal the notes' names",
)
