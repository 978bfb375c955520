"""Where everything lies: every convention of folders and file names, once.

Names may be wildcards of Snakemake's (``"{scale}"``), so that rules and their readers agree.
"""


def corpus(scale: str, name: str) -> str:
    """Return the folder of a corpus."""
    return f"data/corpora/{scale}/{name}"


def kept_folders(scale: str) -> list[str]:
    """Return the folders of a scale whose outputs are folders that are kept."""
    return [corpus(scale, "").rstrip("/"), network(scale, "").rstrip("/")]


def file_hashes(name: str) -> str:
    """Return the file that hashes of a user's own files are kept in between runs."""
    return f"data/hashes/{name}.json"


DOWNLOADS = "data/downloads"


def download(name: str) -> str:
    """Return the file or folder of a download."""
    return f"{DOWNLOADS}/{name}"


def weights(file: str) -> str:
    """Return the file of downloaded weights."""
    return download(f"weights/{file}")


def audioset(scale: str, name: str) -> str:
    """Return the file of a table about AudioSet's clips."""
    return f"data/audioset/{scale}/{name}.csv"


def network(scale: str, name: str, copy: str = "trained") -> str:
    """Return the folder of a network.

    Args:
        scale: of the run.
        name: of the network.
        copy: "trained" (as it is), "untrained" for its copy with random weights, or "start" for
            the published weights that its training started from.
    """
    suffix = "" if copy == "trained" else f"-{copy}"
    return f"results/{scale}/networks/{name}{suffix}"


def known_answers(scale: str, network: str) -> str:
    """Return the table of what a published network makes of recordings that it must know."""
    return f"results/{scale}/known_answers/{network}.parquet"


def history(scale: str, network: str) -> str:
    """Return the table of a training's epochs."""
    return f"results/{scale}/training/{network}.csv"


def trials(scale: str, network: str) -> str:
    """Return the table of a tuning's trials."""
    return f"results/{scale}/tuning/{network}.csv"


def checkpoints(scale: str, network: str) -> str:
    """Return the folder that a training goes on from; it outlives a failed job."""
    return f"results/{scale}/checkpoints/{network}"


def tensorboard(scale: str, network: str) -> str:
    """Return the folder of a training's curves for TensorBoard."""
    return f"results/{scale}/logs/tensorboard/{network}"


def names(scale: str) -> str:
    """Return the file that says that all classes named by the configuration are there."""
    return f"results/{scale}/names.json"


def activations(scale: str, *parts: str) -> str:
    """Return a folder below that of all activations, the only place where they are kept."""
    return f"results/{scale}/activations/{'/'.join(parts)}"


def table(scale: str, study: str, instance: str, name: str, suffix: str = "parquet") -> str:
    """Return a file of an instance's results."""
    return f"results/{scale}/{study}/{instance}/{name}.{suffix}"


def subspaces(scale: str, study: str, instance: str) -> str:
    """Return the folder of an instance's subspaces."""
    return f"results/{scale}/{study}/{instance}/subspaces"


def transfer(scale: str, study: str, instance: str, task: str, network: str, run: str) -> str:
    """Return the folder of the networks that one of an instance's became by learning a task."""
    return f"results/{scale}/{study}/{instance}/transfers/{task}/{network}-{run}"


def exhibits(scale: str, study: str, instance: str) -> str:
    """Return the folder of what an instance found of clips, to be heard."""
    return f"results/{scale}/{study}/{instance}/exhibits"


def heard(scale: str, name: str, *parts: str) -> str:
    """Return the folder of what is shown of a user's own sound, or a file or folder in it."""
    return "/".join((f"results/{scale}/heard/{name}", *parts))


EXHIBITS = "exhibits.json"  # in that folder


def players(study: str, instance: str) -> str:
    """Return the name of an instance's page in the listening room."""
    return f"{study}-{instance}.html"


def figure(scale: str, study: str, instance: str, name: str, suffix: str) -> str:
    """Return the file of a figure."""
    return f"results/{scale}/figures/{study}/{instance}/{name}.{suffix}"


def result(scale: str, file: str) -> str:
    """Return a file that a run leaves for people: scorecard, verdict, report."""
    return f"results/{scale}/{file}"


def log(*parts: str, scale: str = "{scale}") -> str:
    """Return the file of a rule's log."""
    return f"results/{scale}/logs/{'/'.join(parts)}.log"


def shared_log(*parts: str) -> str:
    """Return the file of the log of a rule that serves all scales."""
    return f"results/logs/{'/'.join(parts)}.log"


def benchmark(*parts: str) -> str:
    """Return the file of a rule's benchmark."""
    return f"results/{{scale}}/benchmarks/{'/'.join(parts)}.tsv"


def seeded(scale: str, seed: int) -> str:
    """Return the scale that is another with a seed of its own."""
    return f"{scale}-seed{seed}"
