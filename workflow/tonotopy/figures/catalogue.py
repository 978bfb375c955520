"""Every figure of the workflow: what draws it, from which tables, and what it shows."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """A figure.

    Attributes:
        module: module with ``draw(sources, about)``.
        sources: names of its tables in the study's folder, or "classes", "concepts" (corpora) and
            "network".
        caption: what it shows, for the report.
        sweep: the sweep that it needs, if any.
        options: further entries of ``about``.
    """

    module: str
    sources: tuple[str, ...]
    caption: str
    sweep: str | None = None
    options: dict = field(default_factory=dict)


_CURVES = "tonotopy.figures.steering_curves"
FIGURES = {
    "table-3.1-class-counts": Figure(
        "tonotopy.figures.class_counts",
        ("classes", "concepts"),
        "Clips per class of both corpora, beside the thesis's table 3.1 where it has the class.",
    ),
    "table-3.2-augmentation": Figure(
        "tonotopy.figures.augmentation",
        ("network",),
        "Augmentation in training, beside the thesis's table 3.2.",
    ),
    "figure-3.1-confusion": Figure(
        "tonotopy.figures.confusion",
        ("predictions",),
        "Confusion of classes on the test split, rows sum to 1 (thesis figure 3.1).",
    ),
    "figure-3.2-multiclass-probe": Figure(
        "tonotopy.figures.multiclass_probe",
        ("probe_predictions",),
        "How well one linear probe per layer tells the concepts apart (thesis figure 3.2).",
    ),
    "figure-3.3-binary-probe": Figure(
        "tonotopy.figures.binary_probe",
        ("probe_scores",),
        "How well a linear probe tells one concept from the rest, per layer (thesis figure 3.3).",
    ),
    "figure-3.4-steering": Figure(
        _CURVES,
        ("sweep-test",),
        "Probability of a class while its concept is added or subtracted at every layer, on the "
        "test split; on grey the output has collapsed (thesis figure 3.4).",
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
    ),
    "figure-3.8-one-to-all": Figure(
        "tonotopy.figures.one_to_all",
        ("sweep-layers",),
        "All layers steered with the vector of one layer (thesis figure 3.8).",
        "layers",
    ),
    "figure-3.9-cosines": Figure(
        "tonotopy.figures.cosines",
        ("cosines",),
        "Cosine between the vectors of a concept and of its class, per layer (thesis figure 3.9).",
    ),
    "matrix": Figure(
        "tonotopy.figures.matrix",
        ("slopes",),
        "Slope of every class's probability along every concept; planted causes are outlined, and "
        "a dot marks a slope that differs from 0 after Benjamini-Hochberg correction (q < .05).",
    ),
    "controls": Figure(
        "tonotopy.figures.controls",
        ("clip_slopes",),
        "Slopes along the concepts beside those of random vectors, vectors of shuffled labels and "
        "vectors of an untrained network.",
        "controls",
    ),
}


def drawable(study: dict) -> list[str]:
    """Return the figures that a study's sweeps and settings allow."""
    return [
        name
        for name, figure in FIGURES.items()
        if (figure.sweep is None or figure.sweep in study["sweeps"])
        and not (figure.options.get("flat_concept") and not study.get("flat"))
    ]
