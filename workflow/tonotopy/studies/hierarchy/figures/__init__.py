"""The figures of study 1: what each shows, and what it is drawn from."""

from tonotopy.studies.hierarchy.families import families
from tonotopy.study import Config, Entry, Figure


def _without(key: str):
    """Return what stands in the way of a figure that needs a key of the entry."""
    return lambda entry, config: None if entry[key] else f"the entry has no '{key}'"


def _without_two_folds(entry: Entry, config: Config) -> str | None:
    lacking = [kind for kind in ("paper", "grouped") if kind not in entry["folds"]]
    return f"the entry has no {lacking[0]} folds" if lacking else None


def _without_ast(entry: Entry, config: Config) -> str | None:
    return None if "ast" in families(entry, config).values() else "no network is an AST"


def _without_convolutions(entry: Entry, config: Config) -> str | None:
    only_asts = set(families(entry, config).values()) == {"ast"}
    return "all networks are ASTs" if only_asts else None


def _without_truncated_clips(entry: Entry, config: Config) -> str | None:
    return _without_convolutions(entry, config) or _without("second")(entry, config)


def _curves(
    caption: str, families: str, contrast: str, obstacle=None, printed: str = "", **options
) -> Figure:
    """Return a figure of accuracy over layers with a variant beside it."""
    options = {"families": families, "contrast": contrast, **options}
    extra = {} if obstacle is None else {"obstacle": obstacle}
    return Figure("layer_curves", ("profiles",), caption, options, printed=printed, **extra)


FIGURES = {
    "table-2.2-corpora": Figure(
        "corpora",
        ("profiles",),
        "Clips, classes and chance of every task.",
        printed="Thesis table 2.2, whose numbers stand beside those of its own corpora.",
    ),
    "figure-2.1-layers": _curves(
        "Accuracy of a nearest-neighbour probe on the layers of every network but ASTs, with "
        "intervals over clips, at the k whose peak is best on the same clips (which flatters it a "
        "little); dashed: a copy with random weights.",
        "convolutional",
        "copy",
        _without_convolutions,
        "Thesis figure 2.1, whose named peaks are marked.",
        peaks=True,
    ),
    "figure-2.2-neighbours": Figure(
        "neighbours",
        ("profiles",),
        "Accuracy on the layers of every network at every k, the curve with the best peak thick.",
        printed="Thesis figure 2.2, of CLAP.",
    ),
    "figure-2.3-beginnings": _curves(
        "Whole clips against their beginnings, as long as the legend says; tasks whose clips are "
        "no longer have one curve.",
        "convolutional",
        "length",
        _without_truncated_clips,
        "Thesis figure 2.3.",
    ),
    "figure-2.4-ast": _curves(
        "Accuracy on the class token after every layer of an AST; dashed: a copy with random "
        "weights.",
        "ast",
        "copy",
        _without_ast,
        "Thesis figure 2.4, whose named peaks are marked.",
        peaks=True,
    ),
    "centres": Figure(
        "centres",
        ("centres",),
        "Centre of mass of the above-chance accuracy over relative depth, with its interval over "
        "clips. The hierarchy holds where low-level tasks lie left of high-level ones.",
    ),
    "folds": _curves(
        "Folds that are drawn without regard to groups against folds that keep a group (a speaker, "
        "song or artist) together. Where the dashed curve is lower, the probe had recognised whom "
        "it knew. Tasks of which no two clips are known to belong together, or whose groups are "
        "too few for such folds, have one curve.",
        "all",
        "folds",
        _without_two_folds,
        "The first are the thesis's.",
    ),
    "linear": _curves(
        "Nearest neighbours against a linear probe on the same folds.",
        "all",
        "probe",
        _without("inverse_penalty"),
    ),
    "tagging": Figure(
        "tagging",
        ("tagging",),
        "Mean average precision on the classes that the networks were trained to tag, beside "
        "untrained copies: a check of the weights.",
        obstacle=_without("tagging"),
    ),
}
