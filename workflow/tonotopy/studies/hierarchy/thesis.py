"""What chapter 2 of the thesis prints of its corpora, and which layers it names."""

# makers of its corpora, see `corpora.catalogue`
MAKERS = {
    "note": "nsynth",
    "instrument": "medley_solos_db",
    "genre": "gtzan",
    "consonant": "pcvc",
    "keyword": "speech_commands",
    "speakers": "libricount",
}
# table 2.2: clips, classes, seconds
CORPORA = {
    "note": (1800, 12, "4"),
    "instrument": (965, 7, "3"),
    "genre": (1000, 10, "30, cut to 5"),
    "consonant": (1794, 23, "2"),
    "keyword": (1750, 35, "1"),
    "speakers": (1100, 11, "5"),
}
# relative depths of the named peaks (sections 2.2.3 and 2.3.3)
PEAKS = {
    "vggish": {"note": [0]},
    "clap": {"note": [0], "consonant": [2 / 6], "keyword": [3 / 6], "instrument": [1]},
    "mobilenet": {"note": [0], "consonant": [2 / 6], "keyword": [3 / 6], "instrument": [1]},
    "ast": {
        "note": [0],
        "consonant": [5 / 11],
        "keyword": [5 / 11],
        "instrument": [10 / 11, 1],
        "genre": [10 / 11, 1],
    },
}
