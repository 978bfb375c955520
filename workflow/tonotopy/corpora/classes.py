"""The classes that a corpus will have, as far as they can be known before it is built."""

from pathlib import Path

from tonotopy import places
from tonotopy.corpora.audioset.classes import class_names
from tonotopy.corpora.audioset.labels import SETS, TAGS
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.settings import FolderSettings


def expected_classes(entry: dict) -> list[str] | None:
    """Return the classes that an entry below ``corpora`` will have, None if nobody can tell yet.

    Those of embedded corpora and of AudioSet's are declared, those of folders and of public
    corpora that are here are read from labels alone, without any sound.

    Raises:
        InputError: a folder holds no audio, or its labels cannot be read.
    """
    maker, left_out = entry["maker"], set(entry.get("leave_out", ()))
    if maker == "audioset":
        names = class_names() if entry["task"] == TAGS else SETS[entry["task"]]
        return [name for name in names if name not in left_out]
    if maker in PUBLIC:
        return _public_classes(entry)
    if maker == "folder":
        return _folder_classes(_settings(entry))
    return _embedded_classes(entry)


def check_words(entry: dict) -> None:
    """Read the labels, groups and splits of a user's own folder, without any sound.

    Raises:
        InputError: they cannot be read, contradict each other, or settings are about none of them.
    """
    from tonotopy.corpora.listing import listing  # reads sound, whose libraries only a run needs

    listing(Path(entry["path"]), _settings(entry))


def _settings(entry: dict) -> FolderSettings:
    return FolderSettings(**{key: value for key, value in entry.items() if key != "maker"})


def _embedded_classes(entry: dict) -> list[str]:
    # here, because the makers of sound load its libraries, which only a run needs
    from tonotopy.corpora import digits
    from tonotopy.corpora.embedded import planted, tasks

    if entry["maker"] == "digits":
        return list(digits.CLASSES)
    if entry["maker"] == "embedded":
        return list(tasks.TASKS[entry["task"]].classes_by(entry))
    return list(planted.TASKS[entry.get("task", "genre")][0])


def _public_classes(entry: dict) -> list[str] | None:
    corpus = PUBLIC[entry["maker"]].version(entry.get("version"))
    folder = Path(entry.get("path") or places.download(corpus.source(entry.get("version"))))
    if folder.is_dir():
        known = ("maker", "task", "version", "path")
        changes = {key: value for key, value in entry.items() if key not in known}
        return _folder_classes(corpus.settings(folder, entry["task"], **changes))
    declared = corpus.tasks[entry["task"]].class_names
    return [name for name in declared if name not in entry.get("leave_out", ())] or None


def _folder_classes(settings: FolderSettings) -> list[str] | None:
    if not Path(settings.path).is_dir():
        return None  # who builds the corpus says what is missing
    from tonotopy.corpora.folder import labels_of  # reads audio, whose libraries only a run needs

    return labels_of(settings)
