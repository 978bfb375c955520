"""What the rules of study 1 read: functions of a job's wildcards and the configuration."""

from tonotopy import places
from tonotopy.networks.inputs import baselines, known_answer_tables
from tonotopy.studies.hierarchy.families import families

COPIES = ("trained", "untrained")
PROBING = ("ks", "folds", "second", "inverse_penalty", "shuffles")


def _entry(wildcards, config: dict) -> dict:
    return config["hierarchy"][wildcards.instance]


def probed_copies(wildcards, config: dict) -> list[str]:
    """Return the copies of a network whose layers are probed, "trained" first."""
    return ["trained", *baselines(wildcards.network, config)]


def probed_networks(wildcards, config: dict) -> list[str]:
    """Return the folders of these copies."""
    return [
        places.network(wildcards.scale, wildcards.network, copy)
        for copy in probed_copies(wildcards, config)
    ]


def task_corpus(wildcards, config: dict) -> str:
    """Return the folder of a task's corpus."""
    return places.corpus(
        wildcards.scale, _entry(wildcards, config)["tasks"][wildcards.task]["corpus"]
    )


def task_corpora(wildcards, config: dict) -> list[str]:
    """Return the folders of the corpora of all tasks, in the order of the tasks."""
    tasks = _entry(wildcards, config)["tasks"].values()
    return [places.corpus(wildcards.scale, task["corpus"]) for task in tasks]


def task_names(wildcards, config: dict) -> list[str]:
    """Return the names of all tasks."""
    return list(_entry(wildcards, config)["tasks"])


def kept_groups(wildcards, config: dict) -> list[bool]:
    """Return whether the paper's folds keep groups together, per task."""
    tasks = _entry(wildcards, config)["tasks"].values()
    return [task.get("keep_groups", False) for task in tasks]


def fold_kinds(wildcards, config: dict) -> list[str]:
    """Return the kinds of folds that are asked for."""
    return _entry(wildcards, config)["folds"]


def probe_settings(wildcards, config: dict) -> dict:
    """Return how the layers are probed on a task: the entry's own keys and the task's."""
    entry = _entry(wildcards, config)
    shared = {key: entry[key] for key in PROBING}
    return {**shared, "keep_groups": entry["tasks"][wildcards.task].get("keep_groups", False)}


def correct_tables(wildcards, config: dict) -> list[str]:
    """Return the tables of probed layers, of every network and task."""
    entry = _entry(wildcards, config)
    return [
        places.table(wildcards.scale, "hierarchy", wildcards.instance, f"correct/{network}.{task}")
        for network in entry["networks"]
        for task in entry["tasks"]
    ]


def network_families(wildcards, config: dict) -> dict[str, str]:
    """Return which of the thesis's networks each network is."""
    return families(_entry(wildcards, config), config)


def task_levels(wildcards, config: dict) -> dict[str, str]:
    """Return the level of each task."""
    return {name: task["level"] for name, task in _entry(wildcards, config)["tasks"].items()}


def known_answers(wildcards, config: dict) -> list[str]:
    """Return the tables of what the published ones among the networks hear in known recordings."""
    return known_answer_tables(_entry(wildcards, config)["networks"], wildcards.scale, config)


def tagged_copies(wildcards, config: dict) -> list[tuple[str, str]]:
    """Return (network, copy) of what is compared on tagging, in the order of its inputs."""
    return [(name, copy) for name in _entry(wildcards, config)["networks"] for copy in COPIES]


def tagged_names(wildcards, config: dict) -> list[str]:
    """Return the network of each input of the tagging table."""
    return [name for name, _ in tagged_copies(wildcards, config)]


def tagged_kinds(wildcards, config: dict) -> list[str]:
    """Return the copy ("trained" or "untrained") of each input of the tagging table."""
    return [copy for _, copy in tagged_copies(wildcards, config)]


def tagging_networks(wildcards, config: dict) -> list[str]:
    """Return the folders of all networks and of their untrained copies."""
    return [
        places.network(wildcards.scale, name, copy)
        for name, copy in tagged_copies(wildcards, config)
    ]


def tagging_corpus(wildcards, config: dict) -> str:
    """Return the folder of the corpus that the networks were trained to tag."""
    return places.corpus(wildcards.scale, _entry(wildcards, config)["tagging"])
