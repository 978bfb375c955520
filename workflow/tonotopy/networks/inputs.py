"""What the rules of networks read: functions of a job's wildcards and the configuration."""

from pathlib import Path

from tonotopy import places
from tonotopy.networks.published import INITIAL, PUBLISHED
from tonotopy.provenance import code_hash


def settings(wildcards, config: dict) -> dict:
    """Return a network's entry."""
    return config["networks"][wildcards.network]


def with_key(config: dict, key: str) -> list[str]:
    """Return the networks whose entry has a key."""
    return [name for name, entry in config["networks"].items() if key in entry]


def initial_weights(wildcards, config: dict) -> list[str]:
    """Return the published weights that a training starts from, if its settings name any."""
    name = settings(wildcards, config).get("initial_weights")
    return [places.weights(INITIAL[name].file)] if name else []


def published_weights(wildcards, config: dict) -> str:
    """Return the file of a published network's weights."""
    return places.weights(PUBLISHED[settings(wildcards, config)["published"]].remote.file)


def own_weights(wildcards, config: dict) -> list[str]:
    """Return the file of the weights of a user's own network, if there is one."""
    path = settings(wildcards, config).get("weights")
    return [path] if path else []


def own_source(wildcards, config: dict) -> str:
    """Return a hash of the module of a user's own network, so that an edit makes it anew."""
    name = settings(wildcards, config)["module"].partition(":")[0].replace(".", "/")
    candidates = (Path(f"{name}.py"), Path(name) / "__init__.py")
    path = next((path for path in candidates if path.is_file()), None)
    return code_hash(path) if path else ""


def training_corpus(wildcards, config: dict) -> str:
    """Return the folder of the corpus that a network is trained on."""
    return places.corpus(wildcards.scale, settings(wildcards, config)["corpus"])


def training_settings(wildcards, config: dict) -> dict:
    """Return the network's entry without what only the tuning reads, and what changes nothing."""
    entry = settings(wildcards, config)
    training = {k: v for k, v in entry["training"].items() if k != "devices"}
    return {**{k: v for k, v in entry.items() if k != "tuning"}, "training": training}


def devices(wildcards, config: dict) -> int:
    """Return how many devices share the batches of a network's training."""
    return settings(wildcards, config)["training"].get("devices", 1)


def teacher(wildcards, config: dict) -> list[str]:
    """Return the folder of the network that another learns from, if its training names one."""
    name = settings(wildcards, config)["training"].get("teacher")
    return [places.network(wildcards.scale, name)] if name else []
