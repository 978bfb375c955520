"""What studies that compare networks read of their entries: the names that these have there."""

from collections.abc import Callable, Iterator

from tonotopy import places
from tonotopy.errors import InputError, nearest
from tonotopy.study import Config, Entry, Need


def trainings(entry: Entry) -> Iterator[tuple[str, int, str]]:
    """Yield what an instance calls its networks, the number of the training, and their names."""
    for kind, names in entry["networks"].items():
        for run, name in enumerate([names] if isinstance(names, str) else names):
            yield kind, run, name


def first_network(entry: Entry) -> str:
    """Return the network that an entry names first."""
    return next(trainings(entry))[2]


def network_needs(entry: Entry) -> list[Need]:
    """Return the networks that an entry names."""
    return [Need("networks", name, f"networks.{kind}") for kind, _, name in trainings(entry)]


def check_layer(key: str, layer: str, name: str, config: Config) -> None:
    """Refuse a layer that a network does not have, where its own entry names all that it has.

    Args:
        key: of the layer in the configuration.
        layer: its name.
        name: of the network.
        config: the configuration.

    Raises:
        InputError: naming key, network and the nearest layer.
    """
    known = config["networks"][name].get("layers")
    if isinstance(known, dict | list) and layer not in known:
        raise InputError(f"{key}: network '{name}' has no layer '{layer}'{nearest(layer, known)}")


def setting(study: str, *keys: str) -> Callable:
    """Return a function that gives keys of the instance's entry, null where they are absent."""

    def of_entry(wildcards, config: Config) -> dict:
        entry = config[study][wildcards.instance]
        return {key: entry.get(key) for key in keys}

    return of_entry


def columns(study: str, wildcards, config: Config) -> list[list]:
    """Return network, run and folder of every network of an instance, see `ears.Column`."""
    entry, scale = config[study][wildcards.instance], wildcards.scale
    return [[kind, run, places.network(scale, name)] for kind, run, name in trainings(entry)]


def folders(study: str, wildcards, config: Config) -> list[str]:
    """Return the folders of all networks of an instance, in the order of `columns`."""
    return [folder for _, _, folder in columns(study, wildcards, config)]
