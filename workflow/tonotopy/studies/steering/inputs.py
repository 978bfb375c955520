"""What the rules of study 2 read: functions of a job's wildcards and the configuration."""

from tonotopy import places
from tonotopy.networks.inputs import baselines
from tonotopy.studies.steering.study import class_corpus, every_sweep


def _entry(wildcards, config: dict) -> dict:
    return config["steering"][wildcards.instance]


def setting(key: str):
    """Return a function that gives a key of the instance's entry."""
    return lambda wildcards, config: _entry(wildcards, config)[key]


def settings(*keys: str):
    """Return a function that gives several keys of the instance's entry."""
    return lambda wildcards, config: {key: _entry(wildcards, config)[key] for key in keys}


def optional(key: str):
    """Return a function that gives a key of the instance's entry, None where it is absent."""
    return lambda wildcards, config: _entry(wildcards, config).get(key)


def activation(wildcards, config: dict) -> str:
    """Return what turns the network's outputs into probabilities: softmax or sigmoid."""
    return _entry(wildcards, config).get("activation", "softmax")


def network(wildcards, config: dict) -> str:
    """Return the folder of the network that is steered."""
    return places.network(wildcards.scale, _entry(wildcards, config)["network"])


def classes(wildcards, config: dict) -> str:
    """Return the folder of the corpus whose classes are steered."""
    return places.corpus(wildcards.scale, class_corpus(_entry(wildcards, config), config))


def concepts(wildcards, config: dict) -> str:
    """Return the folder of the corpus whose classes are the concepts."""
    return places.corpus(wildcards.scale, _entry(wildcards, config)["concepts"])


def unseen(wildcards, config: dict) -> list[str]:
    """Return the folder of the corpus that the network never heard, if there is one."""
    name = _entry(wildcards, config)["unseen"]
    return [places.corpus(wildcards.scale, name)] if name else []


def steered_corpus(wildcards, config: dict) -> str:
    """Return the folder of the corpus that a sweep steers."""
    if wildcards.sweep in ("unseen", "unseen_controls"):
        return unseen(wildcards, config)[0]
    return classes(wildcards, config)


def activations(corpus: str, part: str, copy: str = "trained"):
    """Return a function that gives the folder of activations.

    Args:
        corpus: "concepts" or "classes".
        part: "all" clips, or those of the split "validation".
        copy: "trained" or "untrained".
    """

    def path(wildcards, config: dict) -> str:
        entry = _entry(wildcards, config)
        name = entry["concepts"] if corpus == "concepts" else class_corpus(entry, config)
        suffix = "" if copy == "trained" else f"-{copy}"
        return places.activations(
            wildcards.scale,
            f"{entry['network']}{suffix}",
            f"{name}.{part}.{view(wildcards, config)}",
        )

    return path


def start_activations(wildcards, config: dict) -> list[str]:
    """Return the activations of the weights that training started from, if it had any."""
    copies = baselines(_entry(wildcards, config)["network"], config)
    read = activations("concepts", "all", "start")
    return [read(wildcards, config)] if "start" in copies else []


def view(wildcards, config: dict) -> str:
    """Return how all layers are read, "default" where each has a way of its own."""
    return _entry(wildcards, config).get("read") or "default"


def sweep_names(wildcards, config: dict) -> list[str]:
    """Return the sweeps of an instance; under another seed only the one behind its matrix."""
    own = wildcards.scale == config["scale"]
    return every_sweep(_entry(wildcards, config)) if own else ["test"]


def sweeps(wildcards, config: dict) -> list[str]:
    """Return the tables of all sweeps."""
    return [
        places.table(wildcards.scale, "steering", wildcards.instance, f"sweep-{name}")
        for name in sweep_names(wildcards, config)
    ]


def clips(wildcards, config: dict) -> int | None:
    """Return how many clips a sweep steers, None for all."""
    numbers = _entry(wildcards, config)["clips"]
    return numbers["controls" if wildcards.sweep == "unseen_controls" else wildcards.sweep]


def paired_concepts(wildcards, config: dict) -> list[str]:
    """Return the concepts of the pairs, sorted."""
    return sorted(pair["concept"] for pair in _entry(wildcards, config)["pairs"])


def listened(scale: str, instance: str, config: dict) -> list[dict]:
    """Return by what the instance shows what it knows of an excerpt, see `excerpts.Known`."""
    entry = config["steering"][instance]
    keys = ("strengths", "pairs", "outputs", "activation", "read")
    return [
        {
            "name": entry["network"],
            "network": entry["network"],
            "run": 0,
            "paths": {
                "vectors": places.table(scale, "steering", instance, "vectors", "safetensors"),
                "corpus": places.corpus(scale, class_corpus(entry, config)),
            },
            "settings": {key: entry[key] for key in keys if key in entry},
        }
    ]
