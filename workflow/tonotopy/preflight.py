"""What a schema cannot tell about a configuration, and what need not wait until a job finds it.

Only what the run uses is looked at: an entry that no study names may be unfinished. Files that are
missing end a run as it begins; a plan, which may be made elsewhere or before, only tells of them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.classes import check_words
from tonotopy.corpora.embedded.attributes import chosen_values
from tonotopy.corpora.labelling import check_expressions, check_files
from tonotopy.corpora.settings import check_shares
from tonotopy.errors import InputError
from tonotopy.instances import check_expected_names, used
from tonotopy.networks import ast_size
from tonotopy.networks.early import check_network

WORD_RULES = ("label", "group", "split")  # keys of a folder's entry that say where words are


def preflight(config: dict) -> None:
    """Check expressions, shares, tasks and sizes of everything that the run uses.

    Args:
        config: a configuration that fits the schema and whose names are all known.

    Raises:
        InputError: the message begins with the key.
    """
    corpora, networks = used(config)
    for name in corpora:
        _check_corpus(f"corpora.{name}", config["corpora"][name], config["audioset"])
    for name in networks:
        if config["networks"][name].get("architecture") == "ast":
            _check_ast(f"networks.{name}", config["networks"][name])


def check_sources(corpora: Iterable[str], config: dict) -> None:
    """Look at the folders and files that corpora are about to be built from, not at their sound.

    Args:
        corpora: their names.
        config: a configuration that has passed `preflight`.

    Raises:
        InputError: the message begins with the key; a folder or file is missing, or labels, groups
            or splits are wrong.
    """
    for name in sorted(corpora):
        entry, path = config["corpora"][name], f"corpora.{name}"
        if entry["maker"] == "audioset" and config["audioset"]["path"]:
            _check_folder("audioset.path", config["audioset"]["path"])
        if entry.get("path"):
            _check_folder(f"{path}.path", entry["path"])
            for key, rule in _rules(entry):
                with _naming(f"{path}.{key}"):
                    check_files(rule, Path(entry["path"]))
        if entry["maker"] == "folder":
            with _naming(path):
                check_words(entry)


def check_adopted(jobs: Iterable, config: dict) -> None:
    """Look whether the modules and files are there that networks are about to be made from.

    Args:
        jobs: of Snakemake, that are about to run.
        config: a configuration that has passed `preflight`.

    Raises:
        InputError: the message begins with the key.
    """
    adopted = {job.wildcards.network for job in jobs if job.rule.name == "adopt_network"}
    for name in sorted(adopted):
        check_network(f"networks.{name}", config["networks"][name])


def missing(config: dict) -> list[str]:
    """Return a note of each thing that a run would be refused for: files, modules, classes.

    Args:
        config: a configuration that has passed `preflight`.
    """
    corpora, networks = used(config)
    notes, checks = [], [partial(check_sources, [name], config) for name in corpora]
    checks += [
        partial(check_network, f"networks.{name}", config["networks"][name])
        for name in networks
        if config["networks"][name].keys() & {"module", "transformers"}
    ]
    checks.append(partial(check_expected_names, config))
    for check in checks:
        try:
            check()
        except InputError as error:
            notes.append(f"note: a run would be refused: {error}")
    return list(dict.fromkeys(notes))


def _check_corpus(key: str, entry: dict, audioset: dict) -> None:
    if entry["maker"] == "audioset":
        _check_audioset(key, entry, audioset)
    if entry["maker"] in PUBLIC:
        _check_public(key, entry)
    _check_planted(key, entry)
    if not entry.get("path", "here").strip():
        raise InputError(f"{key}.path: expected the folder of the audio, not an empty text")
    for rule_name, rule in _rules(entry):
        with _naming(f"{key}.{rule_name}"):
            check_expressions(rule)
            if rule_name != "split":
                _check_no_split(rule)
            elif rule["from"] == "random":
                check_shares(rule.get("shares", {}))


def _check_no_split(rule: dict) -> None:
    if rule["from"] == "random" or rule.keys() & {"values", "rest"}:
        raise InputError("'from: random', 'values' and 'rest' are for splits")


def _check_audioset(key: str, entry: dict, audioset: dict) -> None:
    with _naming("audioset.shares"):
        check_shares(audioset["shares"])
    for name in entry.get("segments", ()):
        if name not in audioset["segments"]:
            known = ", ".join(audioset["segments"])
            raise InputError(f"{key}.segments: '{name}' is not in audioset.segments ({known})")


def _check_planted(key: str, entry: dict) -> None:
    if entry["maker"] == "planted_twins":
        with _naming(f"{key}.values"):
            sounds = entry["of"].get("sounds", "seen")
            chosen_values(entry["attribute"], entry.get("values"), sounds)


def _rules(entry: dict) -> list[tuple[str, dict]]:
    """Return where an entry says that words are: (key, rule)."""
    return [(key, entry[key]) for key in WORD_RULES if key in entry]


def _check_public(key: str, entry: dict) -> None:
    with _naming(f"{key}.version"):
        corpus = PUBLIC[entry["maker"]].version(entry.get("version"))
    with _naming(f"{key}.task"):
        corpus.task(entry["task"])


def _check_folder(key: str, path: str) -> None:
    if not Path(path).is_dir():
        home = ": '~' is not expanded, write the whole path" if path.startswith("~") else ""
        raise InputError(f"{key}: no folder '{path}' (looked from {Path.cwd()}){home}")


def _check_ast(key: str, entry: dict) -> None:
    arguments, front_end = entry.get("arguments", {}), entry["front_end"]
    mels, frames = front_end.get("mels", ast_size.MELS), front_end.get("frames", ast_size.FRAMES)
    with _naming(f"{key}.arguments.patch"):
        ast_size.check_patch(arguments.get("patch", ast_size.PATCH), mels, frames)
    with _naming(f"{key}.arguments.heads"):
        width, heads = (
            arguments.get("width", ast_size.WIDTH),
            arguments.get("heads", ast_size.HEADS),
        )
        ast_size.check_heads(width, heads)


@contextmanager
def _naming(key: str) -> Iterator[None]:
    """Put the key before the message of an error inside the block."""
    try:
        yield
    except (InputError, ValueError) as error:
        raise InputError(f"{key}: {error}") from None
