"""Speech Commands v2: 35 words by many speakers, with the official lists as splits."""

from tonotopy.corpora.public.declaration import PublicCorpus, Task
from tonotopy.corpora.remote import Remote

WORDS = (
    *("backward", "bed", "bird", "cat", "dog", "down", "eight"),
    *("five", "follow", "forward", "four", "go", "happy", "house"),
    *("learn", "left", "marvin", "nine", "no", "off", "on"),
    *("one", "right", "seven", "sheila", "six", "stop", "three"),
    *("tree", "two", "up", "visual", "wow", "yes", "zero"),
)
FILE = "speech_commands_v0.02.tar.gz"

SPEECH_COMMANDS = PublicCorpus(
    name="speech_commands",
    title="Speech Commands v2",
    citation="P. Warden, Speech Commands: A Dataset for Limited-Vocabulary Speech "
    "Recognition, 2018",
    licence="CC BY 4.0",
    keep="cache; short excerpts may be shown with attribution",
    remotes=(
        Remote(
            file=FILE,
            urls=(
                f"http://download.tensorflow.org/data/{FILE}",
                f"https://storage.googleapis.com/download.tensorflow.org/data/{FILE}",
            ),
            checksum="sha256:af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
            bytes=2_428_923_189,
            unpack="tar",
        ),
    ),
    unpacked_bytes=3_400_000_000,
    # the folder _background_noise_ is no word
    tasks={"keyword": Task(label={"from": "folder"}, names={w: w for w in WORDS}, classes=35)},
    group={"from": "name", "pattern": r"([0-9a-f]+)_nohash_"},
    split={
        "from": "lists",
        "lists": {"validation": "validation_list.txt", "test": "testing_list.txt"},
        "rest": "train",
    },
    rate=16000,
    seconds=1.0,
    clips=105_829,
    verified="checksum, size, words, lists; not: number of clips per split",
)
