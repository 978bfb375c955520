"""Study 1: what each layer of a network encodes, from pitch to the number of speakers."""

from tonotopy.studies.hierarchy.figures import FIGURES
from tonotopy.study import Answer, Entry, Need, Study

TABLES = ("correct", "profiles", "centres", "tagging", "controls", "folds")


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


ANSWERS = (
    Answer(
        "hierarchy.centre",
        supported="In every network that was judged, low-level tasks are solved in earlier layers "
        "than high-level ones.",
        contradicted="In every network that was judged, low-level tasks are solved in later "
        "layers than high-level ones.",
        inconclusive="Whether low-level tasks are solved in earlier layers than high-level ones, "
        "this run cannot tell.",
    ),
    Answer(
        "hierarchy.centre_untrained",
        supported="Untrained copies show next to none of this order (less than .1 of the depth, "
        "either way).",
        contradicted="Untrained copies show an order of their own, of more than .1 of the depth.",
        inconclusive="Whether untrained copies show next to none of this order, this run cannot "
        "tell.",
    ),
    Answer(
        "hierarchy.trained",
        supported="Every task is easier to read from the trained network than from its untrained "
        "copy.",
        contradicted="Every task is harder to read from the trained network than from its "
        "untrained copy.",
        inconclusive="Whether training makes tasks easier to read, this run cannot tell.",
    ),
)

STUDY = Study(
    name="hierarchy",
    title="Study 1: hierarchy",
    source="P. Gautam, Investigating Auditory Concepts in Deep Neural Networks, chapter 2",
    needs=_needs,
    tables=_tables,
    figures=FIGURES,
    statistics="tonotopy.studies.hierarchy.statistics",
    settings=("networks", "tasks"),
    question="At which depth does a network solve what kind of task, from pitch to the number of "
    "speakers?",
    headline="centres",
    answers=ANSWERS,
)
