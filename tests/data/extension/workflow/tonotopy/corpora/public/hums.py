"""A corpus for the tests: hums of three pitches."""

from tonotopy.corpora.public.declaration import PublicCorpus, Task

HUMS = PublicCorpus(
    name="hums",
    title="Hums",
    citation="the tests",
    licence="MIT",
    keep="the user's own copy",
    tasks={"pitch": Task(label={"from": "folder"}, classes=3)},
    rate=8000,
    seconds=0.5,
    clips=120,
    verified="nothing",
)
