"""Study 4: what do the feature maps of networks that hear raw waveforms sound like?"""

from tonotopy import places
from tonotopy.entries import first_network, network_needs, trainings
from tonotopy.errors import InputError, nearest
from tonotopy.networks.answers import check_differentiable
from tonotopy.networks.published import front_end_kind, front_end_settings
from tonotopy.studies.sonification.figures import FIGURES
from tonotopy.study import Answer, Config, Entry, Need, Study
from tonotopy.training.settings import check_training

HEARS = "waveform"  # the kind of front end that gives a network the samples themselves
UNTRAINED = "untrained"
ALWAYS = (
    "layers",
    "similarity",
    "exactness",
    "shifts",
    "filters",
    "responses",
    "favourites",
    "excerpts",
)


def heard_corpus(entry: Entry, config: Config) -> str | None:
    """Return the corpus whose test clips are sonified: by default the first network's own."""
    return entry.get("heard") or config["networks"][first_network(entry)].get("corpus")


def learned_corpus(entry: Entry, config: Config) -> str | None:
    """Return the corpus whose training clips choose the map of each class."""
    own = config["networks"][first_network(entry)].get("corpus")
    return entry.get("learned") or own or heard_corpus(entry, config)


def keeps_parts(entry: Entry, config: Config) -> bool:
    """Return whether the parts of the sonified clips are known."""
    return bool(config["corpora"][heard_corpus(entry, config)].get("parts"))


def _needs(entry: Entry) -> list[Need]:
    needs = network_needs(entry)
    needs += [Need("corpora", entry[k], k) for k in ("heard", "learned") if entry.get(k)]
    for name, task in (entry.get("transfers") or {}).items():
        needs.append(Need("corpora", task["corpus"], f"transfers.{name}.corpus"))
    return needs


def _tables(entry: Entry) -> list[str]:
    answers = entry.get("answers")
    asked = {
        "answers": True,
        "transfers": entry.get("transfers"),
        "residuals": answers and entry.get("residuals"),
        "targeted": answers and entry.get("targets"),
        "matches": entry.get("matches"),
        "evolution": entry.get("evolution"),
    }
    return [*ALWAYS, *(name for name, wanted in asked.items() if wanted)]


def _check(path: str, entry: Entry, config: Config) -> None:
    if UNTRAINED in entry["networks"]:
        raise InputError(
            f"{path}.networks.{UNTRAINED}: is the name of the untrained copy, which is always "
            "there: choose another one"
        )
    for kind, _, name in trainings(entry):
        _check_hears(f"{path}.networks.{kind}", name, config)
    _check_corpora(path, entry, config)
    _check_transfers(path, entry, config)
    _check_evolution(path, entry, config)
    if entry.get("matches") and not keeps_parts(entry, config):
        corpus = heard_corpus(entry, config)
        raise InputError(
            f"{path}.matches: corpus '{corpus}' keeps no parts: set 'parts: true' in its entry, "
            "or matches: false"
        )


def _check_hears(place: str, name: str, config: Config) -> None:
    network = config["networks"][name]
    kind = front_end_kind(network)
    if kind != HEARS:
        raise InputError(
            f"{place}: network '{name}' hears through front end '{kind}'; only networks that hear "
            f"the samples themselves can be sonified (front_end: {{kind: {HEARS}, rate: ...}})"
        )
    check_differentiable(place, name, network, "sonification")


def _check_corpora(path: str, entry: Entry, config: Config) -> None:
    if heard_corpus(entry, config) is None:
        raise InputError(
            f"{path}.heard: network '{first_network(entry)}' is not trained here: name the corpus "
            "whose clips are sonified"
        )


def _check_transfers(path: str, entry: Entry, config: Config) -> None:
    tasks = entry.get("transfers") or {}
    for name, task in tasks.items():
        place = f"{path}.transfers.{name}"
        front_end = front_end_settings(config["networks"][first_network(entry)])
        check_training({**task, "front_end": front_end}, f"{place}.")
    answers = entry.get("answers")
    if answers is None:
        for key in ("residuals", "targets"):
            if entry.get(key):
                raise InputError(
                    f"{path}.{key}: needs 'answers', the transfer whose classifiers answer: name "
                    f"it, or set {key}: false"
                )
        return
    if answers not in tasks:
        raise InputError(
            f"{path}.answers: there is no transfer '{answers}'{nearest(answers, tasks)}"
        )
    if "head" not in tasks[answers]["learn"]:
        raise InputError(f"{path}.answers: transfer '{answers}' does not learn a head: add it")


def _check_evolution(path: str, entry: Entry, config: Config) -> None:
    evolution = entry.get("evolution")
    layers = entry.get("layers")
    for key in ("shown", "evolution"):
        for name in (entry.get(key) or {}).get("layers", []) if layers else ():
            if name not in layers:
                hint = nearest(name, layers)
                raise InputError(f"{path}.{key}.layers: '{name}' is not among the layers{hint}")
    for kind, _, name in trainings(entry) if evolution else ():
        kept = (config["networks"][name].get("training") or {}).get("snapshots", [])
        for epoch in evolution["epochs"]:
            if "architecture" in config["networks"][name] and epoch not in kept:
                raise InputError(
                    f"{path}.evolution.epochs: network '{name}' ({kind}) keeps no weights after "
                    f"epoch {epoch}: add it to networks.{name}.training.snapshots"
                )


def _sources(scale: str, entry: Entry, config: Config) -> dict[str, str]:
    return {"network": places.network(scale, first_network(entry))}


ANSWERS = (
    Answer(
        "sonification.coherence_deepest",
        supported="At the deepest layer, contrastive sonifications are more coherent with their "
        "inputs than supervised ones, by more than .08.",
        contradicted="At the deepest layer, contrastive sonifications do not exceed supervised "
        "ones by the .08 of coherence that is asked.",
        inconclusive="Whether contrastive sonifications exceed supervised ones by .08 of "
        "coherence, this run cannot tell.",
    ),
    Answer(
        "sonification.coherence_preserved",
        supported="At the deepest layer, sonifications of the contrastive network are more "
        "coherent with their inputs than those of an untrained one, by more than .05.",
        contradicted="At the deepest layer, sonifications of the contrastive network do not "
        "exceed those of an untrained one by the .05 of coherence that is asked.",
        inconclusive="Whether contrastive sonifications exceed untrained ones by .05 of "
        "coherence, this run cannot tell.",
    ),
    Answer(
        "sonification.full_over_scratch",
        supported="Fine-tuned as a whole, the contrastive network scores above one trained from "
        "scratch (mean average precision), at the labels and epochs set for each task judged; "
        "longer training can close the gap.",
        contradicted="Fine-tuned as a whole, the contrastive network scores below one trained "
        "from scratch (mean average precision), at the labels and epochs set for each task "
        "judged.",
        inconclusive="Whether the contrastive network, fine-tuned as a whole, scores above one "
        "trained from scratch, this run cannot tell.",
    ),
)

STUDY = Study(
    name="sonification",
    title="Study 4: sonification",
    source="S. Yadav, Interpreting intermediate feature representations of raw-waveform deep CNNs "
    "by sonification",
    needs=_needs,
    tables=_tables,
    figures=FIGURES,
    statistics="tonotopy.studies.sonification.statistics",
    settings=(
        "networks",
        "layers",
        "transfers",
        "answers",
        "shown",
        "evolution",
        "coherence",
    ),
    check=_check,
    sources=_sources,
    exhibits="tonotopy.studies.sonification.exhibits",
    listening="tonotopy.studies.sonification.listening",
    question="How much of a clip can be heard in the maps of networks that hear raw waveforms?",
    headline="figure-6.3-coherence",
    answers=ANSWERS,
)
