"""Whether a network of the configuration answers as a study needs it to."""

from collections.abc import Mapping

from tonotopy.errors import InputError, nearest
from tonotopy.networks.published import PUBLISHED
from tonotopy.networks.transformer_kinds import KINDS


def check_differentiable(place: str, name: str, network: dict, study: str) -> None:
    """Refuse a network whose input no gradient reaches.

    Args:
        place: of the network's name in the configuration.
        name: of the network.
        network: its entry.
        study: what needs the gradient, for the message.

    Raises:
        InputError: naming the network.
    """
    if "transformers" in network:
        raise InputError(
            f"{place}: network '{name}' hears through a feature extractor of transformers, which "
            f"no gradient passes, and {study} needs one: choose a network that is trained here, "
            "published, or a module of your own"
        )


def check_classifies(path: str, entry: dict, network: dict, study: str) -> None:
    """Refuse a network that does not classify, and outputs that it does not have.

    Args:
        path: of the entry's outputs in the configuration.
        entry: of a study, with its ``network`` and perhaps ``outputs``: class -> output.
        network: the network's entry.
        study: what needs the classes, for the message.

    Raises:
        InputError: naming the network, and the nearest output; or two classes have one output.
    """
    if "published" in network and not PUBLISHED[network["published"]].classes:
        raise InputError(f"{path}: network '{entry['network']}' does not classify")
    if "transformers" in network and not KINDS[network["kind"]].classifies:
        able = ", ".join(name for name, kind in KINDS.items() if kind.classifies)
        raise InputError(
            f"{path}: network '{entry['network']}' is a {network['kind']}, which does not classify "
            f"(those that do: {able})"
        )
    if "module" in network:
        outputs = network.get("classes", [])
        if not outputs:
            raise InputError(
                f"networks.{entry['network']}.classes: {study} needs the names of its outputs"
            )
        for output in (entry.get("outputs") or {}).values():
            missing = output not in outputs if isinstance(output, str) else output >= len(outputs)
            if missing:
                raise InputError(
                    f"{path}: network '{entry['network']}' has no output '{output}'"
                    f"{nearest(output, outputs)}"
                )
    names, chosen = network.get("classes") or [], entry.get("outputs") or {}
    check_apart(path, {key: names.index(o) if o in names else o for key, o in chosen.items()})


def check_apart(place: str, outputs: Mapping[str, str | int]) -> None:
    """Refuse one output for several classes.

    Args:
        place: of the outputs in the configuration.
        outputs: class -> number of its output, or its name where the number is not known.

    Raises:
        InputError: naming both classes.
    """
    owners: dict[str | int, str] = {}
    for label, output in outputs.items():
        if output in owners:
            raise InputError(
                f"{place}: '{owners[output]}' and '{label}' have the same output {output!r}: every "
                "class needs one of its own"
            )
        owners[output] = label
