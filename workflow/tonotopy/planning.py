"""What a run will fetch and fill, told before it begins."""

from dataclasses import dataclass
from pathlib import Path

from tonotopy.corpora.audioset.labels import SEGMENTS, SETS
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.embedded.attributes import chosen_values
from tonotopy.corpora.remote import Remote
from tonotopy.networks.published import INITIAL, PUBLISHED

CLIP_BYTES = 1_390_000  # of an AudioSet clip on the hub, on average
AVAILABLE = 0.85  # share of AudioSet's clips that the hub has


@dataclass(frozen=True)
class Need:
    """Something that takes space.

    Attributes:
        what: its name.
        fetched: bytes that have to come over the network; 0 if they are here or in the mirror.
        kept: bytes that it takes on the disk in the end.
        note: what one should know about it.
    """

    what: str
    fetched: int
    kept: int
    note: str = ""


def used(config: dict) -> tuple[list[str], list[str]]:
    """Return the names of the corpora and networks that the studies of a run need."""
    steering = [config["steering"][name] for name in config["run"]["steering"]]
    layers = [config["hierarchy"][name] for name in config["run"]["hierarchy"]]
    networks = [study["network"] for study in steering]
    networks += [name for study in layers for name in study["networks"]]
    networks += [config["networks"][n].get("training", {}).get("teacher") for n in networks]
    networks = [name for name in dict.fromkeys(networks) if name]
    corpora = [config["networks"][name].get("corpus") for name in networks]
    corpora += [study[key] for study in steering for key in ("concepts", "unseen")]
    corpora += [task["corpus"] for study in layers for task in study["tasks"].values()]
    corpora += [study["tagging"] for study in layers]
    return [name for name in dict.fromkeys(corpora) if name], networks


def needs(config: dict, root: Path = Path("data/downloads")) -> list[Need]:
    """Return downloads, then corpora, of the studies that run.

    Args:
        config: the checked configuration.
        root: where downloads are kept.
    """
    corpora, networks = used(config)
    entries = {name: config["corpora"][name] for name in corpora}
    found = _public(entries, config["mirror"], root) + _weights(networks, config, root)
    if any(entry["maker"] == "audioset" for entry in entries.values()):
        found += _audioset(config, root)
    return found + [_corpus(name, entry, config) for name, entry in entries.items()]


def _public(entries: dict, mirror: str | None, root: Path) -> list[Need]:
    sources = {}
    for entry in entries.values():
        if entry["maker"] in PUBLIC and not entry.get("path"):
            version = entry.get("version")
            corpus = PUBLIC[entry["maker"]]
            sources[corpus.source(version)] = corpus.version(version)
    found = []
    for source, corpus in sources.items():
        if (root / source).is_dir():
            found.append(Need(source, 0, corpus.unpacked_bytes, "unpacked already"))
            continue
        found += [_download(remote, mirror, root / "archives") for remote in corpus.remotes]
        found.append(Need(source, 0, corpus.unpacked_bytes, "unpacked"))
    return found


def _weights(networks: list[str], config: dict, root: Path) -> list[Need]:
    remotes = []
    for entry in (config["networks"][name] for name in networks):
        if "published" in entry:
            remotes.append(PUBLISHED[entry["published"]].remote)
        elif entry.get("initial_weights"):
            remotes.append(INITIAL[entry["initial_weights"]])
    return [_download(remote, config["mirror"], root / "weights") for remote in remotes]


def _audioset(config: dict, root: Path) -> list[Need]:
    settings = config["audioset"]
    wanted = [SEGMENTS[n] for n in settings["segments"] if not settings["files"].get(n)]
    found = [_download(remote, config["mirror"], root) for remote in wanted]
    if settings["path"] is None:
        clips = sum(_thesis_clips(task, settings["per_class"]) for task in SETS)
        size = round(clips * AVAILABLE * CLIP_BYTES)
        note = f"{clips:,} clips from {settings['repository']}; if a parquet file holds one of "
        found.append(Need("AudioSet clips", size, size, note + "them, more of it may be read"))
    return found


def _thesis_clips(task: str, per_class: int | None) -> int:
    return sum(min(label.thesis, per_class or label.thesis) for label in SETS[task].values())


def _download(remote: Remote, mirror: str | None, folder: Path) -> Need:
    size = remote.bytes or remote.approximate_bytes or 0
    if (folder / remote.file).is_file():
        return Need(remote.name, 0, size, "here already")
    places = [Path(mirror) / remote.file, Path(mirror) / remote.name] if mirror else []
    if any(place.is_file() for place in places):
        return Need(remote.name, 0, size, "in the mirror")
    return Need(remote.name, size, size, "" if remote.bytes else "size is approximate")


def _corpus(name: str, entry: dict, config: dict) -> Need:
    world = entry.get("of", entry)
    clips, rate, seconds = _clips(entry, config), world.get("rate"), world.get("seconds")
    yours = f"your own copy, {entry['path']}" if entry.get("path") else ""
    if yours and not Path(entry["path"]).is_dir():
        yours += ": MISSING"
    if entry["maker"] in PUBLIC:
        rate = rate or PUBLIC[entry["maker"]].rate
        seconds = seconds or PUBLIC[entry["maker"]].seconds
    if clips is None or rate is None or seconds is None:
        note = "number of clips is not known before it is built"
        return Need(f"corpus {name}", 0, 0, "; ".join(filter(None, (note, yours))))
    size, note = round(2 * clips * rate * seconds), f"{clips:,} clips"
    return Need(f"corpus {name}", 0, size, "; ".join(filter(None, (note, yours))))


def _clips(entry: dict, config: dict) -> int | None:
    maker, per_class = entry["maker"], entry.get("per_class")
    if maker == "audioset":
        per_class = per_class or config["audioset"]["per_class"]
        return _thesis_clips(entry["task"], per_class)
    if maker in PUBLIC:
        corpus = PUBLIC[maker].version(entry.get("version"))
        if per_class and entry["task"] in corpus.tasks:
            left = corpus.tasks[entry["task"]].classes - len(entry.get("leave_out", []))
            return per_class * left
        return corpus.clips
    if maker == "planted_twins":
        values = chosen_values(
            entry["attribute"], entry.get("values"), entry["of"].get("sounds", "seen")
        )
        return sum(entry["clips"].values()) * len(values)
    return sum(entry["clips"].values()) if "clips" in entry else None


def told(found: list[Need], jobs: dict[str, int], free: int) -> str:
    """Return the plan as text: jobs by rule, downloads, disk.

    Args:
        found: what takes space.
        jobs: rule -> number of jobs.
        free: free bytes on the disk of the project.
    """
    lines = [f"{sum(jobs.values())} jobs: " + ", ".join(f"{n} {r}" for r, n in jobs.items())]
    lines.append(f"{'':<48}{'download':>12}{'disk':>12}")
    for need in found:
        note = f"  {need.note}" if need.note else ""
        lines.append(f"{need.what:<48}{_size(need.fetched):>12}{_size(need.kept):>12}{note}")
    fetched, kept = sum(n.fetched for n in found), sum(n.kept for n in found)
    lines.append(f"{'in all':<48}{_size(fetched):>12}{_size(kept):>12}")
    lines.append(f"free on this disk: {_size(free)}; activations and tables come on top")
    if kept > free:
        lines.append("the disk is too small for this plan")
    return "\n".join(lines)


def _size(count: int) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}" if count else "-"
        count /= 1000
    return f"{count:.3g} TB"
