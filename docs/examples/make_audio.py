"""Write recordings as people have them: music in a folder per genre, instruments with a table.

python docs/examples/make_audio.py data/example
"""

import sys
import tempfile
from pathlib import Path

import pandas as pd
import soundfile

from tonotopy.corpora.embedded import planted
from tonotopy.corpora.embedded.music import MusicWorld
from tonotopy.corpora.schema import Corpus

CAUSES = {"classical": "violin", "jazz": "saxophone", "rock": "guitar", "metal": "guitar"}
WORLD = MusicWorld(CAUSES, seconds=2.0, rate=16000)
CLIPS = {"genre": 400, "instrument": 210}


def write(task: str, folder: Path) -> pd.DataFrame:
    """Write a task's clips as wav files; return their names and labels."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        planted.build(f"{scratch}/{task}", task, {"train": CLIPS[task]}, WORLD, seed=1, workers=2)
        corpus = Corpus(f"{scratch}/{task}")
        for position, label in enumerate(corpus.labels):
            word, clip = corpus.classes[label], f"{position:03d}.wav"
            name = f"{word}/{clip}" if task == "genre" else clip
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / name, corpus.waveforms([position])[0], corpus.rate)
            rows.append({"file": name, "label": word})
    return pd.DataFrame(rows)


root = Path(sys.argv[1])
write("genre", root / "music")
write("instrument", root / "instruments").to_csv(root / "instruments.csv", index=False)
print(f"{root}: {sum(CLIPS.values())} recordings")
