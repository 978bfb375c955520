"""From a user's entry in config.yaml to a bundle, like those that we train."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from tonotopy.corpora.download import sha256_of
from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.frontends.stages import FrontEnd
from tonotopy.networks.belonging import CLIPS, Unheard, check_belonging
from tonotopy.networks.bundle import save
from tonotopy.networks.checkpoints import check_savable, load_weights
from tonotopy.networks.layers import Layer, module_at, parse_entry
from tonotopy.networks.registry import build
from tonotopy.seeding import generator

TRIED = 1.0  # s of sound where nothing says how long clips are


def adopt(
    settings: dict,
    weights: str | Path | None,
    folder: str | Path,
    seed: int,
    seconds: float = TRIED,
) -> None:
    """Write the bundle of a user's own module, whole or not at all.

    Args:
        settings: module, layers, front_end and, if wanted, arguments, classes (names), weights and
            untrained (what makes the untrained copy).
        weights: file of the module's weights, see `checkpoints.load_weights`, or None to study it
            as it is made.
        folder: of the bundle.
        seed: seed of the run. Torch's own while the module is made is derived from it, so that the
            untrained copy, for which the seed itself is torch's, is another one.
        seconds: length of the sounds that it is tried on.

    Raises:
        InputError: module, layer, front end or weights are not what the entry says, or activations
            are not those of a clip by itself.
    """
    name = settings["module"]
    if weights is None and settings.get("weights"):
        raise InputError(f"{name}: weights: no file '{settings['weights']}'")
    front_end = front_ends.build(settings["front_end"])
    layers = parse_entry(settings, name)
    own = {key: settings[key] for key in ("module", "arguments") if key in settings}
    classes = settings.get("classes", [])
    torch.manual_seed(int(generator(seed, "own network").integers(2**31)))
    network = build("own", own, front_end.settings, len(classes)).eval()
    for layer in layers.values():
        module_at(network, layer.path)
    if weights is not None:
        load_weights(network, weights, name)
    else:
        check_savable(network, name)
        print(f"note: no weights are given, {name} is studied as it is made")
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
    try_out(network, front_end, layers, seconds, name)
    save(folder, network.eval(), front_end, info)


def try_out(
    network: nn.Module, front_end: FrontEnd, layers: dict[str, Layer], seconds: float, name: str
) -> None:
    """Let a network hear a few noises and tones before anything is built on it.

    What it cannot hear at all may be as short or long as no clip of the corpora: that is printed,
    and told when it hears the first clips.

    Args:
        network: in evaluation mode, on the CPU; its weights and buffers stay as they are.
        front_end: what it hears through.
        layers: by name.
        seconds: length of the sounds.
        name: of the network, for messages.

    Raises:
        InputError: a layer is not read as its entry says, or gives what is not of its clip alone,
            see `belonging.check_belonging`.
    """
    sounds = _sounds(front_end.settings.rate, seconds)

    def hear(numbers: list[int]) -> torch.Tensor:
        with torch.no_grad():
            return front_end(sounds[numbers])

    kept = {key: value.clone() for key, value in network.state_dict().items()}
    through = type(front_end).__name__
    untried = f"note: {name} could not be tried on sounds of {seconds:g} s through {through}"
    try:
        check_belonging(network, layers, hear)
    except Unheard as error:
        print(f"{untried}: {error}")
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    except Exception as error:  # whatever a user's module raises
        print(f"{untried}: {type(error).__name__} ({str(error).partition(chr(10))[0]})")
    finally:
        network.load_state_dict(kept)


def _sounds(rate: int, seconds: float) -> torch.Tensor:
    """Return noises with a tone each, in [-1, 1], shape (clips, samples)."""
    draw = generator(0, "sounds that networks are tried on")
    time = np.arange(max(1, round(rate * seconds))) / rate
    tones = [0.3 * np.sin(2 * np.pi * 220 * (1 + n) * time) for n in range(CLIPS)]
    noises = [draw.uniform(-0.1, 0.1, len(time)) * (1 + n) for n in range(CLIPS)]
    return torch.from_numpy(np.stack(tones) + np.stack(noises)).float()
