"""Architectures by the name that config.yaml and network.json give them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from tonotopy.errors import InputError, nearest
from tonotopy.networks.clap import CLAP
from tonotopy.networks.cnn12 import CNN12
from tonotopy.networks.cnn14 import CNN14
from tonotopy.networks.codec import Codec
from tonotopy.networks.genre_cnn import GenreCNN
from tonotopy.networks.layers import parse
from tonotopy.networks.own import own
from tonotopy.networks.sample_cnn import SampleCNN
from tonotopy.networks.small_codec import SmallCodec
from tonotopy.networks.transferred import Transferred
from tonotopy.networks.vgg import VGG
from tonotopy.networks.vggish import VGGish


@dataclass(frozen=True)
class Architecture:
    """How a network is built.

    Attributes:
        load: returns its class, or a function that makes it; imports what only it needs.
        hears: settings of the front end that its constructor takes.
        classifies: whether it can have classes.
        reads: whether it takes the names of its classes as texts.
        nested: whether it holds another architecture, and takes the front end's settings for it.
    """

    load: Callable[[], Callable[..., nn.Module]]
    hears: tuple[str, ...] = ()
    classifies: bool = True
    reads: bool = False
    nested: bool = False

    @property
    def network(self) -> Callable[..., nn.Module]:
        """Its class, or a function that makes it."""
        return self.load()


def transferred(
    classes: int, encoder: dict, taps: dict, widths: dict[str, int], frozen: bool, front_end: Any
) -> Transferred:
    """Return a transferred network from plain words, with random weights.

    Args:
        classes: outputs of each classifier.
        encoder: architecture, arguments and number of classes of the encoder.
        taps: layers by name, see `layers.describe`.
        widths: numbers that each of them gives for a clip.
        frozen: see `Transferred`.
        front_end: settings of the front end that the encoder hears through.
    """
    network = build(encoder["architecture"], encoder["arguments"], front_end, encoder["classes"])
    return Transferred(network, parse(taps), widths, classes, frozen)


def _ast() -> type[nn.Module]:
    from tonotopy.networks.ast import AST  # timm takes seconds, which other networks need not pay

    return AST


def _mobilenet() -> type[nn.Module]:
    from tonotopy.networks.mobilenet import MobileNetV3  # so does torchvision

    return MobileNetV3


def _transformer() -> type[nn.Module]:
    from tonotopy.networks.transformer import Transformer

    return Transformer


ARCHITECTURES = {
    "ast": Architecture(_ast, ("mels", "frames")),
    "vggish": Architecture(lambda: VGGish, ("mels", "frames")),
    "cnn14": Architecture(lambda: CNN14, ("mels",)),
    "clap": Architecture(lambda: CLAP, ("mels",), reads=True),
    "mobilenet": Architecture(_mobilenet),
    "codec": Architecture(lambda: Codec, classifies=False),
    "genre_cnn": Architecture(lambda: GenreCNN, ("mels", "frames")),
    "cnn12": Architecture(lambda: CNN12),
    "vgg": Architecture(lambda: VGG, ("mels", "frames")),
    "sample_cnn": Architecture(lambda: SampleCNN),
    "small_codec": Architecture(lambda: SmallCodec, classifies=False),
    "own": Architecture(lambda: own),
    "transformer": Architecture(_transformer),
    "transferred": Architecture(lambda: transferred, nested=True),
}


def build(architecture: str, arguments: dict, front_end: Any, classes: int) -> nn.Module:
    """Build an untrained network whose input is what the front end gives.

    Args:
        architecture: its name.
        arguments: further arguments of its constructor. They may give the number of classes where
            their names may not be known, and a size that the front end leaves open.
        front_end: the front end's settings.
        classes: number of classes whose names are known; 0 for none.

    Raises:
        InputError: unknown architecture or argument, or sizes that do not fit.
    """
    if architecture not in ARCHITECTURES:
        raise InputError(f"no architecture '{architecture}'{nearest(architecture, ARCHITECTURES)}")
    declared = ARCHITECTURES[architecture]
    derived = {
        name: getattr(front_end, name) for name in declared.hears if hasattr(front_end, name)
    }
    for name in declared.hears:
        if name not in derived and name not in arguments:
            kind = type(front_end).__name__
            raise InputError(
                f"architecture '{architecture}' needs to know '{name}', which {kind} leaves open: "
                f"add it to the network's arguments or choose another front end"
            )
    if classes and not declared.classifies:
        raise InputError(f"architecture '{architecture}' does not classify, drop the classes")
    if "classes" in arguments and classes not in (0, arguments["classes"]):
        raise InputError(
            f"network arguments of '{architecture}': 'classes' is {arguments['classes']}, but "
            f"{classes} names of classes are known: make them equal"
        )
    if declared.classifies and "classes" not in arguments:
        derived["classes"] = classes
    if declared.nested:
        derived["front_end"] = front_end
    try:
        return declared.network(**derived, **arguments)
    except (TypeError, ValueError) as error:
        raise InputError(f"network arguments of '{architecture}': {error}") from error
