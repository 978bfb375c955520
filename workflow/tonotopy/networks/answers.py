"""Whether a network of the configuration answers as a study needs it to."""

from tonotopy.errors import InputError, nearest
from tonotopy.networks.published import PUBLISHED


def check_classifies(path: str, entry: dict, network: dict, study: str) -> None:
    """Refuse a network that does not classify, and outputs that it does not have.

    Args:
        path: of the entry's outputs in the configuration.
        entry: of a study, with its ``network`` and perhaps ``outputs``: class -> output.
        network: the network's entry.
        study: what needs the classes, for the message.

    Raises:
        InputError: naming the network, and the nearest output.
    """
    if "published" in network and not PUBLISHED[network["published"]].classes:
        raise InputError(f"{path}: network '{entry['network']}' does not classify")
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
