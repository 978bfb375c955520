"""The figures of study 3: what each shows, and what it is drawn from."""

from tonotopy.study import Config, Entry, Figure


def _without(key: str):
    """Return what stands in the way of a figure that needs a key of the entry."""
    return lambda entry, config: None if entry.get(key) else f"the entry has no '{key}'"


def _with_one_layer(entry: Entry, config: Config) -> str | None:
    layers = entry.get("layers")
    return "the entry has one layer" if layers is not None and len(layers) == 1 else None


def _with_one_number(entry: Entry, config: Config) -> str | None:
    return "the entry has one number of components" if len(entry["components"]) == 1 else None


def _untrained_here(entry: Entry, config: Config) -> str | None:
    trained = "architecture" in config["networks"][entry["network"]]
    return None if trained else "the network was not trained here"


def _explained(kind: str, caption: str, printed: str, obstacle=None) -> Figure:
    """Return a figure of clips, heatmaps and components: one of the sets of examples."""
    extra = {} if obstacle is None else {"obstacle": obstacle}
    return Figure("components", ("examples",), caption, {"set": kind}, printed=printed, **extra)


SCALE = (
    "Dark is relevant, on one scale for all heatmaps of a clip (the square root of relevance, up "
    "to the 99.5th percentile); R is a heatmap's sum, in brackets that of its negative part, which "
    "is drawn white."
)

FIGURES = {
    "figure-4.1-objects": Figure(
        "objects",
        ("examples",),
        "A clip of every class as the network hears it, and each of its parts alone, on one scale.",
        obstacle=_without("objects"),
        printed="Thesis figures 4.1, 4.2, 4.4 and C.2.",
    ),
    "figure-4.3-components": _explained(
        "own",
        f"Clips, their standard heatmaps, and the components that DRSA splits these into. {SCALE}",
        "Thesis figures 4.3, 4.6, 4.7, C.1 and C.4 to C.6.",
    ),
    "figure-4.5-random": _explained(
        "random",
        f"Clips, their heatmaps split by random subspaces. {SCALE}",
        "Thesis figure 4.5.",
    ),
    "figure-4.8-exchanged": _explained(
        "exchanged",
        f"Clips of a class, their heatmaps split by the subspaces of another class. {SCALE}",
        "Thesis figure 4.8.",
        _without("exchanged"),
    ),
    "figure-c.3-layers": _explained(
        "layers",
        f"One clip, its heatmap split at every layer. {SCALE}",
        "Thesis figure C.3.",
        _with_one_layer,
    ),
    "figure-c.7-components": _explained(
        "numbers",
        f"One clip, its heatmap split into fewer or more components. {SCALE}",
        "Thesis figures C.7 and C.8.",
        _with_one_number,
    ),
    "table-4.4-aupc": Figure(
        "aupc",
        ("aupc",),
        "Area under the patch-flipping curve, lower is better: patches are set to zero, the most "
        "relevant of every component first. Mean over clips, then over classes; bars are intervals "
        "over groups of clips, numbers have their standard error, the best of a column is bold. "
        "The three areas weigh a step by the share of the input that it flips (share), equally "
        "(step), or by the sum that was first published (printed).",
        printed="Thesis equation 4.4 prints the third, table 4.4 the areas of its own network, "
        "which are shown, grey and hollow, beside those of its own corpus.",
    ),
    "figure-4.10-cross-class": Figure(
        "cross_class",
        ("exchanged",),
        "How much lower the area under the patch-flipping curve (by share) is with components than "
        "with the standard heatmap, where a class's heatmaps are split by its own subspaces "
        "(outlined) and by those of others; higher is better, a dot marks the highest of a row. "
        "Means over clips, ± their standard error over groups.",
        obstacle=_without("exchanged"),
        printed="Thesis figure 4.10.",
    ),
    "figure-a.1-training": Figure(
        "training",
        ("history",),
        "Score and loss over the epochs of the network's training, as far as they were kept, one "
        "run.",
        obstacle=_untrained_here,
        printed="Thesis figure A.1 has accuracies and losses, averaged over ten folds.",
    ),
    "figure-a.2-confusion": Figure(
        "confusion",
        ("predictions",),
        "Answers of the network to clips that it was not trained on, in percent of the true class; "
        "cells of 0 are left blank.",
        printed="Thesis figure A.2, which is shown beside those of its own corpus.",
    ),
    "figure-a.2-folds": Figure(
        "confusion",
        ("folds",),
        "Answers under cross-validation, all folds together, in percent of the true class; cells "
        "of 0 are left blank. By clip: a group of clips (a song) may be heard in training and in "
        "its test; by group: it may not.",
        obstacle=_without("folds"),
        printed="Thesis figure A.2, whose folds are by clip; it is shown beside those of its own "
        "corpus.",
    ),
    "figure-b.1-gammas": Figure(
        "gammas",
        ("gammas",),
        "Area under the patch-flipping curve of the standard heatmap over gamma, the same in all "
        "layers or decreasing from layer to layer (then its largest value is shown), and in random "
        "order; lower is better, the lowest is ringed. Intervals over groups of clips.",
        obstacle=_without("gammas"),
        printed="Thesis figure B.1.",
    ),
    "figure-b.2-objectives": Figure(
        "objectives",
        ("objectives",),
        "Objective over the steps of the ascent, all starts, the best of each method thick. "
        "Objectives of DRSA and DSA are of different vectors: their heights do not compare.",
        printed="Thesis figure B.2.",
    ),
    "figure-b.3-histogram": Figure(
        "histogram",
        ("histogram",),
        "Relevance of cells of component heatmaps, rectified and divided by their maximum; below "
        "the 90th percentile nothing is rendered.",
        printed="Thesis figure B.3.",
    ),
    "disentanglement": Figure(
        "disentanglement",
        ("overlaps",),
        "How well components tell a clip's parts apart: mutual information of component and part "
        "of the positive relevance, as a share of the entropy of parts; the mean of the classes, "
        "with intervals over groups of clips. Ceiling: components that are the parts' ratio masks "
        "themselves. Shuffled: DRSA's components in random order in every clip. Random: mean and "
        "range over bases.",
        obstacle=_without("objects"),
        printed="The score is ours; the thesis has none.",
    ),
    "muting": Figure(
        "muting",
        ("localisation",),
        "How much denser relevance is on a part than on the whole clip (lift), against the drop of "
        "the class's logit when the part is muted: a point per clip, and the mean, with intervals "
        "over groups, of each class that the part causes. Rank correlations are of all clips that "
        "have the part.",
        obstacle=_without("causes"),
    ),
    "randomisation": Figure(
        "randomisation",
        ("randomisation",),
        "Correlation of heatmaps with the trained network's, after one layer more has been given "
        "random weights, beginning at the output: mean of the classes with intervals over groups "
        "of clips. An explanation that does not fall does not depend on what was learned.",
    ),
    "planted": Figure(
        "planted",
        ("planted",),
        "Can known subspaces be found again? Mean cosine of the principal angles between planted "
        "and found subspaces, a dot per draw, the same draws joined; mean with its interval.",
        obstacle=_without("planted"),
    ),
    "separation": Figure(
        "separation",
        ("renderings",),
        "SI-SDR of rendered components (numbers) and of rendered ratio masks (names; the best that "
        "a heatmap could do) for every part of the clip, in dB: median over clips, with half the "
        "distance of its quartiles if classes are few; the nearest part of a sound is outlined.",
        obstacle=_without("objects"),
    ),
}
