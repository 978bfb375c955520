"""What the rules of study 7 read: functions of a job's wildcards and the configuration."""

from tonotopy import places
from tonotopy.provenance import own_hash
from tonotopy.studies.steering.study import class_corpus
from tonotopy.studies.validity.catalogue import modules

VALIDATION_SEEDS = (1, 2, 3, 4)  # beside the run's own
STEERED = {"outputs": None, "activation": "softmax", "read": None}  # and what absent ones mean


def entry(wildcards, config: dict) -> dict:
    """Return the instance's entry."""
    return config["validity"][wildcards.instance]


def steering_entry(wildcards, config: dict) -> dict:
    """Return the entry of the steering instance whose vectors are marked."""
    return config["steering"][entry(wildcards, config)["steering"]]


def network(copy: str = "trained"):
    """Return a function that gives the folder of the network, or of its untrained copy."""
    return lambda wildcards, config: places.network(
        wildcards.scale, entry(wildcards, config)["network"], copy
    )


def classes(wildcards, config: dict) -> str:
    """Return the folder of the corpus whose classes the network tells apart."""
    return places.corpus(wildcards.scale, class_corpus(steering_entry(wildcards, config), config))


def concepts(wildcards, config: dict) -> str:
    """Return the folder of the corpus whose classes are the attribute's values."""
    return places.corpus(wildcards.scale, steering_entry(wildcards, config)["concepts"])


def attributes(wildcards, config: dict) -> list[str]:
    """Return the attributes whose twins are heard, that of the methods first.

    Under another seed than the run's it is that one alone: no more is asked of the other seeds.
    """
    own = entry(wildcards, config)
    if wildcards.scale != config["scale"]:
        return [own["attribute"]]
    return sorted(own["twins"], key=lambda attribute: attribute != own["attribute"])


def all_twins(wildcards, config: dict) -> list[str]:
    """Return the folders of all corpora of twins, in the order of `attributes`."""
    names = entry(wildcards, config)["twins"]
    return [places.corpus(wildcards.scale, names[a]) for a in attributes(wildcards, config)]


def twins(wildcards, config: dict) -> str:
    """Return the folder of the twins of the attribute that methods are marked on."""
    own = entry(wildcards, config)
    return places.corpus(wildcards.scale, own["twins"][own["attribute"]])


def parts(wildcards, config: dict) -> list[str]:
    """Return the folder of twins whose stems are kept, if there is one."""
    name = entry(wildcards, config).get("parts")
    return [places.corpus(wildcards.scale, name)] if name else []


def steering_table(name: str, suffix: str = "parquet"):
    """Return a function that gives a file of the steering instance."""
    return lambda wildcards, config: places.table(
        wildcards.scale, "steering", entry(wildcards, config)["steering"], name, suffix
    )


def activations(wildcards, config: dict) -> str:
    """Return the folder of what the network's layers make of the concept corpus.

    It is apart from study 2's: the folder is temporary, and were it shared, a method that is
    added would have it made again, and all of study 2 after it.
    """
    steered = steering_entry(wildcards, config)
    view = steered.get("read") or "default"
    return places.activations(
        wildcards.scale, steered["network"], f"{steered['concepts']}.apart.{view}"
    )


def answers(wildcards, config: dict) -> dict:
    """Return how the network's outputs and layers are read: as the steering instance does."""
    steered = steering_entry(wildcards, config)
    read = {key: steered.get(key, absent) for key, absent in STEERED.items()}
    return {**read, "patched": entry(wildcards, config)["patched"]}


def method_settings(wildcards, config: dict) -> dict:
    """Return what methods are told, see `bench.Bench`; of seed and threads the job knows."""
    own, steered = entry(wildcards, config), steering_entry(wildcards, config)
    return {
        **answers(wildcards, config),
        **{key: own[key] for key in ("attribute", "clips", "nulls", "methods")},
        **{key: steered[key] for key in ("strengths", "slope_range", "probes")},
    }


def own_methods(wildcards, config: dict) -> dict[str, str]:
    """Return the hash of each method of a user's own, so that an edit runs the methods again."""
    names = entry(wildcards, config)["methods"]
    return {name: own_hash(name) for name in names if ":" in name}


def method_modules(wildcards, config: dict) -> list[str]:
    """Return the import paths of the methods of the project's own."""
    return modules(entry(wildcards, config)["methods"])


def validated(config: dict) -> list[str]:
    """Return the instances of this study in a run."""
    names = [text.partition("/") for text in config["run"]]
    return [name for study, _, name in names if study == "validity"]


def validation_rows(wildcards, config: dict) -> list[dict[str, str]]:
    """Return instance, scale and steering instance of all that validation compares."""
    scales = [wildcards.scale, *(places.seeded(wildcards.scale, s) for s in VALIDATION_SEEDS)]
    return [
        {
            "instance": name,
            "scale": scale,
            "steering": config["validity"][name]["steering"],
        }
        for scale in scales
        for name in validated(config)
    ]


def validation_tables(name: str):
    """Return a function that gives a table of every row of validation, marks or mark_draws."""
    return lambda wildcards, config: [
        places.table(row["scale"], "validity", row["instance"], name)
        for row in validation_rows(wildcards, config)
    ]


def validation_slopes(wildcards, config: dict) -> list[str]:
    """Return the matrix of slopes of study 2 of every row of validation."""
    return [
        places.table(row["scale"], "steering", row["steering"], "slopes")
        for row in validation_rows(wildcards, config)
    ]
