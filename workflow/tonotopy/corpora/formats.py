"""Kinds of sound files, by their suffixes; needs no library for sound."""

AUDIO_SUFFIXES = (
    *(".wav", ".flac", ".ogg", ".mp3", ".opus", ".aiff", ".aif"),
    *(".aifc", ".wave", ".oga", ".w64", ".rf64", ".caf", ".au", ".snd"),
)
SUFFIXES = {"audio": AUDIO_SUFFIXES, "pcvc": (".mat",)}  # of the kinds of folders
# sound, or video with sound, that is not read
OTHER_AUDIO_SUFFIXES = (
    *(".m4a", ".m4b", ".mp4", ".m4v", ".aac", ".wma", ".ape", ".wv", ".tta", ".mpc", ".alac"),
    *(".ac3", ".dts", ".amr", ".3gp", ".spx", ".mp2", ".mpa", ".ra", ".dsf", ".dff", ".shn"),
    *(".mka", ".mkv", ".webm", ".mov", ".avi", ".mpg", ".mpeg", ".flv", ".wmv", ".ogv"),
)
