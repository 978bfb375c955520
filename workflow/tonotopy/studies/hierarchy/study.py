"""Study 1: what each layer of a network encodes, from pitch to the number of speakers."""

from tonotopy.studies.hierarchy.figures import FIGURES
from tonotopy.study import Entry, Need, Study

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


STUDY = Study(
    name="hierarchy",
    title="Study 1: hierarchy",
    source="P. Gautam, Investigating Auditory Concepts in Deep Neural Networks, chapter 2",
    needs=_needs,
    tables=_tables,
    figures=FIGURES,
    statistics="tonotopy.studies.hierarchy.statistics",
    settings=("networks", "tasks"),
)
