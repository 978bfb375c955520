"""Which engine explains a network: the chain's own, or zennit's for any other."""

from collections.abc import Iterable, Mapping

from torch import nn

from tonotopy.errors import InputError, nearest
from tonotopy.networks.layers import Layer, module_at
from tonotopy.relevance.composites import Composite
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.zennit_engine import Zennit

ENGINES = ("auto", "chain", "zennit")


def explainer(
    network: nn.Module,
    composite: Composite,
    engine: str = "auto",
    layers: Mapping[str, str | Layer] | None = None,
    canonizers: Iterable = (),
) -> LRP | Zennit:
    """Return what explains batches of clips of a network, by ``explain(inputs)``.

    Args:
        network: in evaluation mode.
        composite: rules by layer.
        engine: ``chain``: `lrp.LRP`, several times faster. ``zennit``: `zennit_engine.Zennit`.
            ``auto``: the first where the network is a chain, the composite fits it, and it reads
            the layers at the same modules; else the second.
        layers: what zennit's engine can read, by name; None for the network's own ``layers``. A
            chain is read at all its convolutions and dense layers, under their names.
        canonizers: zennit's.

    Raises:
        InputError: there is no such engine, or the network, its layers and composite do not fit.
    """
    if engine not in ENGINES:
        raise InputError(f"engine: '{engine}' is not possible{nearest(engine, ENGINES)}")
    if engine == "chain":
        return LRP(network, composite)
    chain = _chain(network, composite, layers or {}) if engine == "auto" else None
    if chain is not None:
        return chain
    known = getattr(network, "layers", {}) if layers is None else layers
    return Zennit(network, composite, known, canonizers)


def _chain(
    network: nn.Module, composite: Composite, layers: Mapping[str, str | Layer]
) -> LRP | None:
    """Return the chain's engine if it reads every layer where its path says, else None."""
    try:
        engine = LRP(network, composite)
    except InputError:
        return None
    for name, layer in layers.items():
        path = layer if isinstance(layer, str) else layer.path
        if name not in engine.layers or engine.module(name) is not module_at(network, path):
            return None
    return engine
