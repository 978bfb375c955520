"""What networks answer to a user's own files over time, and what studies know of parts of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import soundfile
import torch

from tonotopy.corpora.hearing import resampled
from tonotopy.excerpts import (
    Excerpt,
    Known,
    Show,
    Shown,
    audible,
    probabilities,
    telling,
    window_starts,
    windows,
)
from tonotopy.exhibiting import exhibit, write_clip
from tonotopy.files import read_json, reading, replacing, write_json
from tonotopy.inference import pick_device
from tonotopy.listening import HEARD, INDEX
from tonotopy.listening.reading import decoded_file
from tonotopy.networks.bundle import Bundle, load

CURVES = 6  # classes of a timeline


@dataclass(frozen=True)
class Listener:
    """A network, and what the instances of a run know of it.

    Attributes:
        name: of the network.
        bundle: on its device.
        seconds: length of the clips that it knows.
        activation: see `inference.activated`; None where it has no classes.
        shows: title of each instance -> what shows what it knows.
    """

    name: str
    bundle: Bundle
    seconds: float
    activation: str | None
    shows: dict[str, Show]

    @property
    def length(self) -> int:
        """Samples of a window."""
        return max(1, round(self.seconds * self.bundle.rate))


def listener(network: dict, accelerator: str, seed: int) -> Listener:
    """Return a network that listens.

    Args:
        network: see `planning.part`.
        accelerator: auto, cpu or gpu.
        seed: of the run.

    Raises:
        InputError: a file is missing, or does not fit the network.
    """
    bundle = load(network["folder"]).to(pick_device(accelerator))
    shows = {}
    for one in network["known"]:
        known = Known(one["network"], one["run"], one["paths"], one["settings"], seed)
        title = f"{one['title']} ({one['instance']})"
        shows[title] = import_module(one["module"]).prepare(bundle, known)
    return Listener(network["name"], bundle, network["seconds"], network["activation"], shows)


def hear(
    path: str | Path,
    sounds: str | Path,
    index: str | Path,
    networks: list[dict],
    number: int,
    accelerator: str,
    seed: int,
) -> None:
    """Let networks hear all files, one network after the other; write the folder whole or not.

    Its index has for every file that can be used, by its number, a list of what each network says:
    network, top (its most probable class and the mean probability, or None), timeline (or None)
    and exhibits.

    Args:
        path: of the new folder.
        sounds: folder of decoded sounds.
        index: folder of the files' index.
        networks: see `planning.part`.
        number: of windows of a file that are shown.
        accelerator: auto, cpu or gpu.
        seed: of the run.

    Raises:
        InputError: see `listener`.
    """
    files = read_json(Path(index) / INDEX)["files"]
    heard = {str(n): [] for n, file in enumerate(files) if file["fault"] is None}
    with replacing(path) as draft:
        draft.mkdir()
        for network in networks:
            own = listener(network, accelerator, seed)
            for file, told in heard.items():
                told.append(_hear(draft, own, Path(sounds) / decoded_file(int(file)), number))
        write_json(draft / HEARD, {"files": heard})


def _hear(draft: Path, own: Listener, file: Path, number: int) -> dict:
    """Return what a network says of a file; the files of its exhibits go into the draft."""
    with reading(file):
        sound, rate = soundfile.read(file, dtype="float32")
    sound = resampled(sound[None], rate, own.bundle.rate)[0]
    starts, cut = window_starts(len(sound), own.length), windows(sound, own.length)
    sounds = torch.from_numpy(cut).to(own.bundle.device)
    answers, scores = None, np.square(cut, dtype=np.float64).mean(axis=1)
    if own.activation is not None:
        answers = probabilities(own.bundle, sounds, own.activation)
        scores = np.where(audible(cut), answers.max(axis=1), -1.0)
    exhibits = []
    for window in telling(scores, starts, own.length, number) if own.shows else ():
        label = "" if answers is None else own.bundle.classes[answers[window].argmax()]
        begin = starts[window] / own.bundle.rate
        facts = {} if answers is None else {"probability": float(answers[window].max())}
        exhibits += _exhibits(draft, own, Excerpt(sounds[window], label), begin, facts)
    return {
        "network": own.name,
        "top": None if answers is None else _top(own.bundle.classes, answers),
        "timeline": None
        if answers is None
        else _timeline(own, starts, answers, len(sound) / own.bundle.rate),
        "exhibits": exhibits,
    }


def _exhibits(
    draft: Path, own: Listener, excerpt: Excerpt, begin: float, facts: dict
) -> Iterator[dict]:
    """Yield what each instance shows of an excerpt, with its files written."""
    span = f"{begin:.1f} to {begin + own.seconds:.1f} s"
    for title, show in own.shows.items():
        shown = show(excerpt)
        if shown is None:
            continue
        folder = draft / f"{len(list(draft.iterdir()))}"
        yield _written(folder, own, shown, f"{title}: {own.name}, {span}", excerpt.label, facts)


def _written(
    folder: Path, own: Listener, shown: Shown, title: str, label: str, facts: dict
) -> dict:
    tracks = write_clip(folder, shown.picture, shown.tracks, own.bundle.rate, shown.seconds)
    about = {**facts, **shown.facts}
    return exhibit(
        folder.name,
        title,
        tracks,
        shown.seconds,
        shown.ticks,
        own.name,
        label,
        about,
        shown.sliders,
    )


def _top(classes: list[str], answers: np.ndarray) -> dict:
    means = answers.mean(axis=0)
    best = int(means.argmax())
    return {"label": classes[best], "probability": float(means[best])}


def _timeline(own: Listener, starts: np.ndarray, answers: np.ndarray, seconds: float) -> dict:
    """Return a timeline of the classes that are most probable anywhere, see `exhibiting.exhibit`.

    What a single window answers holds from the beginning to the end of the sound.
    """
    best = np.argsort(-answers.max(axis=0), kind="stable")[:CURVES]
    centres = (starts + own.length / 2) / own.bundle.rate
    if len(starts) == 1:
        centres, answers = np.array([0.0, seconds]), np.repeat(answers, 2, axis=0)
    return {
        "name": f"class probabilities, {own.name}",
        "seconds": centres.tolist(),
        "curves": [
            {"name": own.bundle.classes[n], "values": answers[:, n].astype(float).tolist()}
            for n in best
        ],
    }
