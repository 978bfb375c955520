"""Study 3: what did a network listen to, split into components that can be heard?"""

from tonotopy import places
from tonotopy.errors import InputError, nearest
from tonotopy.networks.answers import check_classifies, check_differentiable
from tonotopy.relevance.composites import parse
from tonotopy.studies.relevance.figures import FIGURES
from tonotopy.study import Answer, ClassName, Config, Entry, Need, Study

RENDERS = "log10_mel"  # the kind of front end whose mel spectrogram can be made sound
ALWAYS = (
    "predictions",
    "objectives",
    "conservation",
    "sums",
    "histogram",
    "examples",
    "aupc",
    "randomisation",
)


def explained_corpus(entry: Entry, config: Config) -> str:
    """Return the corpus whose test clips are explained: by default the one the network learned."""
    return entry.get("explained") or config["networks"][entry["network"]]["corpus"]


def learned_corpus(entry: Entry, config: Config) -> str:
    """Return the corpus whose training clips subspaces are fitted to: the network's, if known."""
    return config["networks"][entry["network"]].get("corpus") or explained_corpus(entry, config)


def renders(entry: Entry, config: Config) -> bool:
    """Return whether the network's front end can be made sound of."""
    front_end = config["networks"][entry["network"]].get("front_end") or {}
    return front_end.get("kind") == RENDERS


def _needs(entry: Entry) -> list[Need]:
    needs = [Need("networks", entry["network"], "network")]
    if entry.get("explained"):
        needs.append(Need("corpora", entry["explained"], "explained"))
    return needs


def _tables(entry: Entry) -> list[str]:
    asked = {
        "overlaps": entry.get("objects"),
        "localisation": entry.get("objects"),
        "renderings": entry.get("objects"),
        "exchanged": entry.get("exchanged"),
        "planted": entry.get("planted"),
        "gammas": entry.get("gammas"),
        "folds": entry.get("folds"),
    }
    return [*ALWAYS, *(name for name, wanted in asked.items() if wanted)]


def _check(path: str, entry: Entry, config: Config) -> None:
    name, network = entry["network"], config["networks"][entry["network"]]
    check_differentiable(f"{path}.network", name, network, "relevance")
    if "corpus" not in network and not entry.get("explained"):
        raise InputError(
            f"{path}.explained: network '{name}' is not trained here: name the corpus whose clips "
            "it is to be explained on"
        )
    check_classifies(f"{path}.outputs", entry, network, "relevance")
    parse(entry["composite"], f"{path}.composite")
    _check_shown(path, entry)
    _check_parts(path, entry, config)
    if entry.get("folds") and "architecture" not in network:
        raise InputError(
            f"{path}.folds: network '{name}' is not trained here, so that nothing can be trained "
            "on folds: set folds: null"
        )


def _check_shown(path: str, entry: Entry) -> None:
    """Refuse what is shown without having been fitted."""
    layer, components = entry["shown"]["layer"], entry["shown"]["components"]
    layers = entry.get("layers")
    if layers is not None and layer not in layers:
        hint = nearest(layer, layers)
        raise InputError(f"{path}.shown.layer: '{layer}' is not among the layers{hint}")
    if components not in entry["components"]:
        raise InputError(
            f"{path}.shown.components: {components} is not among the numbers of components, "
            f"{', '.join(map(str, entry['components']))}"
        )


def _check_parts(path: str, entry: Entry, config: Config) -> None:
    """Refuse comparisons with parts that the corpus does not keep or the network does not hear."""
    asked = [key for key in ("objects", "causes") if entry.get(key)]
    if not asked:
        return
    corpus = explained_corpus(entry, config)
    if not config["corpora"][corpus].get("parts"):
        raise InputError(
            f"{path}.{asked[0]}: corpus '{corpus}' keeps no parts: set 'parts: true' in its entry, "
            f"or {asked[0]}: null"
        )
    if not renders(entry, config):
        raise InputError(
            f"{path}.{asked[0]}: parts are compared on the mel spectrogram of a front end of kind "
            f"{RENDERS}, which network '{entry['network']}' does not have: set {asked[0]}: null"
        )
    if "objects" not in asked:
        raise InputError(f"{path}.causes: needs objects, which parts are among: name them")
    for part in entry.get("causes") or {}:
        if part not in entry["objects"]:
            raise InputError(
                f"{path}.causes: '{part}' is not among the objects{nearest(part, entry['objects'])}"
            )


def _class_names(entry: Entry, config: Config) -> list[ClassName]:
    corpus = explained_corpus(entry, config)
    names = [ClassName("exchanged", name, corpus) for name in entry.get("exchanged") or []]
    for part, classes in (entry.get("causes") or {}).items():
        names += [ClassName(f"causes.{part}", name, corpus) for name in classes]
    return names + [ClassName("outputs", name, corpus) for name in entry.get("outputs") or {}]


def _sources(scale: str, entry: Entry, config: Config) -> dict[str, str]:
    return {
        "history": places.history(scale, entry["network"]),
        "network": places.network(scale, entry["network"]),
    }


ANSWERS = (
    Answer(
        "relevance.distinct",
        supported="In the layers judged (conv3, conv4, as far as the entry has them), components "
        "tell a clip's parts apart better than the best of a few random bases (ratio above 1).",
        contradicted="In the layers judged (conv3, conv4, as far as the entry has them), "
        "components tell a clip's parts apart worse than the best of a few random bases (ratio "
        "below 1).",
        inconclusive="Whether components tell a clip's parts apart better than the best of a few "
        "random bases, this run cannot tell.",
    ),
    Answer(
        "relevance.over_untrained",
        supported="Components of the trained network tell parts apart better than those of an "
        "untrained one (ratio above 1).",
        contradicted="Components of an untrained network tell parts apart better than those of "
        "the trained one: distinct components are no sign of learning.",
        inconclusive="Whether components of the trained network tell parts apart better than "
        "those of an untrained one, this run cannot tell.",
    ),
    Answer(
        "relevance.muting",
        supported="Where relevance prefers a stem that causes genres, muting that stem lowers the "
        "logit (rank correlation over clips and stems above .5).",
        contradicted="Relevance on a stem that causes genres and the fall of the logit when it is "
        "muted have a rank correlation below the .5 that this control asks.",
        inconclusive="Whether relevance and the effect of muting have a rank correlation above "
        ".5, this run cannot tell.",
    ),
)

STUDY = Study(
    name="relevance",
    title="Study 3: relevance",
    source="S. Harck, Disentangled Explanations for Neural Network Predictions on Audio Data",
    needs=_needs,
    tables=_tables,
    figures=FIGURES,
    statistics="tonotopy.studies.relevance.statistics",
    settings=("network", "layers", "components", "shown", "objects", "causes", "exchanged"),
    check=_check,
    class_names=_class_names,
    sources=_sources,
    exhibits="tonotopy.studies.relevance.exhibits",
    listening="tonotopy.studies.relevance.listening",
    question="What did a network listen to, and can that be split into parts that can be heard?",
    headline="disentanglement",
    answers=ANSWERS,
)
