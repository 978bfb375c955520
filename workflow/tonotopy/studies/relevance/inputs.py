"""What the rules of study 3 read: functions of a job's wildcards and the configuration."""

from tonotopy import places
from tonotopy.networks.inputs import training_settings
from tonotopy.studies.relevance.study import explained_corpus, learned_corpus, renders


def _entry(wildcards, config: dict) -> dict:
    return config["relevance"][wildcards.instance]


def setting(*keys: str):
    """Return a function that gives keys of the instance's entry, null where they are absent."""
    return lambda wildcards, config: {key: _entry(wildcards, config).get(key) for key in keys}


def network(wildcards, config: dict) -> str:
    """Return the folder of the network that is explained."""
    return places.network(wildcards.scale, _entry(wildcards, config)["network"])


def untrained(wildcards, config: dict) -> str:
    """Return the folder of its copy with random weights."""
    return places.network(wildcards.scale, _entry(wildcards, config)["network"], "untrained")


def explained(wildcards, config: dict) -> str:
    """Return the folder of the corpus whose test clips are explained."""
    return places.corpus(wildcards.scale, explained_corpus(_entry(wildcards, config), config))


def learned(wildcards, config: dict) -> str:
    """Return the folder of the corpus whose training clips subspaces are fitted to."""
    return places.corpus(wildcards.scale, learned_corpus(_entry(wildcards, config), config))


def subspaces(wildcards, config: dict) -> str:
    """Return the folder of the instance's subspaces."""
    return places.subspaces(wildcards.scale, "relevance", wildcards.instance)


def explaining(wildcards, config: dict) -> dict:
    """Return how a network is explained, see `explaining.subject`."""
    entry = _entry(wildcards, config)
    settings = {key: entry.get(key) for key in ("composite", "layers", "outputs")}
    return {**settings, "engine": entry.get("engine", "auto")}


def rendered_objects(wildcards, config: dict) -> list[str] | None:
    """Return the parts that exhibits show, none where the front end cannot be made sound of."""
    entry = _entry(wildcards, config)
    return entry.get("objects") if renders(entry, config) else None


def training(wildcards, config: dict) -> dict:
    """Return the settings of the network's training, for folds."""

    class Network:
        network = _entry(wildcards, config)["network"]

    return training_settings(Network, config)


def fold_checkpoints(wildcards, config: dict) -> str:
    """Return the folder that a fold's training goes on from."""
    name = _entry(wildcards, config)["network"]
    fold = f"{name}-{wildcards.instance}-{wildcards.by}-{wildcards.fold}"
    return places.checkpoints(wildcards.scale, fold)


def fold_tables(wildcards, config: dict) -> list[str]:
    """Return the predictions of every fold."""
    folds = _entry(wildcards, config)["folds"]
    return [
        places.table(wildcards.scale, "relevance", wildcards.instance, f"fold-{by}-{fold}")
        for by in folds["by"]
        for fold in range(folds["number"])
    ]


def listened(scale: str, instance: str, config: dict) -> list[dict]:
    """Return by what the instance shows what it knows of an excerpt, see `excerpts.Known`."""
    entry = config["relevance"][instance]
    corpus = places.corpus(scale, explained_corpus(entry, config))
    keys = ("composite", "layers", "outputs", "engine", "shown")
    return [
        {
            "name": entry["network"],
            "network": entry["network"],
            "run": 0,
            "paths": {
                "subspaces": places.subspaces(scale, "relevance", instance),
                "corpus": corpus,
            },
            "settings": {key: entry[key] for key in keys if key in entry},
        }
    ]
