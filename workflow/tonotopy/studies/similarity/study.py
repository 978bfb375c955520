"""Study 5: do the maps of a network match hand-made audio features?"""

from itertools import product

from tonotopy import places
from tonotopy.entries import check_layer, first_network, network_needs, trainings
from tonotopy.errors import InputError, nearest
from tonotopy.networks.published import front_end_kind
from tonotopy.networks.transformer_kinds import KINDS
from tonotopy.studies.similarity.figures import FIGURES
from tonotopy.study import Answer, Config, Entry, Need, Study

WAVEFORM = "waveform"  # the kind of front end that gives no time-frequency grid
LEAST_COPIES = 2  # random ones: a share above them is estimated leaving one out
LEAST_FOLDS = 3  # of probes: one is held out, another chooses the penalty, the rest is fitted to


def unheard(entry: Entry) -> dict[str, str]:
    """Return the networks that learned no sound, by the name of those that they stand beside."""
    return dict(entry.get("unheard") or {})


def heard_corpus(entry: Entry, config: Config) -> str | None:
    """Return the corpus whose test clips are heard: by default the first network's own."""
    return entry.get("heard") or config["networks"][first_network(entry)].get("corpus")


def _needs(entry: Entry) -> list[Need]:
    needs = network_needs(entry)
    needs += [Need("networks", name, f"unheard.{kind}") for kind, name in unheard(entry).items()]
    if entry.get("heard"):
        needs.append(Need("corpora", entry["heard"], "heard"))
    return needs


def _tables(entry: Entry) -> list[str]:
    tables = ["clips", "layers", "similarities", "probes", "answers"]
    return [*tables, "known"] if entry.get("known") else tables


def _check(path: str, entry: Entry, config: Config) -> None:
    for kind in entry.get("seen_through") or {}:
        _check_seen(f"{path}.seen_through", kind, entry, config)
    if heard_corpus(entry, config) is None:
        raise InputError(
            f"{path}.heard: network '{first_network(entry)}' is not trained here: name the corpus "
            "whose clips are heard"
        )
    for kind, name in unheard(entry).items():
        _check_unheard(f"{path}.unheard", entry, config, kind, name)
    for (_, _, name), layer in product(trainings(entry), entry.get("layers") or ()):
        check_layer(f"{path}.layers", layer, name, config)
    _check_numbers(path, entry)


def _check_seen(place: str, kind: str, entry: Entry, config: Config) -> None:
    if kind not in entry["networks"]:
        raise InputError(f"{place}: there is no network '{kind}'{nearest(kind, entry['networks'])}")
    for name in (name for known, _, name in trainings(entry) if known == kind):
        network = config["networks"][name]
        if front_end_kind(network) != WAVEFORM:
            raise InputError(
                f"{place}.{kind}: network '{name}' hears through front end "
                f"'{front_end_kind(network)}', whose output is what its maps are compared with: "
                "leave it out"
            )
        if "transformers" in network and KINDS[network["kind"]].patches:
            raise InputError(
                f"{place}.{kind}: network '{name}' ({network['kind']}) has patches on a "
                "spectrogram of its own, with which its maps are compared: leave it out"
            )


def _check_unheard(place: str, entry: Entry, config: Config, kind: str, name: str) -> None:
    if kind not in entry["networks"]:
        raise InputError(f"{place}: there is no network '{kind}'{nearest(kind, entry['networks'])}")
    own = next(network for known, _, network in trainings(entry) if known == kind)
    for key in ("architecture", "module", "arguments", "kind"):
        wanted, found = (config["networks"][which].get(key) for which in (own, name))
        if wanted != found:
            raise InputError(
                f"{place}.{kind}: network '{name}' has another '{key}' than '{own}' ({found}, "
                f"expected {wanted}): their maps could not be compared"
            )


def _check_numbers(path: str, entry: Entry) -> None:
    if entry["random"] < LEAST_COPIES:
        raise InputError(
            f"{path}.random: {entry['random']} random copies are too few: at least {LEAST_COPIES} "
            "are needed, because one at a time is compared with the others"
        )
    if entry["folds"] < LEAST_FOLDS:
        raise InputError(
            f"{path}.folds: {entry['folds']} are too few: at least {LEAST_FOLDS} are needed, one "
            "to test on, one to choose the penalty on, and the rest to fit to"
        )
    probed, clips = entry.get("probed"), entry.get("clips")
    if probed is not None and (clips is None or clips > probed):
        raise InputError(
            f"{path}.clips: {'all' if clips is None else clips} are more than the {probed} of "
            "'probed', which they are taken from: raise 'probed', or set it to null for all"
        )


def _sources(scale: str, entry: Entry, config: Config) -> dict[str, str]:
    return {"network": places.network(scale, first_network(entry))}


ANSWERS = (
    Answer(
        "similarity.shallow_beyond_all",
        supported="In every early layer judged, more than 1 in 20 maps match the harmonic part, "
        "and more than 1 in 20 the percussive part: beyond the input (r above .1), and more than "
        "random networks, other clips, random phases (and a network without sound) explain.",
        contradicted="In every early layer judged, fewer than 1 in 20 maps match the harmonic "
        "part, and fewer than 1 in 20 the percussive part, beyond the input and what random "
        "networks, other clips, random phases (and a network without sound) explain.",
        inconclusive="Whether more than 1 in 20 maps of early layers match parts of the spectrum "
        "beyond the input and what networks and sound without a match reach, this run cannot "
        "tell.",
    ),
    Answer(
        "similarity.deep_chroma_learnt",
        supported="Chroma is predicted better (higher held-out R2) from every layer judged of the "
        "last third than from that layer with random weights.",
        contradicted="Chroma is predicted worse (lower held-out R2) from every layer judged of "
        "the last third than from that layer with random weights.",
        inconclusive="Whether chroma is predicted better from late layers than from those with "
        "random weights, this run cannot tell.",
    ),
    Answer(
        "similarity.embedding_learnt",
        supported="A clip's loudness and its onset rate are predicted better (higher held-out R2) "
        "from the deepest layer than from that layer with random weights.",
        contradicted="A clip's loudness and its onset rate are predicted worse (lower held-out "
        "R2) from the deepest layer than from that layer with random weights.",
        inconclusive="Whether a clip's loudness and onset rate are predicted better from the "
        "deepest layer than from that layer with random weights, this run cannot tell.",
    ),
)

STUDY = Study(
    name="similarity",
    title="Study 5: similarity",
    source="O. Slizovskaia, E. Gomez and G. Haro, A case study of deep-learned activations via "
    "hand-crafted audio features (2019)",
    needs=_needs,
    tables=_tables,
    figures=FIGURES,
    statistics="tonotopy.studies.similarity.statistics",
    settings=("networks", "unheard", "layers", "random", "known", "shown"),
    check=_check,
    sources=_sources,
    exhibits="tonotopy.studies.similarity.exhibits",
    question="Do the maps of a network match audio features that one would compute by hand?",
    headline="shares",
    answers=ANSWERS,
)
