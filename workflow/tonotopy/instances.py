"""Studies run on named corpora and networks: what a configuration has, and what they need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tonotopy.corpora.catalogue import is_embedded
from tonotopy.corpora.classes import expected_classes
from tonotopy.corpora.gaps import about_class
from tonotopy.errors import InputError, nearest
from tonotopy.studies import STUDIES
from tonotopy.study import Config, Entry, Study

USER = "folder"  # maker of a user's own corpora
OUTPUTS = "outputs"  # key of an entry that says which outputs of a network stand for classes


@dataclass(frozen=True)
class Instance:
    """A study run on the corpora and networks of one entry.

    Attributes:
        study: what is done.
        name: of the entry in the study's section.
        entry: its settings.
    """

    study: Study
    name: str
    entry: Entry

    @property
    def place(self) -> str:
        """Where its settings stand in the configuration."""
        return f"{self.study.name}.{self.name}"


def instance(config: Config, study: str, name: str) -> Instance:
    """Return an instance by its names, which must be known."""
    return Instance(STUDIES[study], name, config[study][name])


def running(config: Config) -> list[Instance]:
    """Return the instances of a run, study by study.

    Raises:
        InputError: ``run`` names a study or an instance that is not there.
    """
    instances = []
    for text in config["run"]:
        study, _, name = text.partition("/")
        if study not in STUDIES:
            raise InputError(f"run: '{text}': there is no study '{study}'{nearest(study, STUDIES)}")
        entries = config.get(study) or {}
        if name not in entries:
            raise InputError(f"run: '{name}' is not below '{study}'{nearest(name, entries)}")
        instances.append(instance(config, study, name))
    order = list(STUDIES)
    return sorted(instances, key=lambda one: order.index(one.study.name))


def known_names(config: Config) -> dict[str, list[str]]:
    """Return study -> names of all its instances in the configuration, running or not."""
    return {study: sorted(config.get(study) or {}) for study in STUDIES}


def networks_of(one: Instance, config: Config) -> list[str]:
    """Return the networks that an instance needs, those that they learn from included."""
    names = [need.name for need in one.study.needs(one.entry) if need.section == "networks"]
    for name in names:
        teacher = config["networks"][name].get("training", {}).get("teacher")
        if teacher and teacher not in names:
            names.append(teacher)
    return list(dict.fromkeys(names))


def corpora_of(one: Instance, config: Config) -> list[str]:
    """Return the corpora that an instance needs: those its networks learn from, then its own."""
    names = [config["networks"][name].get("corpus") for name in networks_of(one, config)]
    names += [need.name for need in one.study.needs(one.entry) if need.section == "corpora"]
    return [name for name in dict.fromkeys(names) if name]


def used(config: Config) -> tuple[list[str], list[str]]:
    """Return the names of the corpora and networks that the instances of a run need."""
    instances = running(config)
    corpora = [name for one in instances for name in corpora_of(one, config)]
    networks = [name for one in instances for name in networks_of(one, config)]
    return list(dict.fromkeys(corpora)), list(dict.fromkeys(networks))


def embedded(one: Instance, config: Config) -> bool | None:
    """Tell whether an instance's sound is made here; None where some of it is recorded."""
    facts = {is_embedded(maker) for maker in makers(one, config).values()}
    return facts.pop() if len(facts) == 1 else None


def makers(one: Instance, config: Config) -> dict[str, str]:
    """Return corpus -> maker of the corpora that an instance needs."""
    return {name: config["corpora"][name]["maker"] for name in corpora_of(one, config)}


def of_user(one: Instance, config: Config) -> bool:
    """Tell whether an instance hears a user's own audio, or by a network that no paper is about."""
    entries = [config["networks"][name] for name in networks_of(one, config)]
    return USER in makers(one, config).values() or not all(map(_made_here, entries))


def as_constructed(one: Instance, config: Config) -> list[str]:
    """Return the networks of an instance that are a user's modules without weights."""
    entries = {name: config["networks"][name] for name in networks_of(one, config)}
    modules = {n: e for n, e in entries.items() if "module" in e and not _made_here(e)}
    return [name for name, entry in modules.items() if not entry.get("weights")]


def _made_here(network: Entry) -> bool:
    """Tell whether a network's module is one of this package."""
    inside = network.get("module", "").startswith("tonotopy.")
    return inside or bool({"architecture", "published"} & network.keys())


def class_names(config: Config) -> list[dict]:
    """Return the classes that a run's instances name: key, name, corpus and splits of each."""
    return [
        {
            "key": f"{one.place}.{class_name.key}",
            "name": class_name.name,
            "corpus": class_name.corpus,
            "splits": list(class_name.splits),
        }
        for one in running(config)
        for class_name in one.study.class_names(one.entry, config)
    ]


def check_expected_names(config: Config) -> None:
    """Compare the classes that entries name with those that corpora are expected to have.

    Corpora whose classes nobody can tell before they are built are left to `check_class_names`.

    Raises:
        InputError: see `check_class_names`; or a folder cannot be read.
    """
    expected = {name: expected_classes(config["corpora"][name]) for name in named_corpora(config)}
    classes = {name: names for name, names in expected.items() if names is not None}
    check_class_names([e for e in class_names(config) if e["corpus"] in classes], classes)


def named_corpora(config: Config) -> list[str]:
    """Return the corpora whose classes the instances of a run name."""
    return sorted({entry["corpus"] for entry in class_names(config)})


def check_class_names(entries: list[dict], classes: dict[str, list[str]]) -> None:
    """Compare the classes that entries name with those that corpora have.

    Where an entry says which outputs stand for classes, all classes of the corpus need one.

    Args:
        entries: see `class_names`.
        classes: corpus -> its classes.

    Raises:
        InputError: the message begins with the key and has the nearest class.
    """
    with_output: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        available, corpus = classes[entry["corpus"]], entry["corpus"]
        if entry["name"] not in available:
            hint = nearest(entry["name"], available)
            raise InputError(
                f"{entry['key']}: corpus {corpus} has no class '{entry['name']}'{hint}"
            )
        if entry["key"].endswith(f".{OUTPUTS}"):
            with_output.setdefault((entry["key"], corpus), []).append(entry["name"])
    for (key, corpus), names in with_output.items():
        if missing := [name for name in classes[corpus] if name not in names]:
            raise InputError(
                f"{key}: class '{missing[0]}' of corpus {corpus} has no output: say which output "
                "of the network it is, or leave the class out of the corpus (its 'leave_out')"
            )


def check_class_clips(
    entries: list[dict],
    counts: dict[str, dict[str, dict[str, int]]],
    notes: Mapping[str, Sequence[str]],
) -> None:
    """Look whether corpora have clips of the classes that entries name, in the splits they need.

    Args:
        entries: see `class_names`.
        counts: corpus -> split -> class -> number of its clips.
        notes: corpus -> lines of its build report.

    Raises:
        InputError: the message begins with the key and says what to do.
    """
    for entry in entries:
        name, corpus = entry["name"], entry["corpus"]
        for split in entry["splits"]:
            if not counts[corpus][split].get(name):
                told = about_class(name, split, notes[corpus]) or (
                    f"no clip of '{name}' in split {split}: give it more clips, or other splits "
                    "(its corpus.json tells what was dropped and why)"
                )
                raise InputError(f"{entry['key']}: corpus {corpus}: {told}")
