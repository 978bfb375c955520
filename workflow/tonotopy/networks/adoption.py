"""From a user's entry in config.yaml to a bundle, like those that we train."""

from pathlib import Path

import torch

from tonotopy.corpora.download import sha256_of
from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.bundle import save
from tonotopy.networks.layers import parse_entry
from tonotopy.networks.publishing import check_fit, read_weights
from tonotopy.networks.registry import build
from tonotopy.seeding import generator


def adopt(settings: dict, weights: str | Path | None, folder: str | Path, seed: int) -> None:
    """Write the bundle of a user's own module, whole or not at all.

    Args:
        settings: module, layers, front_end and, if wanted, arguments, classes (names) and untrained
            (what makes the untrained copy).
        weights: state dict of the module, or None to study it as it is made.
        folder: of the bundle.
        seed: seed of the run. Torch's own while the module is made is derived from it, so that the
            untrained copy, for which the seed itself is torch's, is another one.

    Raises:
        InputError: module, layer, front end or weights are not what the entry says.
    """
    front_end = front_ends.build(settings["front_end"])
    parse_entry(settings, settings["module"])
    own = {name: settings[name] for name in ("module", "arguments") if name in settings}
    classes = settings.get("classes", [])
    torch.manual_seed(int(generator(seed, "own network").integers(2**31)))
    network = build("own", own, front_end.settings, len(classes))
    if weights is not None:
        state = read_weights(weights)
        state = state.get("state_dict", state)
        try:
            check_fit(state, network.state_dict())
        except InputError as error:
            raise InputError(f"{weights}: does not fit {settings['module']}: {error}") from error
        network.load_state_dict(state, strict=True)
    else:
        print(f"note: no weights are given, {settings['module']} is studied as it is made")
    info = {
        "architecture": "own",
        "arguments": own,
        "classes": classes,
        "layers": settings["layers"],
        "trained": weights is not None,
    }
    if "untrained" in settings:
        info["untrained"] = settings["untrained"]
    if weights is not None:
        info["weights"] = {"file": str(weights), "sha256": sha256_of(Path(weights))}
    save(folder, network.eval(), front_end, info)
