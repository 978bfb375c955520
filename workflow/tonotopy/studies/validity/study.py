"""Study 7: which method recovers what causes a network's answer?"""

from tonotopy import places
from tonotopy.corpora.classes import expected_classes
from tonotopy.corpora.embedded.attributes import ATTRIBUTES, chosen_values
from tonotopy.errors import InputError, nearest
from tonotopy.studies.steering.study import class_corpus
from tonotopy.studies.validity.answers import ANSWERS, HEADLINE, LEAD, QUESTION
from tonotopy.studies.validity.catalogue import check_methods
from tonotopy.studies.validity.figures import FIGURES
from tonotopy.study import Config, Entry, Need, Study

TABLES = ("effects", "layers", "matrices", "methods", "marks", "mark_draws")


def _needs(entry: Entry) -> list[Need]:
    corpora = {f"twins.{name}": corpus for name, corpus in entry["twins"].items()}
    if entry.get("parts"):
        corpora["parts"] = entry["parts"]
    needs = [Need("networks", entry["network"], "network")]
    return needs + [Need("corpora", corpus, key) for key, corpus in corpora.items()]


def _check(path: str, entry: Entry, config: Config) -> None:
    steered = _steering(path, entry, config)
    world = class_corpus(steered, config)
    if config["corpora"][world]["maker"] != "planted_music":
        raise InputError(
            f"{path}.steering: the classes of '{entry['steering']}' are those of corpus {world}, "
            "which is no corpus of the planted world (maker planted_music): twins, and with them "
            "the truth, exist there alone"
        )
    if entry["attribute"] not in entry["twins"]:
        raise InputError(
            f"{path}.attribute: there are no twins of '{entry['attribute']}' in {path}.twins"
            f"{nearest(entry['attribute'], entry['twins'])}"
        )
    for attribute, name in entry["twins"].items():
        _check_twins(f"{path}.twins.{attribute}", attribute, name, world, config)
    _check_values(path, entry, steered["concepts"], config)
    if entry.get("parts"):
        _check_parts(f"{path}.parts", entry, world, config)
    check_methods(f"{path}.methods", entry["methods"])


def _steering(path: str, entry: Entry, config: Config) -> Entry:
    """Return the entry of the steering instance; refuse one that does not run, or steers another
    network."""
    name, known = entry["steering"], config.get("steering") or {}
    if name not in known:
        raise InputError(f"{path}.steering: '{name}' is not below 'steering'{nearest(name, known)}")
    if f"steering/{name}" not in config["run"]:
        raise InputError(
            f"{path}.steering: 'steering/{name}' is not in 'run': add it, its vectors are marked"
        )
    if known[name]["network"] != entry["network"]:
        raise InputError(
            f"{path}.network: '{entry['network']}' is not the network of steering.{name}, which is "
            f"'{known[name]['network']}'"
        )
    return known[name]


def _check_twins(key: str, attribute: str, name: str, world: str, config: Config) -> None:
    twins, own = config["corpora"][name], config["corpora"][world]
    if attribute not in ATTRIBUTES:
        raise InputError(f"{key}: no attribute '{attribute}'{nearest(attribute, ATTRIBUTES)}")
    if twins["maker"] != "planted_twins":
        raise InputError(f"{key}: corpus '{name}' has no twins (maker {twins['maker']})")
    if twins["attribute"] != attribute:
        raise InputError(
            f"{key}: the twins of corpus '{name}' differ in '{twins['attribute']}', not in "
            f"'{attribute}'"
        )
    if twins["of"]["causes"] != own["causes"]:
        raise InputError(
            f"{key}: corpus '{name}' has other causes than corpus '{world}', whose classes the "
            f"network learned: let corpora.{name}.of.causes be corpora.{world}.causes"
        )


def _check_parts(key: str, entry: Entry, world: str, config: Config) -> None:
    _check_twins(key, entry["attribute"], entry["parts"], world, config)
    parts = config["corpora"][entry["parts"]]
    if not parts.get("parts"):
        raise InputError(
            f"{key}: corpus '{entry['parts']}' keeps no parts: set 'parts: true' there"
        )
    whole = config["corpora"][entry["twins"][entry["attribute"]]]
    if set(_values(parts)) != set(_values(whole)):
        raise InputError(
            f"{key}: corpus '{entry['parts']}' has other values of '{entry['attribute']}' than "
            f"corpus '{entry['twins'][entry['attribute']]}'"
        )


def _check_values(path: str, entry: Entry, concepts: str, config: Config) -> None:
    """Refuse values without a vector, and a single value, which nothing is compared with."""
    name = entry["twins"][entry["attribute"]]
    values, classes = (
        _values(config["corpora"][name]),
        expected_classes(config["corpora"][concepts]),
    )
    if len(values) < 2:
        raise InputError(f"{path}.twins.{entry['attribute']}: corpus '{name}' has a single value")
    for value in values:
        if classes is not None and value not in classes:
            raise InputError(
                f"{path}.attribute: value '{value}' of '{entry['attribute']}' is no class of "
                f"corpus {concepts}, whose classes are the concepts of "
                f"steering.{entry['steering']}"
                f"{nearest(value, classes)}"
            )


def _values(corpus: Entry) -> list[str]:
    sounds = corpus["of"].get("sounds", "seen")
    return list(chosen_values(corpus["attribute"], corpus.get("values"), sounds))


def _sources(scale: str, entry: Entry, config: Config) -> dict[str, str]:
    steering = entry["steering"]
    return {
        "steering_slopes": places.table(scale, "steering", steering, "clip_slopes"),
        "network": places.network(scale, entry["network"]),
    }


STUDY = Study(
    name="validity",
    title="Study 7: validity",
    source="beyond the papers: methods marked against interventions",
    needs=_needs,
    tables=lambda entry: list(TABLES),
    figures=FIGURES,
    statistics="tonotopy.studies.validity.statistics",
    settings=("network", "steering", "attribute", "twins", "methods"),
    check=_check,
    sources=_sources,
    question=QUESTION,
    headline=HEADLINE,
    lead=LEAD,
    answers=ANSWERS,
)
