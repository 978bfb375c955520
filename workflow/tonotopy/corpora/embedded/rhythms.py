"""Drum patterns of the planted world: one bar of 4/4 each."""

KICK, SIDESTICK, SNARE, CLAP = 36, 37, 38, 39
CLOSED_HAT, PEDAL_HAT, OPEN_HAT, CRASH, RIDE = 42, 44, 46, 49, 51
TAMBOURINE, LOW_CONGA, CABASA, CLAVES = 54, 64, 69, 75

EIGHTHS = tuple(i / 2 for i in range(8))
SIXTEENTHS = tuple(i / 4 for i in range(16))
OFFBEATS = (0.5, 1.5, 2.5, 3.5)
SHUFFLE = tuple(beat + part for beat in range(4) for part in (0, 2 / 3))
BACKBEAT = (1, 3)

# rhythm -> voices; a voice is (General MIDI drum, onsets in beats from the bar line, velocity)
RHYTHMS = {
    "blues": ((KICK, (0, 2), 100), (SNARE, BACKBEAT, 90), (RIDE, SHUFFLE, 115)),
    "country": ((KICK, (0, 2), 95), (SIDESTICK, SIXTEENTHS, 100), (SNARE, OFFBEATS, 90)),
    "disco": ((KICK, (0, 1, 2, 3), 115), (OPEN_HAT, OFFBEATS, 115), (CLAP, BACKBEAT, 95)),
    "hiphop": ((KICK, (0, 0.75, 2.5), 120), (SNARE, (2,), 115), (CLAVES, (0.5, 1.25, 3, 3.5), 115)),
    "metal": ((KICK, SIXTEENTHS, 115), (CRASH, (0, 1, 2, 3), 105), (SNARE, BACKBEAT, 110)),
    "pop": ((KICK, (0, 2, 2.5), 100), (CLAP, BACKBEAT, 105), (TAMBOURINE, EIGHTHS, 110)),
    "reggae": ((KICK, (2,), 115), (LOW_CONGA, (0.5, 1, 1.5, 3, 3.5), 115), (CABASA, EIGHTHS, 115)),
}
