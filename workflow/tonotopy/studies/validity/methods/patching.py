"""Activation patching at the layer that tells concepts best: an intervention, nearly the truth."""

from tonotopy.inference import kept_columns
from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.patching import chosen, patched_effects

KIND = "intervention"


def matrix(bench: Bench) -> Scores:
    """Return p(patched) - p(base), the layer's vector of the base clip replaced by the twin's.

    It needs the twins, as the truth itself does, and at the last layer it would be the truth: read
    it as the most that a method of vectors can reach at this layer. The layer is the one whose
    probes tell the concepts best.
    """
    layer = bench.best_layer
    cases = chosen(bench.twins, bench.settings["patched"], bench.settings["seed"])
    effects = patched_effects(
        bench.bundle, bench.layers, bench.twins, cases, bench.activation, [layer]
    )
    scores = kept_columns(effects[layer], bench.columns)
    return Scores(scores[None], "base score", tuple(family.base for family, _ in cases))
