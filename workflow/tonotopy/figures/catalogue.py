"""Every figure of the workflow: what draws it, from which tables, and what it shows."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """A figure.

    Attributes:
        module: module with ``draw(sources, about)``.
        sources: names of its tables in the study's folder, or "classes", "concepts" (corpora) and
            "network" of a steering study.
        caption: what it shows, for the report.
        sweep: the sweep that it needs, if any.
        options: further entries of ``about``.
        needs: key of the study's entry that must not be empty, if any.
        room: the kind of study that it belongs to, "hierarchy" or "steering".
    """

    module: str
    sources: tuple[str, ...]
    caption: str
    sweep: str | None = None
    options: dict = field(default_factory=dict)
    needs: str | None = None
    room: str = "steering"


_CURVES = "tonotopy.studies.steering.figures.steering_curves"


def _layers(caption: str, families: str, contrast: str, needs=None, **options) -> Figure:
    """A figure of accuracy over layers with a variant beside it."""
    options = {"families": families, "contrast": contrast, **options}
    module = "tonotopy.studies.hierarchy.figures.layer_curves"
    return Figure(module, ("profiles",), caption, None, options, needs, "hierarchy")


def _hierarchy(module: str, source: str, caption: str, needs=None) -> Figure:
    module = f"tonotopy.figures.{module}"
    return Figure(module, (source,), caption, needs=needs, room="hierarchy")


_HIERARCHY = {
    "table-2.2-corpora": _hierarchy(
        "corpora",
        "profiles",
        "Clips, classes and chance of every task, beside the thesis's table 2.2.",
    ),
    "figure-2.1-layers": _layers(
        "Accuracy of a nearest-neighbour probe on the layers of every network but ASTs, with "
        "intervals over clips, at the k whose peak is best on the same clips (which flatters it a "
        "little); dashed: a copy with random weights (thesis figure 2.1, whose named peaks are "
        "marked).",
        "convolutional",
        "copy",
        peaks=True,
    ),
    "figure-2.2-neighbours": _hierarchy(
        "neighbours",
        "profiles",
        "The profile at every k, the best one thick (thesis figure 2.2).",
    ),
    "figure-2.3-one-second": _layers(
        "Whole clips against their first second; tasks whose clips last a second have one curve "
        "(thesis figure 2.3).",
        "convolutional",
        "length",
        needs="second",
    ),
    "figure-2.4-ast": _layers(
        "Accuracy on the class token after every layer of an AST (thesis figure 2.4, whose named "
        "peaks are marked); dashed: a copy with random weights.",
        "ast",
        "copy",
        peaks=True,
    ),
    "centres": _hierarchy(
        "centres",
        "centres",
        "Centre of mass of the above-chance accuracy over relative depth, with its interval over "
        "clips. The hierarchy holds where low-level tasks lie left of high-level ones.",
    ),
    "folds": _layers(
        "The thesis's folds against folds that keep a speaker, song or artist together. Where the "
        "dashed curve is lower, the probe had recognised whom it knew.",
        "all",
        "folds",
    ),
    "linear": _layers(
        "Nearest neighbours against a linear probe on the same folds.",
        "all",
        "probe",
        needs="inverse_penalty",
    ),
    "tagging": _hierarchy(
        "tagging",
        "tagging",
        "Mean average precision on the classes that the networks were trained to tag, beside "
        "untrained copies: a check of the weights.",
        needs="tagging",
    ),
}
_STEERING = {
    "table-3.1-class-counts": Figure(
        "tonotopy.studies.steering.figures.class_counts",
        ("classes", "concepts"),
        "Clips per class of both corpora, beside the thesis's table 3.1 where it has the class.",
    ),
    "table-3.2-augmentation": Figure(
        "tonotopy.studies.steering.figures.augmentation",
        ("network",),
        "Augmentation in training, beside the thesis's table 3.2.",
    ),
    "figure-3.1-confusion": Figure(
        "tonotopy.studies.steering.figures.confusion",
        ("predictions",),
        "Confusion of classes on the test split, rows sum to 1 (thesis figure 3.1).",
    ),
    "figure-3.2-multiclass-probe": Figure(
        "tonotopy.studies.steering.figures.multiclass_probe",
        ("probe_predictions",),
        "How well one linear probe per layer tells the concepts apart (thesis figure 3.2).",
    ),
    "figure-3.3-binary-probe": Figure(
        "tonotopy.studies.steering.figures.binary_probe",
        ("probe_scores",),
        "How well a linear probe tells one concept from the rest, per layer (thesis figure 3.3).",
    ),
    "figure-3.4-steering": Figure(
        _CURVES,
        ("sweep-test",),
        "Probability of a class while its concept is added or subtracted at every layer, on the "
        "test split; on grey the output has collapsed (flatter than that "
        "of 99 % of unsteered clips, or the same for all) (thesis figure 3.4).",
        "test",
        {"flat_concept": False},
    ),
    "figure-3.5-flat": Figure(
        _CURVES,
        ("sweep-test",),
        "The same with a concept that is expected to cause none of the classes (thesis figure "
        "3.5).",
        "test",
        {"flat_concept": True},
        needs="flat",
    ),
    "figure-3.6-steering-unseen": Figure(
        _CURVES,
        ("sweep-unseen",),
        "Figure 3.4 on a corpus that the network never heard (thesis figure 3.6).",
        "unseen",
        {"flat_concept": False},
    ),
    "figure-3.7-flat-unseen": Figure(
        _CURVES,
        ("sweep-unseen",),
        "Figure 3.5 on a corpus that the network never heard (thesis figure 3.7).",
        "unseen",
        {"flat_concept": True},
        needs="flat",
    ),
    "figure-3.8-one-to-all": Figure(
        "tonotopy.studies.steering.figures.one_to_all",
        ("sweep-layers",),
        "All layers steered with the vector of one layer (thesis figure 3.8).",
        "layers",
    ),
    "figure-3.9-cosines": Figure(
        "tonotopy.studies.steering.figures.cosines",
        ("cosines",),
        "Cosine between the vectors of a concept and of its class, per layer (thesis figure 3.9).",
    ),
    "matrix": Figure(
        "tonotopy.studies.steering.figures.matrix",
        ("slopes",),
        "Slope of every class's probability along every concept; planted causes are outlined, and "
        "a dot marks a slope that differs from 0 after Benjamini-Hochberg correction (q < .05).",
    ),
    "controls": Figure(
        "tonotopy.studies.steering.figures.controls",
        ("clip_slopes",),
        "Slopes along the concepts beside those of random vectors, vectors of shuffled labels and "
        "vectors of an untrained network.",
        "controls",
    ),
}
FIGURES = {**_HIERARCHY, **_STEERING}


def drawable(room: str, study: dict, families: set[str]) -> list[str]:
    """Return the figures that a study allows.

    Args:
        room: kind of study.
        study: its entry, with sweeps, folds and settings.
        families: kinds of its networks, see `hierarchy.families`.
    """
    return [
        name
        for name, figure in FIGURES.items()
        if figure.room == room
        and (figure.sweep is None or figure.sweep in study["sweeps"])
        and (figure.needs is None or study[figure.needs])
        and not (figure.options.get("contrast") == "folds" and "grouped" not in study["folds"])
        and _has_networks(figure.options.get("families", "all"), families)
    ]


def _has_networks(wanted: str, families: set[str]) -> bool:
    """Tell whether there is an AST ("ast"), another network ("convolutional"), or need not be."""
    return {"ast": "ast" in families, "convolutional": families != {"ast"}, "all": True}[wanted]
