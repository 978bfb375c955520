"""Study 2: does a concept that is found in a network's layers cause its answer?"""

from tonotopy import places
from tonotopy.errors import InputError
from tonotopy.networks.answers import check_classifies
from tonotopy.studies.steering.figures import FIGURES
from tonotopy.study import Answer, ClassName, Config, Entry, Need, Study

TABLES = (
    "predictions",
    "probe_predictions",
    "probe_scores",
    "probe_clips",
    "agreement",
    "cosines",
    "clip_slopes",
    "slopes",
)
PROBED, STEERED = ("train", "test"), ("test",)  # splits with clips of every concept, every class


def class_corpus(entry: Entry, config: Config) -> str:
    """Return the corpus whose classes are steered: by default the one the network learned."""
    return entry.get("classes") or config["networks"][entry["network"]]["corpus"]


def _needs(entry: Entry) -> list[Need]:
    needs = [Need("networks", entry["network"], "network")]
    corpora = {key: entry.get(key) for key in ("classes", "concepts", "unseen")}
    return needs + [Need("corpora", name, key) for key, name in corpora.items() if name is not None]


def _tables(entry: Entry) -> list[str]:
    return [*TABLES, *(f"sweep-{sweep}" for sweep in every_sweep(entry))]


def every_sweep(entry: Entry) -> list[str]:
    """Return the sweeps of an entry, and those of null vectors, which every instance has."""
    unseen = ["unseen_controls"] if "unseen" in entry["sweeps"] else []
    return list(dict.fromkeys([*entry["sweeps"], "controls", *unseen]))


def _check(path: str, entry: Entry, config: Config) -> None:
    if "unseen" in entry["sweeps"] and entry["unseen"] is None:
        raise InputError(f"{path}.sweeps: 'unseen' needs a corpus in {path}.unseen")
    near = {s for s in entry["strengths"] if 0 < abs(s) <= entry["slope_range"]}
    if not near:
        raise InputError(f"{path}.strengths: none lies within slope_range {entry['slope_range']}")
    if not {-s for s in near} & near:
        raise InputError(
            f"{path}.strengths: none within slope_range {entry['slope_range']} is there with both "
            "signs, without which direction and disturbance cannot be told apart; add its opposite"
        )
    name, network = entry["network"], config["networks"][entry["network"]]
    if "corpus" not in network and not entry.get("classes"):
        raise InputError(
            f"{path}.classes: network '{name}' is not trained here: name the corpus whose classes "
            "it is to tell apart"
        )
    check_classifies(f"{path}.outputs", entry, network, "steering")


def _class_names(entry: Entry, config: Config) -> list[ClassName]:
    concepts, classes = entry["concepts"], class_corpus(entry, config)
    names = []
    for number, pair in enumerate(entry["pairs"]):
        names.append(ClassName(f"pairs.{number}.concept", pair["concept"], concepts, PROBED))
        names += [
            ClassName(f"pairs.{number}.target", target, classes, STEERED)
            for target in pair["target"]
        ]
    if entry.get("flat") is not None:
        names.append(ClassName("flat", entry.get("flat"), concepts, PROBED))
    outputs = entry.get("outputs") or {}
    return names + [ClassName("outputs", output, classes) for output in outputs]


def _sources(scale: str, entry: Entry, config: Config) -> dict[str, str]:
    return {
        "classes": places.corpus(scale, class_corpus(entry, config)),
        "concepts": places.corpus(scale, entry["concepts"]),
        "network": places.network(scale, entry["network"]),
    }


ANSWERS = (
    Answer(
        "steering.auroc",
        supported="Slopes of steering rank planted causes above other pairs of concept and class "
        "(AUROC above .95).",
        contradicted="Slopes of steering rank planted causes above other pairs of concept and "
        "class less well than asked (AUROC below .95).",
        inconclusive="Whether slopes of steering rank planted causes above other pairs with an "
        "AUROC of .95, this run cannot tell.",
    ),
    Answer(
        "steering.pair",
        supported="In every pair judged, steering along the concept raises the probability of its "
        "class by more than 95 % of null vectors do.",
        contradicted="In every pair judged, steering along the concept does not raise the "
        "probability of its class by more than 95 % of null vectors do.",
        inconclusive="Whether steering along concepts raises the probability of their classes by "
        "more than 95 % of null vectors do, this run cannot tell.",
    ),
    Answer(
        "steering.over_random",
        supported="In every pair judged, the concept's vector raises its class by more than 95 % "
        "of random vectors of the same norm move it.",
        contradicted="In every pair judged, the concept's vector does not raise its class by more "
        "than 95 % of random vectors of the same norm move it.",
        inconclusive="Whether concepts' vectors raise their classes by more than 95 % of random "
        "ones of the same norm move them, this run cannot tell.",
    ),
    Answer(
        "steering.emergence",
        supported="On average over concepts, the trained network's best layer tells them better "
        "(macro-F1) than that of a copy with random weights.",
        contradicted="On average over concepts, the trained network's best layer tells them worse "
        "(macro-F1) than that of a copy with random weights.",
        inconclusive="Whether concepts are told better from the trained network than from a copy "
        "with random weights, this run cannot tell.",
    ),
)

STUDY = Study(
    name="steering",
    title="Study 2: steering",
    source="P. Gautam, Investigating Auditory Concepts in Deep Neural Networks, chapter 3",
    needs=_needs,
    tables=_tables,
    figures=FIGURES,
    statistics="tonotopy.studies.steering.statistics",
    settings=("pairs", "flat", "slope_range"),
    check=_check,
    class_names=_class_names,
    sources=_sources,
    exhibits="tonotopy.studies.steering.exhibits",
    listening="tonotopy.studies.steering.listening",
    question="Does a concept that is found in a network's layers cause the network's answer?",
    headline="matrix",
    answers=ANSWERS,
)
