"""PCVC: Persian consonant-vowel syllables; only what its author gives freely."""

from tonotopy.corpora.public.declaration import PublicCorpus, Task

PCVC = PublicCorpus(
    name="pcvc",
    title="PCVC",
    citation="S. Malekzadeh et al., Persian Consonant Vowel Combination (PCVC), 2018",
    licence="contradictory: a GPL-3.0 file, and a note that all but one speaker are for sale",
    keep="the user's own copy (one speaker, S0001.mat, is free); never shipped",
    tasks={
        "consonant": Task(label={"from": "name", "pattern": r"/([A-Za-z]+)-[A-Za-z]+$"}, classes=23)
    },
    group={"from": "name", "pattern": r"(?:^|/)([^/]+)/[^/]+$"},
    store="pcvc",
    rate=48000,
    seconds=0.625,
    pad="both",
    clips=None,
    verified="layout of the free speaker's matrix; papers describe longer clips of ten speakers",
)
