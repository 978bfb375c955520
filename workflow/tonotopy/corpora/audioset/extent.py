"""Whether a run uses all of AudioSet, for its pages: a part gives no numbers of the thesis."""

from collections.abc import Iterable

from tonotopy.corpora.audioset.labels import ROWS


def notes(config: dict, corpora: Iterable[str]) -> list[str]:
    """Return a sentence on the part of AudioSet that a run uses; none where it uses all or none.

    Videos that are no longer on the hub are no choice of the run: the logs of its corpora count
    them.

    Args:
        config: the checked configuration.
        corpora: names of the corpora that the run needs.
    """
    entries = {name: config["corpora"][name] for name in corpora}
    entries = {name: e for name, e in entries.items() if e["maker"] == "audioset"}
    limits = _limits(config["audioset"]) if entries else []
    limits += [
        f"at most {entry['per_class']:,} clips of each class in corpus {name}"
        for name, entry in entries.items()
        if entry.get("per_class")
    ]
    return [f"A part of AudioSet is used: {'; '.join(limits)}."] if limits else []


def _limits(settings: dict) -> list[str]:
    """What the section `audioset` of a configuration leaves out."""
    limits = []
    tables = [name for name in ROWS if name in settings["segments"]]
    if len(tables) < len(ROWS):
        rows = sum(ROWS[name] for name in tables)
        limits.append(
            f"the {' and '.join(tables)} {'tables' if len(tables) > 1 else 'table'}, "
            f"{rows:,} of {sum(ROWS.values()):,} clips"
        )
    if settings["path"] is not None:
        limits.append("those clips that a folder of the user's holds")
    elif settings["shards"]:
        limits.append(f"at most {settings['shards']:,} parquet files of each table")
    if settings["per_class"]:
        limits.append(f"at most {settings['per_class']:,} clips of each class")
    return limits
