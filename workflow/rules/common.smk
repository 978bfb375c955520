"""What all rules share: names of files, narrow parameters, the code's fingerprint."""

import re

from tonotopy.config import frozen
from tonotopy.provenance import code_hash

WORKFLOW = Path(workflow.basedir) / "workflow"
STUDIES = config["run"]["steering"]


wildcard_constraints:
    # mini-seed3 is mini with another seed: see world_validation
    scale=re.escape(config["scale"]) + r"(-seed\d+)?",
    corpus="|".join(config["corpora"]),
    study="|".join(config["steering"]),


def code(script, *modules):
    """Fingerprint of a rule's script and of the project code that it imports."""
    return code_hash(WORKFLOW / "scripts" / f"{script}.py", *modules)


def seed_of(wildcards):
    """The seed of a scale: the run's own, or the one in its name."""
    match = re.search(r"-seed(\d+)$", wildcards.scale)
    return int(match.group(1)) if match else config["seed"]


def gpus():
    """GPUs per job: counted where the run insists on them; profiles/slurm sets its own."""
    return int(config["accelerator"] == "gpu")


def half_of_the_cores(wildcards):
    """Threads of a job that is best run beside another of its kind."""
    return max(1, (workflow.cores or 8) // 2)


def study(wildcards):
    """The entry of a steering study in the configuration."""
    return config["steering"][wildcards.study]


def class_corpus(wildcards):
    """Name of the corpus that a study's network was trained on."""
    return config["networks"][study(wildcards)["network"]]["corpus"]


def corpus_folder(name):
    """Folder of a corpus, for input functions: ``name`` is a function of the wildcards."""
    return lambda wildcards: f"data/corpora/{wildcards.scale}/{name(wildcards)}"


def network_folder(wildcards):
    """Folder of a study's trained network."""
    return f"results/{wildcards.scale}/networks/{study(wildcards)['network']}"
