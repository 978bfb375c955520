"""What clips that are made here are like where an entry does not say."""

RATE = 16000  # Hz, of one sound or a mixture of several
WORLD_RATE = 22500  # Hz, of music in which causes are planted
WORLD_SECONDS = 3.0
