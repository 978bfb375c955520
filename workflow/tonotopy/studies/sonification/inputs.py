"""What the rules of study 4 read: functions of a job's wildcards and the configuration."""

from functools import partial
from pathlib import Path

from tonotopy import entries, places
from tonotopy.entries import first_network, trainings
from tonotopy.studies.sonification.study import UNTRAINED, heard_corpus, learned_corpus

STUDY = "sonification"


def _entry(wildcards, config: dict) -> dict:
    return config[STUDY][wildcards.instance]


setting = partial(entries.setting, STUDY)


def columns(wildcards, config: dict) -> list[list]:
    """Return network, run and folder of every network, see `hearing.Column`; the untrained last."""
    first = first_network(_entry(wildcards, config))
    untrained = places.network(wildcards.scale, first, "untrained")
    return [*entries.columns(STUDY, wildcards, config), [UNTRAINED, 0, untrained]]


def networks(wildcards, config: dict) -> list[str]:
    """Return the folders of all networks, in the order of `columns`."""
    return [folder for _, _, folder in columns(wildcards, config)]


def heard(wildcards, config: dict) -> str:
    """Return the folder of the corpus whose test clips are sonified."""
    return places.corpus(wildcards.scale, heard_corpus(_entry(wildcards, config), config))


def learned(wildcards, config: dict) -> str:
    """Return the folder of the corpus whose training clips choose the map of each class."""
    return places.corpus(wildcards.scale, learned_corpus(_entry(wildcards, config), config))


def own_corpora(wildcards, config: dict) -> list[str]:
    """Return the folders of the corpora that the networks have learned by labels."""
    names = [
        config["networks"][name].get("corpus")
        for _, _, name in trainings(_entry(wildcards, config))
    ]
    return [places.corpus(wildcards.scale, name) for name in dict.fromkeys(filter(None, names))]


def _transferred(wildcards, config: dict) -> list:
    """Return column and run of the network that a job transfers."""
    chosen = (wildcards.taught, int(wildcards.run))
    return next(c for c in columns(wildcards, config) if (c[0], c[1]) == chosen)


def transferred(wildcards, config: dict) -> str:
    """Return the folder of the network that is taught a task."""
    return _transferred(wildcards, config)[2]


def transfer_checkpoints(wildcards, config: dict) -> str:
    """Return the folder that a transfer goes on from, named after its network."""
    name = Path(transferred(wildcards, config)).name.removesuffix("-untrained")
    job = f"{name}-{wildcards.instance}-{wildcards.task}-{wildcards.taught}-{wildcards.run}"
    return places.checkpoints(wildcards.scale, job)


def task(wildcards, config: dict) -> dict:
    """Return how a task is taught."""
    return _entry(wildcards, config)["transfers"][wildcards.task]


def task_corpus(wildcards, config: dict) -> str:
    """Return the folder of the corpus of a task."""
    return places.corpus(wildcards.scale, task(wildcards, config)["corpus"])


def transfer_tables(wildcards, config: dict) -> list[str]:
    """Return the scores of every network and task."""
    return [
        places.table(wildcards.scale, STUDY, wildcards.instance, f"transfer-{task}-{kind}-{run}")
        for task in _entry(wildcards, config)["transfers"]
        for kind, run, _ in columns(wildcards, config)
    ]


def answering(wildcards, config: dict) -> list[str]:
    """Return the folders of the transfers whose classifiers answer, in the order of `columns`."""
    name = _entry(wildcards, config)["answers"]
    return [
        places.transfer(wildcards.scale, STUDY, wildcards.instance, name, kind, str(run))
        for kind, run, _ in columns(wildcards, config)
    ]


def listened(scale: str, instance: str, config: dict) -> list[dict]:
    """Return by what the instance shows what it knows of an excerpt, see `excerpts.Known`."""
    entry = config[STUDY][instance]
    return [
        {
            "name": name,
            "network": kind,
            "run": run,
            "paths": {"selected": places.table(scale, STUDY, instance, "selected")},
            "settings": {"layers": entry.get("layers")},
        }
        for kind, run, name in trainings(entry)
    ]
