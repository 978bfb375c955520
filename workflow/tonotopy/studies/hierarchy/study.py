"""Study 1: what each layer of a network encodes, from pitch to the number of speakers."""

from tonotopy.networks.inputs import with_key
from tonotopy.studies.hierarchy.figures import FIGURES
from tonotopy.study import Answer, Config, Entry, Need, Overview, Study

TABLES = ("correct", "clips", "profiles", "centres", "tagging", "controls", "folds")


def _needs(entry: Entry) -> list[Need]:
    needs = [Need("networks", name, "networks") for name in entry["networks"]]
    needs += [
        Need("corpora", task["corpus"], f"tasks.{name}.corpus")
        for name, task in entry["tasks"].items()
    ]
    if entry["tagging"] is not None:
        needs.append(Need("corpora", entry["tagging"], "tagging"))
    return needs


def _tables(entry: Entry) -> list[str]:
    return [name for name in TABLES if name != "tagging" or entry["tagging"]]


def _given_tables(entry: Entry, config: Config) -> list[str]:
    published = set(with_key(config, "published")) & set(entry["networks"])
    return ["known_answers"] if published else []


ANSWERS = (
    Answer(
        "hierarchy.centre",
        supported="In every network judged, accuracy above chance is centred in earlier layers "
        "for low-level tasks than for high-level ones (mean over tasks).",
        contradicted="In every network judged, accuracy above chance is centred in later layers "
        "for low-level tasks than for high-level ones (mean over tasks).",
        inconclusive="Whether accuracy above chance is centred in earlier layers for low-level "
        "tasks than for high-level ones, this run cannot tell.",
    ),
    Answer(
        "hierarchy.centre_training",
        supported="In every network judged, training moves low-level tasks towards earlier layers "
        "relative to high-level ones: an untrained copy has less of that order or none.",
        contradicted="In every network judged, training moves low-level tasks towards later layers "
        "relative to high-level ones: an untrained copy has more of the hierarchy's order.",
        inconclusive="Whether training or the architecture puts low-level tasks before high-level "
        "ones, this run cannot tell.",
    ),
    Answer(
        "hierarchy.trained",
        supported="In every network and task judged, the best layer is decoded better than the "
        "best layer of an untrained copy (accuracy).",
        contradicted="In every network and task judged, the best layer is decoded worse than the "
        "best layer of an untrained copy (accuracy).",
        inconclusive="Whether the best layers are decoded better than those of untrained copies, "
        "this run cannot tell.",
    ),
)

STUDY = Study(
    name="hierarchy",
    title="Study 1: hierarchy",
    source="P. Gautam, Investigating Auditory Concepts in Deep Neural Networks, chapter 2",
    needs=_needs,
    tables=_tables,
    given_tables=_given_tables,
    figures=FIGURES,
    statistics="tonotopy.studies.hierarchy.statistics",
    settings=("networks", "tasks", "second"),
    question="At which depth does a network solve what kind of task, from pitch to the number of "
    "speakers?",
    headline="centres",
    overview=Overview("best_layers", ("profiles",)),
    answers=ANSWERS,
)
