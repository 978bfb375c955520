"""What the rules of study 5 read: functions of a job's wildcards and the configuration."""

from functools import partial

from tonotopy import entries, places
from tonotopy.entries import first_network
from tonotopy.studies.similarity.study import heard_corpus, unheard

STUDY = "similarity"


def _entry(wildcards, config: dict) -> dict:
    return config[STUDY][wildcards.instance]


setting = partial(entries.setting, STUDY)
columns = partial(entries.columns, STUDY)
networks = partial(entries.folders, STUDY)


def first(wildcards, config: dict) -> str:
    """Return the folder of the network whose input the known answers are made of."""
    return places.network(wildcards.scale, first_network(_entry(wildcards, config)))


def unheard_columns(wildcards, config: dict) -> list[list]:
    """Return name, run and folder of every network that learned no sound."""
    entry, scale = _entry(wildcards, config), wildcards.scale
    return [[kind, 0, places.network(scale, name)] for kind, name in unheard(entry).items()]


def unheard_networks(wildcards, config: dict) -> list[str]:
    """Return the folders of the networks that learned no sound, in order."""
    return [folder for _, _, folder in unheard_columns(wildcards, config)]


def heard(wildcards, config: dict) -> str:
    """Return the folder of the corpus whose test clips are heard."""
    return places.corpus(wildcards.scale, heard_corpus(_entry(wildcards, config), config))


def unheard_corpora(wildcards, config: dict) -> list[str]:
    """Return the folders of the corpora that these networks learned from, as far as known."""
    entry = _entry(wildcards, config)
    names = [config["networks"][name].get("corpus") for name in unheard(entry).values()]
    return [places.corpus(wildcards.scale, name) for name in dict.fromkeys(filter(None, names))]
