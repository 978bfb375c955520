"""From a downloaded weights file to a bundle that the workflow can study."""

import hashlib
from pathlib import Path

from tonotopy.errors import InputError, nearest
from tonotopy.frontends import registry as front_ends
from tonotopy.networks import ast_audioset, cnn14, codec
from tonotopy.networks.adoption import TRIED, try_out
from tonotopy.networks.bundle import save
from tonotopy.networks.checkpoints import read_weights
from tonotopy.networks.fitting import check_fit, converted
from tonotopy.networks.layers import module_at, parse
from tonotopy.networks.published import PUBLISHED, Published
from tonotopy.networks.registry import build

# from what the file holds to our names, where they differ
CONVERTERS = {
    "clap": cnn14.from_clap,
    "ast_audioset": ast_audioset.convert,
    "encodec": codec.from_hub,
}


def publish(name: str, weights: str | Path, folder: str | Path, layers: dict | None = None) -> None:
    """Write the bundle of a published network, whole or not at all.

    Args:
        name: a key of `PUBLISHED`.
        weights: its weights' file.
        folder: of the bundle; network.json tells source, sha256, citation and licence.
        layers: the entry's layers, see `layers.parse`; by default the architecture's own.

    Raises:
        InputError: unknown name or layer, a file that cannot be read, or one that is not the
            network's.
    """
    if name not in PUBLISHED:
        raise InputError(f"no published network '{name}'{nearest(name, PUBLISHED)}")
    declared = PUBLISHED[name]
    front_end = front_ends.build(declared.front_end)
    network = build(declared.architecture, declared.arguments, front_end.settings, classes=0)
    state = read_weights(weights)
    try:
        named, expected = CONVERTERS.get(name, dict)(state), network.state_dict()
        check_fit(named, expected)
        fitted = converted(named, expected, weights)
    except InputError as error:
        raise InputError(
            f"{weights}: not the weights of '{name}' ({error}); the right file is at "
            f"{declared.remote.urls[0]}"
        ) from error
    network.load_state_dict(fitted, strict=True)
    info = _info(name, declared, Path(weights)) | ({"layers": layers} if layers else {})
    heard = parse(layers) if layers else network.layers
    for layer in heard.values():
        module_at(network, layer.path)
    try_out(network.eval(), front_end, heard, declared.seconds or TRIED, name)
    save(folder, network, front_end, info)


def _info(name: str, declared: Published, weights: Path) -> dict:
    with weights.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "architecture": declared.architecture,
        "arguments": declared.arguments,
        "classes": list(declared.classes),
        "published": {
            "name": name,
            "source": declared.remote.urls[0],
            "file": weights.name,
            "sha256": sha256,
            "citation": declared.citation,
            "licence": declared.licence,
            "seconds": declared.seconds,
        },
        "trained": True,
    }
