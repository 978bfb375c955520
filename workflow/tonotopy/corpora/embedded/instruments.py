"""Who plays in the planted world: instruments and their General MIDI programs; light to load."""

INSTRUMENTS = ("clarinet", "guitar", "singing", "flute", "piano", "saxophone", "trumpet", "violin")

# General MIDI programs (from 0). The sound font has two distorted guitars only: both sets use them.
SOUNDS = {
    "seen": {
        "clarinet": (71,),
        "guitar": (29, 30),
        "singing": (52, 53),
        "flute": (73,),
        "piano": (0, 1),
        "saxophone": (65, 66),
        "trumpet": (56,),
        "violin": (40,),
        "bass": (32, 33),
        "pad": (48, 89),
        "kit": (0, 8),
    },
    "unseen": {
        "clarinet": (71,),
        "guitar": (30, 29),
        "singing": (53, 85),
        "flute": (72, 73),
        "piano": (2, 3),
        "saxophone": (64, 67),
        "trumpet": (56, 59),
        "violin": (110,),
        "bass": (34, 35),
        "pad": (49, 50),
        "kit": (16, 32),
    },
}
TEMPI = (92, 138)  # beats per minute
