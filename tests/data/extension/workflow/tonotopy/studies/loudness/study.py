"""A study for the tests: does a network's first layer tell how loud a clip is?"""

from tonotopy.studies.loudness.figures import FIGURES
from tonotopy.study import ClassName, Need, Study


def _class_names(entry: dict, config: dict) -> list[ClassName]:
    return [ClassName("loudest", entry["loudest"], entry["corpus"])] if "loudest" in entry else []


STUDY = Study(
    name="loudness",
    title="Study 0: loudness",
    source="the tests",
    needs=lambda entry: [
        Need("networks", entry["network"], "network"),
        Need("corpora", entry["corpus"], "corpus"),
    ],
    tables=lambda entry: ["levels"],
    figures=FIGURES,
    statistics="tonotopy.studies.loudness.statistics",
    settings=("network", "corpus"),
    class_names=_class_names,
)
