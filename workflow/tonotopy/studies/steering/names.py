"""Whether a steering study names concepts and classes that its corpora have."""

from tonotopy.errors import InputError, nearest


def check_names(study: str, settings: dict, concepts: list[str], classes: list[str]) -> None:
    """Check the names in a study's pairs before hours go into training.

    Args:
        study: its name below ``steering``.
        settings: its entry in config.yaml.
        concepts: classes of its concept corpus.
        classes: classes of the corpus that its network is trained on.

    Raises:
        InputError: naming the key, the unknown name and the nearest known ones.
    """
    named = [(f"pairs.{i}.concept", pair["concept"], concepts, settings["concepts"])
             for i, pair in enumerate(settings["pairs"])]  # fmt: skip
    named += [(f"pairs.{i}.target", name, classes, "the network's corpus")
              for i, pair in enumerate(settings["pairs"]) for name in pair["target"]]  # fmt: skip
    if settings["flat"] is not None:
        named.append(("flat", settings["flat"], concepts, settings["concepts"]))
    for key, name, known, corpus in named:
        if name not in known:
            raise InputError(
                f"steering.{study}.{key}: {corpus} has no class '{name}'{nearest(name, known)}"
            )
