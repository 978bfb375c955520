"""What the rules of study 6 read: functions of a job's wildcards and the configuration."""

from functools import partial

from tonotopy import entries, places
from tonotopy.entries import trainings
from tonotopy.studies.partials.study import STUDIED, kinds_of, role_of

STUDY = "partials"


def _entry(wildcards, config: dict) -> dict:
    return config[STUDY][wildcards.instance]


setting = partial(entries.setting, STUDY)
columns = partial(entries.columns, STUDY)
networks = partial(entries.folders, STUDY)


def known(wildcards, config: dict) -> dict[str, dict]:
    """Return what is looked at of each network: its role, and kinds of directions."""
    entry = _entry(wildcards, config)
    return {
        kind: {"role": role_of(kind, entry), "kinds": kinds_of(kind, entry)}
        for kind in entry["networks"]
    }


def heard(wildcards, config: dict) -> str:
    """Return the folder of the corpus that directions and clusters are fitted to."""
    return places.corpus(wildcards.scale, _entry(wildcards, config)["heard"])


def contexts(wildcards, config: dict) -> str:
    """Return the folder of the corpus of natural sound."""
    return places.corpus(wildcards.scale, _entry(wildcards, config)["contexts"]["corpus"])


def coded_columns(wildcards, config: dict) -> list[list]:
    """Return the columns of the networks whose codes are read."""
    kinds = _entry(wildcards, config)["codes"]["networks"]
    return [column for column in columns(wildcards, config) if column[0] in kinds]


def coded(wildcards, config: dict) -> list[str]:
    """Return the folders of the networks whose codes are read, in the order of `coded_columns`."""
    return [folder for _, _, folder in coded_columns(wildcards, config)]


def own_corpora(wildcards, config: dict) -> list[str]:
    """Return the folders of the corpora that the networks whose codes are read have learned."""
    entry = _entry(wildcards, config)
    names = [
        config["networks"][name].get("corpus")
        for kind, _, name in trainings(entry)
        if kind in entry["codes"]["networks"]
    ]
    return [places.corpus(wildcards.scale, name) for name in dict.fromkeys(filter(None, names))]


def codes(wildcards, config: dict) -> list[str]:
    """Return the table of codes, where there is one."""
    entry = _entry(wildcards, config)
    made = [places.table(wildcards.scale, STUDY, wildcards.instance, "codes")]
    return made if entry.get("codes") else []


def listened(scale: str, instance: str, config: dict) -> list[dict]:
    """Return by what the instance shows what it knows of an excerpt, see `excerpts.Known`.

    Networks whose answer is known beforehand are left out.
    """
    entry = config[STUDY][instance]
    return [
        {
            "name": name,
            "network": kind,
            "run": run,
            "paths": {"directions": places.table(scale, STUDY, instance, "directions")},
            "settings": {"layers": entry.get("layers"), "tones": entry["tones"]},
        }
        for kind, run, name in trainings(entry)
        if role_of(kind, entry) == STUDIED
    ]
