"""What studies that compare networks read of their entries: the names that these have there."""

from collections.abc import Callable, Iterator

from tonotopy import places
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
