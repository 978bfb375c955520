"""The figures of study 2: what each shows, and what it is drawn from."""

from tonotopy.study import Config, Entry, Figure


def _needing(sweep: str, flat: bool = False):
    """Return what stands in the way of a figure that needs a sweep, and perhaps a flat concept."""

    def obstacle(entry: Entry, config: Config) -> str | None:
        if sweep not in entry["sweeps"]:
            return f"the entry has no sweep '{sweep}'"
        return "no concept is declared flat" if flat and not entry.get("flat") else None

    return obstacle


def _without_augmentation(entry: Entry, config: Config) -> str | None:
    network = config["networks"][entry["network"]]
    if "architecture" not in network:
        return "the network was not trained here"
    return None if network.get("augmentation") else "no sound was changed in training"


def _curves(caption: str, printed: str, sweep: str, flat: bool) -> Figure:
    """Return a figure of probabilities over lambda."""
    options = {"flat_concept": flat}
    source = f"sweep-{sweep}"
    return Figure("steering_curves", (source,), caption, options, _needing(sweep, flat), printed)


COLLAPSED = (
    "On grey the output has collapsed (flatter than that of 99 % of unsteered clips, or the same "
    "for all)."
)
STEERED = "Probability of a class while its concept is added or subtracted at every layer"
FLAT = (
    "Probability of a class while a concept that is expected to cause none of the classes is added "
    "or subtracted at every layer"
)
UNSEEN = "on a corpus that the network never heard"


FIGURES = {
    "table-3.1-class-counts": Figure(
        "class_counts",
        ("classes", "concepts"),
        "Clips per class of both corpora.",
        printed="Thesis table 3.1, whose numbers stand beside those of its own corpora.",
    ),
    "table-3.2-augmentation": Figure(
        "augmentation",
        ("network",),
        "Augmentation in training.",
        obstacle=_without_augmentation,
        printed="Thesis table 3.2, which is shown beside it.",
    ),
    "figure-3.1-confusion": Figure(
        "confusion",
        ("predictions", "classes"),
        "Confusion of classes on the test split, rows sum to 1; cells up to .10 are left blank.",
        printed="Thesis figure 3.1.",
    ),
    "figure-3.2-multiclass-probe": Figure(
        "multiclass_probe",
        ("probe_predictions", "network"),
        "How well one linear probe per layer tells the concepts apart.",
        printed="Thesis figure 3.2.",
    ),
    "figure-3.3-binary-probe": Figure(
        "binary_probe",
        ("probe_scores", "network"),
        "How well a linear probe tells one concept from the rest, per layer.",
        printed="Thesis figure 3.3.",
    ),
    "figure-3.4-steering": _curves(
        f"{STEERED}, on the test split. {COLLAPSED}",
        "Thesis figure 3.4.",
        "test",
        flat=False,
    ),
    "figure-3.5-flat": _curves(
        f"{FLAT}, on the test split. {COLLAPSED}",
        "Thesis figure 3.5.",
        "test",
        flat=True,
    ),
    "figure-3.6-steering-unseen": _curves(
        f"{STEERED}, {UNSEEN}. {COLLAPSED}",
        "Thesis figure 3.6.",
        "unseen",
        flat=False,
    ),
    "figure-3.7-flat-unseen": _curves(
        f"{FLAT}, {UNSEEN}. {COLLAPSED}",
        "Thesis figure 3.7.",
        "unseen",
        flat=True,
    ),
    "figure-3.8-one-to-all": Figure(
        "one_to_all",
        ("sweep-layers", "network"),
        "All layers steered with the vector of one layer.",
        obstacle=_needing("layers"),
        printed="Thesis figure 3.8.",
    ),
    "figure-3.9-cosines": Figure(
        "cosines",
        ("cosines", "network"),
        "Cosine between the vectors of a concept and of its class, per layer.",
        printed="Thesis figure 3.9.",
    ),
    "matrix": Figure(
        "matrix",
        ("slopes",),
        "Slope of every class's probability along every concept; a dot marks a slope that is "
        "larger than those of null vectors (random ones, and ones of shuffled labels; permutation "
        "p-values, Benjamini-Hochberg, q < .05).",
        planted="Planted causes are outlined.",
    ),
    "controls": Figure(
        "controls",
        ("clip_slopes",),
        "Slopes along the concepts beside those of null vectors: random ones, ones of shuffled "
        "labels and of an untrained network; and of random contrasts of clips. A point is a "
        "vector's mean over clips, with its interval.",
    ),
}
