"""Kinds of sound files that are read; needs no library for sound."""

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
