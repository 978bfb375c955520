"""The figures of study 5: what each shows, and what it is drawn from."""

from tonotopy.study import Config, Entry, Figure

OVER_CLIPS = "Intervals are over groups of clips, and over trainings where there are three or more."


def _without_known(entry: Entry, config: Config) -> str | None:
    """Say that the entry wants no known answers."""
    return None if entry.get("known") else "the entry has no 'known'"


def _best(feature: str, name: str, rows: str = "") -> Figure:
    return Figure(
        "best_maps",
        ("pictures",),
        f"The best maps of layers of the first network for {name}, on their best clip: the map, "
        "the feature on the map's grid, what is left of the feature once the input is accounted "
        f"for, and the input{rows}. Raw: similarity of map and feature on that clip; r: of map and "
        "the feature beyond the input (−1 to 1); mean r: over all clips. On a single clip a deep "
        "layer has few cells, so that a large r there is noise. Chosen as the best of many, so no "
        "evidence: that is the other figures. Every picture from its least value (white) to its "
        "largest (black).",
        {"feature": feature},
    )


FIGURES = {
    "known": Figure(
        "known",
        ("known",),
        "Hand-made layers whose answer is known: similarity with the harmonic and the percussive "
        "part beyond the input (r), and their difference. Small hollow marks: the layer made of "
        "the clip with random phases, beside the parts of the clip itself. Grey: where the answer "
        "must lie. Intervals are over groups of clips.",
        obstacle=_without_known,
    ),
    "shares": Figure(
        "shares",
        ("similarities", "clips"),
        "Share of a layer's maps whose similarity r with a feature, beyond the input, is above "
        "what each null reaches, a panel for nulls of other sound and one for those of other "
        "networks: above the .95 quantile of maps of random networks (dotted: the "
        "share of a random network's own maps, each left out in turn), significant against other "
        "clips' features (corrected within the layer), more than on phase-randomised audio, above "
        "the .95 quantile of a network that learned no sound, and all of these with r above .1. "
        "Intervals are over groups of clips and maps. Layers on whose grid a feature has too few "
        "cells, or that have a single row where it tells rows apart, are left out.",
    ),
    "contrast": Figure(
        "contrast",
        ("similarities", "clips"),
        "Maps of each layer by r(harmonic) minus r(percussive), beyond the input: the trained "
        "network beside random ones (all copies). Dots: maps; thick line: quartiles; thin line: 5 "
        "to 95 %; white: the median with its interval over groups of clips.",
    ),
    "best-maps-harmonic": _best("harmonic", "the harmonic part of the spectrum"),
    "best-maps-percussive": _best("percussive", "the percussive part of the spectrum"),
    "best-maps-chroma": _best(
        "chroma_stft",
        "chroma (short-time Fourier transform)",
        ", folded to pitch classes: 12 rows, from C, or fewer where the input has no row for one",
    ),
    "probes": Figure(
        "probes",
        ("probes", "layers"),
        "Features read from layers by ridge regression on clips that it was not fitted on: share "
        "of variance explained (R², below 0: worse than the mean). The trained network beside "
        "random ones, a network that learned no sound, and the input on the layer's grid. "
        f"{OVER_CLIPS}",
    ),
}
