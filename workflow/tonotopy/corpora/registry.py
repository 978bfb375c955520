"""Makers of corpora by the name that config.yaml gives them."""

import contextlib
import os
import shutil
from pathlib import Path

from tonotopy import sums
from tonotopy.corpora import digits, folder
from tonotopy.corpora.archives import unpack
from tonotopy.corpora.audioset import corpus as audioset
from tonotopy.corpora.catalogue import DOWNLOADS, PUBLIC
from tonotopy.corpora.download import fetch
from tonotopy.corpora.embedded import planted, tasks, twins
from tonotopy.corpora.embedded.music import MusicWorld
from tonotopy.corpora.public.checks import compare_members
from tonotopy.corpora.remote import Remote
from tonotopy.corpora.settings import FolderSettings
from tonotopy.errors import InputError, nearest
from tonotopy.files import replacing


def download(name: str, path, mirror: str | None) -> None:
    """Fetch a public corpus and unpack it into ``path``; it appears only when complete.

    What was fetched stays in ``archives`` beside ``path``, so that an interrupted run goes on.

    Args:
        name: the corpus, or a version of it that has a download of its own.
        path: folder of the unpacked corpus.
        mirror: folder that is looked into before the network, or None.

    Raises:
        InputError: no such download, or one of `download.fetch` and `archives.unpack`.
    """
    path = Path(path)
    if name not in DOWNLOADS:
        if name not in PUBLIC:
            raise InputError(f"no public corpus '{name}'{nearest(name, DOWNLOADS)}")
        raise InputError(
            f"corpus {name} cannot be downloaded: obtain it yourself ({PUBLIC[name].keep}) and "
            "give its folder as 'path' of the corpus in the configuration"
        )
    archives = path.parent / "archives"
    remotes = DOWNLOADS[name].remotes
    files = {remote: fetch(remote, archives, mirror) for remote in remotes}
    with replacing(path) as draft:
        draft.mkdir()
        for remote in remotes:
            _lay_out(remote, files, draft, archives)


def _lay_out(remote: Remote, files: dict[Remote, Path], folder: Path, archives: Path) -> None:
    if remote.unpack == "no":
        _link_or_copy(files[remote], folder / remote.name, archives)
    elif remote.unpack != "parts":
        unpack(files[remote], remote, folder)
    elif remote.file.endswith(".zip"):  # its other volumes go with it
        stem = remote.file.removesuffix("zip")
        volumes = [r for r in files if r.unpack == "parts" and r.file.startswith(stem)]
        unpack([files[volume] for volume in volumes], remote, folder)


def _link_or_copy(source: Path, target: Path, archives: Path) -> None:
    """Link a download, copy a file of the mirror: nothing done to the target may reach that."""
    if archives in source.parents:
        with contextlib.suppress(OSError):  # not every file system has links
            os.link(source, target)
            return
    shutil.copyfile(source, target)


def build(path, settings: dict, seed: int, workers: int, sources: dict[str, str]) -> None:
    """Build a corpus from its entry in config.yaml.

    Args:
        path: folder of the new corpus.
        settings: the entry below ``corpora``; ``maker`` decides what the other keys mean.
        seed: seed of the run.
        workers: processes to use.
        sources: what the workflow has prepared: ``download`` (folder of an unpacked public corpus),
            ``table`` and ``clips`` (of AudioSet).
    """
    for source in sources.values():
        sums.check(source)
    options = {key: value for key, value in settings.items() if key != "maker"}
    maker = settings["maker"]
    if maker == "planted_music":
        task, clips = options.pop("task"), options.pop("clips")
        parts = options.pop("parts", False)
        planted.build(path, task, clips, MusicWorld(**options), seed, workers, parts)
        return
    if maker == "planted_twins":
        twins.build(path, MusicWorld(**options.pop("of")), seed=seed, workers=workers, **options)
        return
    if maker == "embedded":
        tasks.build(path, **options, seed=seed, workers=workers)
        return
    if maker == "digits":
        digits.build(path, seed, **options)
        return
    if maker == "folder":
        folder_settings = FolderSettings(**options)
    elif maker == "audioset":
        folder_settings = audioset.settings(sources["clips"], Path(sources["table"]), **options)
    else:
        folder_settings = _public(maker, options, sources)
    folder.build(path, folder_settings, seed, workers)


def _public(maker: str, options: dict, sources: dict[str, str]) -> FolderSettings:
    own, task = options.pop("path", None), options.pop("task")
    corpus = PUBLIC[maker].version(options.pop("version", None))
    root = Path(own or sources["download"])
    if own and not root.is_dir():
        raise InputError(f"{root}: no such folder; check 'path' of the corpus with maker {maker}")
    settings = corpus.settings(root, task, **options)
    lists = [remote.members for remote in corpus.remotes if remote.members]
    if own and lists:
        settings.about["checksums"] = compare_members(root, lists[0])
    return settings
