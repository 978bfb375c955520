"""What the study's rule reads."""

from tonotopy import places


def network(wildcards, config: dict) -> str:
    """Return the folder of the network."""
    return places.network(wildcards.scale, config["loudness"][wildcards.instance]["network"])


def corpus(wildcards, config: dict) -> str:
    """Return the folder of the corpus."""
    return places.corpus(wildcards.scale, config["loudness"][wildcards.instance]["corpus"])
