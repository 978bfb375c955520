"""The figures of study 7: what each shows, and what it is drawn from."""

from tonotopy.study import Config, Entry, Figure


def _without_sweep(entry: Entry, config: Config) -> str | None:
    sweeps = config["steering"][entry["steering"]]["sweeps"]
    return None if "layers" in sweeps else "the steering instance has no sweep 'layers'"


FIGURES = {
    "marks": Figure(
        "forest",
        ("marks", "methods"),
        "How well each method's matrix agrees with the effects of interventions on the network "
        "itself: rank correlation over pairs of attribute value and class, corrected for noise, "
        "with its interval over base clips and the method's own clips; a tick is the correlation "
        "without correction. Grey: null vectors, which must stay within the grey band.",
    ),
    "matrices": Figure(
        "matrices",
        ("effects", "matrices", "methods", "marks"),
        "E, the effect of exchanging an attribute's value on the probability of each class, and "
        "the matrix of each method, columns centred. Orange raises, violet lowers; each matrix has "
        "a scale of its own, from minus to plus its largest value, which stands below its name; "
        "beside the name is the method's mark over all pairs. Of null methods the first set is "
        "shown.",
        planted="Planted pairs are outlined.",
    ),
    "exposure": Figure(
        "exposure",
        ("effects",),
        "What the network listens to: how far its answer moves (total variation, 0 to 1) when one "
        "attribute of a clip is exchanged and all else is kept, mean over pairs of values, with "
        "intervals over base clips. Hollow: an untrained copy.",
    ),
    "layers": Figure(
        "layers",
        ("layers",),
        "How far the answer moves (total variation, mean over twins) when what one layer reads of "
        "a clip is replaced by what it reads of the clip's twin, which differs in one attribute; "
        "dotted: in all layers at once. Bands are intervals over base clips.",
    ),
    "steered-layers": Figure(
        "steered_layers",
        ("layers", "effects", "steering_slopes"),
        "All layers steered with the vector of one layer (study 2), beside the figure of patched "
        "layers: slope of the class that the instrument raises most in E, as a share of its "
        "largest, over the layer of the vector. Bands are intervals over clips.",
        obstacle=_without_sweep,
    ),
}
