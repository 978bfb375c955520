"""What is heard, by which networks, and what studies know of them: paths and settings alone.

Nothing here needs torch: rules and checks of the configuration ask it.
"""

import hashlib
import os
import re
from importlib import import_module
from pathlib import Path

from tonotopy import places
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.finding import find
from tonotopy.corpora.formats import AUDIO_SUFFIXES
from tonotopy.errors import InputError, nearest
from tonotopy.instances import Instance, networks_of, running, used
from tonotopy.networks.published import PUBLISHED, front_end_kind, front_end_settings
from tonotopy.networks.transformer_kinds import KINDS

DEFAULTS = {"networks": None, "seconds": 60.0, "windows": 1}
PARTS = 2  # jobs that share the networks: most of a job's time goes into its start
PICTURES = "picture"  # the front end of networks that hear no sound
CLIP = 10.0  # s, of a network of which nothing tells how long its clips are
SOFTMAX = ("classify", "text_contrast")  # objectives of one class of several
SIGMOID = ("tag", "distil")
NAME_CHARACTERS = 40


def slug(text: str) -> str:
    """Return the letters, digits and hyphens that any text is shortened to."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:NAME_CHARACTERS].strip("-") or "sound"


def path_of(audio: str) -> Path:
    """Return the absolute path of what the configuration calls ``audio``, ``~`` being at home."""
    return Path(os.path.abspath(Path(audio).expanduser()))


def name_of(audio: str) -> str:
    """Return the name of the folder of what is shown: harmless, and one for each path."""
    path = path_of(audio)
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    return f"{slug(path.stem)}-{digest}"


def files(audio: str) -> list[Path]:
    """Return the files that are heard, in the order of their names, those in folders included.

    A file that is named itself may be of any kind; in folders only sound is looked for. Hidden
    files and folders, and what systems leave behind, are left out.

    Raises:
        InputError: there is no such file or folder, or the folder holds no sound.
    """
    path = path_of(audio)
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError(f"audio: no file or folder '{audio}' (looked for {path})")
    found = find(path, AUDIO_SUFFIXES).files
    if not found:
        raise InputError(f"audio: folder {path} holds no sound ({', '.join(AUDIO_SUFFIXES)})")
    return [path / file for file in found]


def listing(config: dict) -> list[dict]:
    """Return path, name, slug, bytes and time of change of every file; changed ones are heard anew.

    Raises:
        InputError: see `files`; or nothing is said to be heard.
    """
    audio = config.get("audio")
    if audio is None:
        raise InputError(
            "audio: nothing is said to be heard: snakemake listen --config audio=PATH, a file or a "
            "folder"
        )
    root = path_of(audio)
    return [_listed(path, root) for path in files(audio)]


def _listed(path: Path, root: Path) -> dict:
    told = path.stat()
    inside = path.name if path == root else path.relative_to(root)
    name = os.fsencode(inside).decode("utf-8", "replace")  # names may be in any encoding
    about = {"path": str(path), "name": name, "slug": slug(path.stem)}
    return {**about, "bytes": told.st_size, "changed": told.st_mtime_ns}


def settings(config: dict) -> dict:
    """Return how sounds are heard: networks, seconds and windows."""
    return {**DEFAULTS, **(config.get("listen") or {})}


def networks(config: dict) -> list[str]:
    """Return the networks that hear: those named, or all that classify or that a study shows."""
    named = settings(config)["networks"]
    if named is not None:
        return list(dict.fromkeys(named))
    hearing = [n for n in used(config)[1] if _hears(config["networks"][n])]
    return [n for n in hearing if classifies(config["networks"][n]) or known("", n, config)]


def check(config: dict) -> None:
    """Check the networks that hear.

    Raises:
        InputError: one is not there, or hears no sound.
    """
    for name in settings(config)["networks"] or ():
        if name not in config["networks"]:
            hint = nearest(name, config["networks"])
            raise InputError(f"listen.networks: '{name}' is not below 'networks'{hint}")
        if not _hears(config["networks"][name]):
            raise InputError(
                f"listen.networks: '{name}' hears through front end '{PICTURES}', which is no "
                "sound: leave it out"
            )


def _hears(entry: dict) -> bool:
    return front_end_kind(entry) != PICTURES


def classifies(entry: dict) -> bool:
    """Return whether a network of the configuration answers by classes that have names."""
    if "published" in entry:
        return bool(PUBLISHED[entry["published"]].classes)
    if "module" in entry:
        return bool(entry.get("classes"))
    if "transformers" in entry:
        return KINDS[entry["kind"]].classifies
    return entry["training"].get("objective", "classify") in (*SOFTMAX, *SIGMOID)


def activation(name: str, config: dict) -> str | None:
    """Return what makes probabilities of a network's answers; None where it does not classify.

    An instance that needs the network may say it; else its objective does, or that it is published
    (taggers all of them).
    """
    entry = config["networks"][name]
    if not classifies(entry):
        return None
    said = [one.entry["activation"] for one in _needing(name, config) if "activation" in one.entry]
    if said:
        return said[0]
    objective = entry.get("training", {}).get("objective", "classify")
    return "sigmoid" if "published" in entry or objective in SIGMOID else "softmax"


def _needing(network: str, config: dict) -> list[Instance]:
    return [one for one in running(config) if network in networks_of(one, config)]


def clip_seconds(name: str, config: dict) -> float:
    """Return the length in s of the clips that a network knows.

    It is that of the corpus that it learned; that of the weights' publisher; what its front end
    fills; or that of the first corpus of an instance that needs it.
    """
    entry = config["networks"][name]
    if "corpus" in entry:
        return _corpus_seconds(config["corpora"][entry["corpus"]])
    published = PUBLISHED[entry["published"]].seconds if "published" in entry else None
    front_end = front_end_settings(entry)
    if published:
        return published
    if "frames" in front_end and "hop_ms" in front_end:
        return front_end["frames"] * front_end["hop_ms"] / 1000
    needs = [need for one in _needing(name, config) for need in one.study.needs(one.entry)]
    beside = [need.name for need in needs if need.section == "corpora"]
    return _corpus_seconds(config["corpora"][beside[0]]) if beside else CLIP


def _corpus_seconds(entry: dict) -> float:
    if entry["maker"] in PUBLIC:
        return entry.get("seconds") or PUBLIC[entry["maker"]].seconds
    return entry.get("of", entry).get("seconds") or CLIP


def known(scale: str, network: str, config: dict) -> list[dict]:
    """Return what the instances of a run know of a network.

    Args:
        scale: of the run.
        network: its name in the configuration.
        config: the whole.

    Returns:
        For each instance that has something to show: study, title, instance, module, and network,
        run, paths and settings of `excerpts.Known`.
    """
    told = []
    for one in running(config):
        if one.study.listening is None:
            continue
        inputs = import_module(f"tonotopy.studies.{one.study.name}.inputs")
        about = {"study": one.study.name, "title": one.study.title, "instance": one.name}
        about["module"] = one.study.listening
        told += [
            {**about, **{key: value for key, value in listened.items() if key != "name"}}
            for listened in inputs.listened(scale, one.name, config)
            if listened["name"] == network
        ]
    return told


def modules(config: dict) -> list[str]:
    """Return the modules by which the studies of a run show what they know."""
    return sorted({one.study.listening for one in running(config) if one.study.listening})


def parts(config: dict) -> int:
    """Return the number of jobs that share the networks."""
    return max(1, min(PARTS, len(networks(config))))


def title(config: dict) -> str:
    """Return the name of the file or folder that is heard."""
    name = path_of(config["audio"]).name if config.get("audio") else ""
    return os.fsencode(name).decode("utf-8", "replace")


def part(wildcards, config: dict) -> list[dict]:
    """Return the networks of a job: name, folder, seconds, activation and what is known of each."""
    return [
        {
            "name": name,
            "folder": places.network(wildcards.scale, name),
            "seconds": clip_seconds(name, config),
            "activation": activation(name, config),
            "known": known(wildcards.scale, name, config),
        }
        for name in networks(config)[int(wildcards.part) :: parts(config)]
    ]


def part_files(wildcards, config: dict) -> list[str]:
    """Return the files and folders that a job reads, beside the sound."""
    paths = []
    for network in part(wildcards, config):
        paths.append(network["folder"])
        paths += [path for one in network["known"] for path in one["paths"].values()]
    return list(dict.fromkeys(paths))


def pages(scale: str, config: dict) -> str:
    """Return the file that says that everything is shown.

    Raises:
        InputError: see `listing`.
    """
    listing(config)
    return places.heard(scale, name_of(config["audio"]), "heard.txt")
