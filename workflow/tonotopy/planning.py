"""What a run will fetch and fill, told before it begins."""

from dataclasses import dataclass
from pathlib import Path

from tonotopy import places
from tonotopy.corpora import digits
from tonotopy.corpora.audioset.labels import ROWS, SEGMENTS, SETS, TAGS, TRAINED
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.embedded.attributes import chosen_values
from tonotopy.corpora.embedded.extent import RATE, WORLD_RATE, WORLD_SECONDS
from tonotopy.corpora.finding import find
from tonotopy.corpora.formats import SUFFIXES
from tonotopy.corpora.remote import Remote
from tonotopy.durations import in_words
from tonotopy.instances import running, used
from tonotopy.networks.published import INITIAL, PUBLISHED

CLIP_BYTES = 1_390_000  # of an AudioSet clip on the hub, on average
AVAILABLE = 0.85  # share of AudioSet's clips that the hub has


@dataclass(frozen=True)
class Storage:
    """Something that takes space.

    Attributes:
        what: its name.
        fetched: bytes that have to come over the network; 0 if they are here or in the mirror.
        kept: bytes that it takes on the disk in the end.
        note: what one should know about it.
        draft: bytes that it takes besides while it is made.
    """

    what: str
    fetched: int
    kept: int
    note: str = ""
    draft: int = 0


def needs(config: dict, root: Path = Path(places.DOWNLOADS)) -> list[Storage]:
    """Return downloads, then corpora, of the studies that run.

    Args:
        config: the checked configuration.
        root: where downloads are kept.
    """
    corpora, networks = used(config)
    entries = {name: config["corpora"][name] for name in corpora}
    storage = _public(entries, config["mirror"], root) + _weights(networks, config, root)
    if any(entry["maker"] == "audioset" for entry in entries.values()):
        tasks = {e["task"] for e in entries.values() if e["maker"] == "audioset"}
        storage += _audioset(config, root, TAGS in tasks)
    return storage + [_corpus(name, entry, config) for name, entry in entries.items()]


def _public(entries: dict, mirror: str | None, root: Path) -> list[Storage]:
    sources = {}
    for entry in entries.values():
        if entry["maker"] in PUBLIC and not entry.get("path"):
            version = entry.get("version")
            corpus = PUBLIC[entry["maker"]]
            sources[corpus.source(version)] = corpus.version(version)
    storage = []
    for source, corpus in sources.items():
        if (root / source).is_dir():
            storage.append(Storage(source, 0, corpus.unpacked_bytes, "unpacked already"))
            continue
        storage += [_download(remote, mirror, root / "archives") for remote in corpus.remotes]
        storage.append(Storage(source, 0, corpus.unpacked_bytes, "unpacked"))
    return storage


def _weights(networks: list[str], config: dict, root: Path) -> list[Storage]:
    remotes, named = [], []
    for name, entry in ((name, config["networks"][name]) for name in networks):
        if "transformers" in entry and not entry.get("path"):
            note = f"{entry['transformers']} from the hub, its size is not known before"
            named.append(Storage(f"network {name}", 0, 0, note))
        if "published" in entry:
            declared = PUBLISHED[entry["published"]]
            remotes += [r for r in (declared.remote, declared.vocabulary) if r is not None]
        elif entry.get("initial_weights"):
            remotes.append(INITIAL[entry["initial_weights"]])
    return named + [_download(remote, config["mirror"], root / "weights") for remote in remotes]


def _audioset(config: dict, root: Path, tags: bool) -> list[Storage]:
    """Return AudioSet's tables and clips: those of both sets, or all where all labels are used."""
    settings = config["audioset"]
    remotes = [SEGMENTS[n] for n in settings["segments"] if not settings["files"].get(n)]
    storage = [_download(remote, config["mirror"], root) for remote in remotes]
    if settings["path"] is None:
        if tags:
            clips = sum(ROWS[name] for name in settings["segments"])
        else:
            clips = sum(_thesis_clips(task, settings["per_class"]) for task in SETS)
        size = round(clips * AVAILABLE * CLIP_BYTES)
        note = f"{clips:,} clips from {settings['repository']}; if a parquet file holds one of "
        storage.append(Storage("AudioSet clips", size, size, note + "them, more of it may be read"))
    return storage


def tag_clips(entry: dict, config: dict) -> int:
    """Return how many clips a corpus of all labels has where all of AudioSet can be had.

    Args:
        entry: of the corpus.
        config: the configuration.
    """
    trained = entry.get("segments", TRAINED)
    return sum(ROWS[n] for n in config["audioset"]["segments"] if n in (*trained, "eval"))


def _thesis_clips(task: str, per_class: int | None) -> int:
    return sum(min(label.thesis, per_class or label.thesis) for label in SETS[task].values())


def _download(remote: Remote, mirror: str | None, folder: Path) -> Storage:
    size = remote.bytes or remote.approximate_bytes or 0
    if (folder / remote.file).is_file():
        return Storage(remote.name, 0, size, "here already")
    paths = [Path(mirror) / remote.file, Path(mirror) / remote.name] if mirror else []
    if any(path.is_file() for path in paths):
        return Storage(remote.name, 0, size, "in the mirror")
    return Storage(remote.name, size, size, "" if remote.bytes else "size is approximate")


def _corpus(name: str, entry: dict, config: dict) -> Storage:
    clips, (rate, seconds) = _clips(entry, config), _extent(entry)
    yours = f"your own copy, {entry['path']}" if entry.get("path") else ""
    if yours and not Path(entry["path"]).is_dir():
        yours += ": MISSING"
    note = f"{clips:,} clips" if clips is not None else None
    if clips is None and entry["maker"] == "folder" and Path(entry["path"]).is_dir():
        files = len(find(Path(entry["path"]), SUFFIXES["audio"]).files)
        clips, note = files * (entry.get("slices") or 1), f"at most the clips of {files:,} files"
    if clips is None or rate is None or seconds is None:
        note = "number of clips is not known before it is built"
        return Storage(f"corpus {name}", 0, 0, "; ".join(filter(None, (note, yours))))
    size = round(2 * clips * rate * seconds)
    read = entry["maker"] in (*PUBLIC, "folder", "audioset")  # what is read waits beside it
    parts = "their parts come on top" if entry.get("parts") else ""
    note = "; ".join(filter(None, (note, parts, yours)))
    return Storage(f"corpus {name}", 0, size, note, draft=size if read else 0)


def _extent(entry: dict) -> tuple[int | None, float | None]:
    """Return the rate (Hz) and length (s) of a corpus's clips, None where it is not known."""
    maker, world = entry["maker"], entry.get("of", entry)
    if maker == "digits":
        return digits.RATE, digits.SAMPLES / digits.RATE
    own = {
        "embedded": (RATE, None),
        "planted_music": (WORLD_RATE, WORLD_SECONDS),
        "planted_twins": (WORLD_RATE, WORLD_SECONDS),
    }
    if maker in PUBLIC:
        own[maker] = (PUBLIC[maker].rate, PUBLIC[maker].seconds)
    rate, seconds = own.get(maker, (None, None))
    return world.get("rate") or rate, world.get("seconds") or seconds


def _clips(entry: dict, config: dict) -> int | None:
    maker, per_class = entry["maker"], entry.get("per_class")
    if maker == "audioset":
        if entry["task"] == TAGS:
            return tag_clips(entry, config)
        per_class = per_class or config["audioset"]["per_class"]
        return _thesis_clips(entry["task"], per_class)
    if maker == "digits":
        return digits.CLIPS
    if maker in PUBLIC:
        corpus = PUBLIC[maker].version(entry.get("version"))
        if per_class and entry["task"] in corpus.tasks:
            classes = corpus.tasks[entry["task"]].classes - len(entry.get("leave_out", []))
            return per_class * classes
        return None if corpus.clips is None else corpus.clips * entry.get("slices", 1)
    if maker == "planted_twins":
        values = chosen_values(
            entry["attribute"], entry.get("values"), entry["of"].get("sounds", "seen")
        )
        return sum(entry["clips"].values()) * len(values)
    return sum(entry["clips"].values()) if "clips" in entry else None


def report(
    storage: list[Storage],
    jobs: dict[str, int],
    earlier: dict[str, float],
    undrawn: dict[str, str],
    free: int,
) -> str:
    """Return the plan as text: jobs and time by rule, figures that are not drawn, downloads, disk.

    Args:
        storage: what takes space.
        jobs: rule -> number of jobs.
        earlier: rule -> mean seconds of a job in earlier runs, where they were measured.
        undrawn: figure -> why it is not drawn, see `undrawn_figures`.
        free: free bytes on the disk of the project.
    """
    lines = [f"{sum(jobs.values())} jobs: " + ", ".join(f"{n} {r}" for r, n in jobs.items())]
    lines += _times(jobs, earlier)
    lines += [f"not drawn: {figure}: {reason}" for figure, reason in undrawn.items()]
    lines.append(f"{'':<48}{'download':>12}{'disk':>12}")
    for item in storage:
        note = f"  {item.note}" if item.note else ""
        lines.append(f"{item.what:<48}{_size(item.fetched):>12}{_size(item.kept):>12}{note}")
    fetched, stored = sum(item.fetched for item in storage), sum(item.kept for item in storage)
    lines.append(f"{'in all':<48}{_size(fetched):>12}{_size(stored):>12}")
    draft = max((item.draft for item in storage), default=0)
    if draft:
        lines.append(f"{'while the largest of these corpora is built, more':<60}{_size(draft):>12}")
    lines.append(f"free on this disk: {_size(free)}; activations and tables come on top")
    if stored + draft > free:
        lines.append("the disk is too small for this plan")
    return "\n".join(lines)


def _times(jobs: dict[str, int], earlier: dict[str, float]) -> list[str]:
    """Return what jobs will take by earlier runs, the longest stages first, and what is unknown."""
    seconds = {rule: count * earlier[rule] for rule, count in jobs.items() if rule in earlier}
    if not seconds:
        return ["how long it takes is not known: no earlier run at this scale left times"]
    stages = sorted(seconds, key=seconds.get, reverse=True)
    others = sum(count for rule, count in jobs.items() if rule not in earlier)
    lines = ["time by earlier runs, one job after the other"]
    lines += [f"{f'{rule}, {jobs[rule]} jobs':<48}{in_words(seconds[rule]):>12}" for rule in stages]
    lines.append(f"{'in all':<48}{in_words(sum(seconds.values())):>12}")
    return [*lines, f"{others} other jobs, not measured, take seconds each"]


def undrawn_figures(config: dict) -> dict[str, str]:
    """Return study/instance/figure -> why it is not drawn, for the instances that run."""
    reasons = {}
    for one in running(config):
        for name, figure in one.study.figures.items():
            reason = figure.obstacle(one.entry, config)
            if reason is not None:
                reasons[f"{one.study.name}/{one.name}/{name}"] = reason
    return reasons


def _size(count: int) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}" if count else "-"
        count /= 1000
    return f"{count:.3g} TB"
