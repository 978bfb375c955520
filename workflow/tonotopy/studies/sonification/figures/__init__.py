"""The figures of study 4: what each shows, and what it is drawn from."""

from tonotopy.study import Config, Entry, Figure

LOUDNESS = "Spectrograms in dB: black is the loudest of each picture, white 60 dB below it or less."
INTERVALS = "Intervals are over classes, and over trainings where there are three or more."


def _without(*keys: str):
    """Return what stands in the way of a figure that needs keys of the entry."""

    def obstacle(entry: Entry, config: Config) -> str | None:
        lacking = [key for key in keys if not entry.get(key)]
        return f"the entry has no '{lacking[0]}'" if lacking else None

    return obstacle


def _without_network(network: str):
    """Return what stands in the way of a figure of a kind of training."""

    def obstacle(entry: Entry, config: Config) -> str | None:
        there = network in entry["networks"]
        return None if there else f"the entry has no network '{network}'"

    return obstacle


def _first(*obstacles):
    """Return the first obstacle of several."""

    def obstacle(entry: Entry, config: Config) -> str | None:
        return next((text for each in obstacles if (text := each(entry, config))), None)

    return obstacle


def _without_layers(entry: Entry, config: Config) -> str | None:
    """Say that no task is learned from single layers: an empty list of them, not null."""
    ways = [layers for task in entry["transfers"].values() for layers in task["learn"].values()]
    return None if any(layers != [] for layers in ways) else "no task is learned from single layers"


def _selected(network: str, depths: tuple[int, ...], figure: str) -> Figure:
    return Figure(
        "selected",
        ("pictures", "layers"),
        f"Clips above, below their sonifications by the map of the layer that is selective for the "
        f"clip's class, {network} network. The clips are drawn by the seed, not chosen by hand. "
        f"{LOUDNESS}",
        {"network": network, "depths": depths},
        _without_network(network),
        f"Thesis figure {figure}.",
    )


def _evolution(network: str, figure: str, first: bool, obstacle) -> Figure:
    maps = (
        "The first of the maps of every layer that were drawn at random"
        if first
        else ("Maps drawn at random")
    )
    return Figure(
        "evolution",
        ("pictures", "layers"),
        f"{maps}: the clip that excites the map most after training, then its sonification at the "
        f"epochs whose weights were kept. A map that is silent is white. {LOUDNESS}",
        {"network": network, "first": first},
        obstacle,
        f"Thesis figure {figure}.",
    )


def _favourites(network: str, printed: str, obstacle=None) -> Figure:
    extra = {} if obstacle is None else {"obstacle": obstacle}
    return Figure(
        "favourites",
        ("pictures", "layers"),
        f"Maps drawn at random, {network} network: the three clips with the largest mean "
        f"activation, and their sonifications. {LOUDNESS}",
        {"network": network},
        printed=printed,
        **extra,
    )


FIGURES = {
    "figure-5.1-time-invariance": Figure(
        "time_invariance",
        ("excerpts", "shifts"),
        "Sonifications of a clip and of the same clip shifted, the second one shifted back: above, "
        "a stretch at the deepest layer for a multiple of the stride and for an odd offset; below, "
        "their correlation, mean over clips and runs, with multiples of the layer's stride "
        "framed.",
        printed="Thesis figure 5.1 shows the offset 8645, and claims equality for any.",
    ),
    "figure-5.2-band-selectivity": Figure(
        "band_selectivity",
        ("pictures",),
        "One clip, and its sonification by the most active map (largest mean) of layers of every "
        f"network. {LOUDNESS}",
        printed="Thesis figure 5.2.",
    ),
    "figure-5.3-select-supervised": _selected("supervised", (3, 4, 5, 6, 7), "5.3, layers 3 to 7"),
    "figure-5.4-select-contrastive": _selected("contrastive", (8, 11), "5.4, layers 8 and 11"),
    "figure-5.5-evolution": _evolution("contrastive", "5.5", True, _without("evolution")),
    "figure-6.1-layer-importance": Figure(
        "layer_importance",
        ("transfers",),
        "Score of a classifier on the mean over time of a layer, the layers after it removed; "
        "dotted, and at the right: the whole encoder. The untrained network, wholly trained, is "
        f"learned from scratch. {INTERVALS}",
        obstacle=_first(_without("transfers"), _without_layers),
        printed="Thesis figure 6.1.",
    ),
    "figure-6.2-residuals": Figure(
        "residuals",
        ("residuals",),
        "Mean average precision on clips from which the sonification of the most active map of a "
        "layer is subtracted, beside two controls that lose as much of their spectrum: the "
        "sonification with random phases is subtracted; the clip is filtered to the residual's "
        "spectrum. What the controls lose too is not due to what the sonification "
        f"contains. {INTERVALS}",
        obstacle=_without("residuals", "answers"),
        printed="Thesis figure 6.2.",
    ),
    "figure-6.3-coherence": Figure(
        "coherence",
        ("similarity",),
        "Magnitude-squared coherence of clips and sonifications of the most active map of each "
        "layer, at the most coherent frequencies; dotted: clips and another clip's sonification. "
        "Means over clips with intervals over their groups.",
        printed="Thesis equation 6.2, figure 6.3.",
    ),
    "figure-a.1-contrastive": _favourites(
        "contrastive", "Thesis figure A.1.", _without_network("contrastive")
    ),
    "figure-a.2-supervised": _favourites(
        "supervised", "Thesis figure A.2.", _without_network("supervised")
    ),
    "figure-a-untrained": _favourites("untrained", "As in thesis figures A.1 and A.2."),
    "figure-a.3-evolution-contrastive": _evolution(
        "contrastive",
        "A.3",
        False,
        _first(_without("evolution"), _without_network("contrastive")),
    ),
    "figure-a.4-evolution-supervised": _evolution(
        "supervised",
        "A.4",
        False,
        _first(_without("evolution"), _without_network("supervised")),
    ),
    "tables-4.2-4.9-transfer": Figure(
        "transfer_scores",
        ("transfers",),
        "Scores by the whole encoder: its classifier alone is trained (fconly), or all of it "
        f"(full); the untrained network, trained in full, is learned from scratch. {INTERVALS}",
        obstacle=_without("transfers"),
        printed="Thesis tables 4.2, 4.4, 4.7 and 4.9, whose numbers are shown, grey and hollow, "
        "beside those of their own corpora.",
    ),
    "evolution": Figure(
        "evolution_numbers",
        ("evolution",),
        "Correlation of the log spectrogram of a map's sonification with that of the last epoch, "
        "and its spectral flatness, over epochs (not to scale): means over maps drawn at random, "
        "with intervals over them.",
        obstacle=_without("evolution"),
    ),
    "activity": Figure(
        "activity",
        ("similarity",),
        "How active layers are on a clip (the first two), and sonifications of their most active "
        "maps: energy, its share above a quarter of the sampling rate, flatness. Means over clips "
        "with intervals over their groups.",
    ),
    "filters": Figure(
        "first_filters",
        ("filters", "responses"),
        "Squared frequency responses of the filters of the first layer, the first run of every "
        "network, each over its own peak: black is 0 dB, white −30 dB or less. Right: distribution "
        "of selectivity, 1 minus the flatness of the squared response.",
    ),
    "matches": Figure(
        "shares",
        ("matches",),
        "Two sounds of a clip, and a map that is selective for the class of each: the share of "
        "clips in which sonifications correlate with their own sounds more than with each other's. "
        "The baseline is the untrained network, not chance. Intervals are over classes.",
        {
            "pair": ("first", "second"),
            "larger": "own",
            "smaller": "crossed",
            "name": "share of clips told apart",
        },
        _without("matches"),
    ),
    "targeted": Figure(
        "shares",
        ("targeted",),
        "The sonification of the map that is selective for one of a clip's classes is subtracted: "
        "the share of cases in which the logit of this class falls more than that of the clip's "
        "other one. Intervals are over classes.",
        {
            "pair": ("target", "other"),
            "larger": "drop_target",
            "smaller": "drop_other",
            "name": "share in which the target falls more",
        },
        _without("targets", "answers"),
    ),
    "variety": Figure(
        "variety",
        ("favourites",),
        "Labels (the first of each clip) of the five favourites of every map of the deepest layer, "
        "in percent; effective number: the exponential of the entropy of these shares.",
    ),
}
