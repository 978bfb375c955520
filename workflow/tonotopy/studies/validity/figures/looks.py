"""What the figures of study 7 share: names and looks of methods and attributes."""

from tonotopy.drawing.names import literal
from tonotopy.drawing.style import COLOURS

NAMES = {
    "steering_probes": "steering, probe vectors",
    "steering_means": "steering, class means",
    "steering_lda": "steering, LDA",
    "derivative": "derivative of the logit",
    "tcav": "TCAV",
    "cosine": "cosine of vectors",
    "attribution": "relevance on the stem",
    "deletion": "deletion of the stem",
    "patching": "patching one layer",
    "sonification": "sonification",
    "untrained": "steering, untrained copy",
    "random": "random vectors",
    "random_covariance": "random, with covariance",
    "shuffled": "shuffled labels",
}
KINDS = {
    "intervention": COLOURS[6],
    "steering": COLOURS[0],
    "gradient": COLOURS[2],
    "encoding": COLOURS[4],
    "attribution": COLOURS[1],
    "sonification": COLOURS[3],
    "own": COLOURS[7],
    "null": "0.55",
}
KIND_NAMES = {"own": "own methods", "null": "null vectors"}
ATTRIBUTES = ("lead", "rhythm", "bass", "pad", "tempo", "key", "piano")


def name_of(method: str) -> str:
    """Return what a method is called in figures; of a user's own that of its function."""
    return NAMES.get(method, literal(method.rpartition(":")[2].replace("_", " ")))
