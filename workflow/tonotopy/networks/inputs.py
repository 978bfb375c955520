"""What the rules of networks read: functions of a job's wildcards and the configuration."""

from collections.abc import Iterable
from pathlib import Path

from tonotopy import places
from tonotopy.networks.published import INITIAL, PUBLISHED
from tonotopy.networks.transformer_kinds import WANTED, snapshot_name
from tonotopy.provenance import own_hash

SNAPSHOTS = "transformers"  # folder of their files among the downloads


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


def starting(config: dict) -> list[str]:
    """Return the networks whose training starts from published weights."""
    return [name for name, entry in config["networks"].items() if entry.get("initial_weights")]


def baselines(name: str, config: dict) -> list[str]:
    """Return the copies that a network is compared with, see `places.network`.

    "untrained" has random weights; "start" the published ones that the training started from, where
    it did.
    """
    return ["untrained", *(["start"] if name in starting(config) else [])]


def published_weights(wildcards, config: dict) -> str:
    """Return the file of a published network's weights."""
    return places.weights(PUBLISHED[settings(wildcards, config)["published"]].remote.file)


def known_answer_tables(names: Iterable[str], scale: str, config: dict) -> list[str]:
    """Return the tables of what the published ones among some networks hear in known recordings."""
    published = set(with_key(config, "published"))
    return [places.known_answers(scale, name) for name in names if name in published]


def text_files(wildcards, config: dict) -> list[str]:
    """Return weights and vocabulary of a published network's text encoder, if it has one."""
    declared = PUBLISHED[settings(wildcards, config)["published"]]
    if declared.vocabulary is None:
        return []
    return [places.weights(declared.remote.file), places.weights(declared.vocabulary.file)]


def adopted(config: dict) -> list[str]:
    """Return the networks that others made: users' own modules and networks of transformers."""
    return [*with_key(config, "module"), *with_key(config, "transformers")]


def adopted_files(wildcards, config: dict) -> list[str]:
    """Return the files of a network that others made, if it has any.

    What is not there is left out here, and told when a run begins, see `early.check_network`: a run
    may be planned before or elsewhere.
    """
    entry = settings(wildcards, config)
    if "transformers" in entry:
        return transformer_files(entry)
    path = entry.get("weights")
    return [path] if path and Path(path).exists() else []


def transformer_files(entry: dict) -> list[str]:
    """Return the files of a network of transformers, or the folder that they are fetched into."""
    if entry.get("path"):
        return sorted(str(p) for end in WANTED for p in Path(entry["path"]).glob(end))
    return [places.download(f"{SNAPSHOTS}/{snapshot_name(entry)}")]


def snapshots(config: dict) -> dict[str, dict]:
    """Return the networks that are fetched from the hub of transformers, by folder."""
    entries = (config["networks"][name] for name in with_key(config, "transformers"))
    return {snapshot_name(entry): entry for entry in entries if not entry.get("path")}


def snapshot(wildcards, config: dict) -> dict:
    """Return name and revision of a network on the hub."""
    entry = snapshots(config)[wildcards.snapshot]
    return {key: entry[key] for key in ("transformers", "revision")}


def own_source(wildcards, config: dict) -> str:
    """Return a hash of the module of a user's own network, so that an edit makes it anew."""
    module = settings(wildcards, config).get("module")
    return own_hash(module) if module else ""


def untrained_source(wildcards, config: dict) -> str:
    """Return the same of what makes the untrained copy of a user's own network, if it is named."""
    factory = settings(wildcards, config).get("untrained")
    return own_hash(factory) if factory else ""


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
