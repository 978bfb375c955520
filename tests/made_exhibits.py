"""Exhibits for tests of pages, written as studies write them: short tones, several tracks."""

from pathlib import Path

import numpy as np
import torch

from tonotopy.exhibiting import Track, exhibit, write_clip, write_index

RATE, SECONDS = 8000, 3.0
TICKS = [[100, 0.1], [500, 0.4], [1000, 0.6], [4000, 0.95]]
STRENGTHS = [-0.4, -0.2, 0.0, 0.2, 0.4]
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\"quoted\" 'twice' `back`",
    "../../etc/passwd",
    "{{ 7 * 7 }} {% raw %} <!--",
    "W" * 200,
    "🐋 \u202eright to left",
)


def tone(hertz: float, seconds: float = SECONDS) -> torch.Tensor:
    """Return a tone, shape (samples,)."""
    return 0.3 * torch.sin(2 * np.pi * hertz * torch.arange(int(seconds * RATE)) / RATE)


def slider(name: str = "strength of violin", classes: tuple[str, ...] = ("song", "noise")) -> dict:
    """Return a slider whose first class rises with strength while the others fall."""
    rising = [0.1, 0.2, 0.3, 0.6, 0.9]
    rest = [(1 - p) / (len(classes) - 1) for p in rising]
    curves = [{"name": c, "values": rising if n == 0 else rest} for n, c in enumerate(classes)]
    note = "class probabilities when the network is steered at layer 6"
    return {"name": name, "values": STRENGTHS, "start": 2, "note": note, "curves": curves}


def timeline(classes: tuple[str, ...] = ("song", "noise")) -> dict:
    """Return class probabilities of five windows."""
    curves = [
        {"name": c, "values": [0.1, 0.5, 0.9, 0.5, 0.2][:: 1 - 2 * (n % 2)]}
        for n, c in enumerate(classes)
    ]
    return {"name": "class probabilities", "seconds": [0.3, 0.9, 1.5, 2.1, 2.7], "curves": curves}


def tracks(names: tuple[str, ...] = ("standard", "component 1")) -> list[Track]:
    """Return a clip, heatmaps with sound, a map without, a training's epochs, a sonification."""
    heat = torch.zeros(32, 90)
    own = [Track("original", tone(220), facts={"level": -23.0})]
    for number, name in enumerate(names):
        heatmap = heat.clone()
        heatmap[8 * number : 8 * number + 8, 20:60] = 1.0
        facts = {"relevance": 3.14159, "narrow": True, "layer": name}
        own.append(Track(name, tone(440 + 220 * number), None, heatmap, "component", facts=facts))
    own.append(Track("a map", None, np.eye(32, 90), kind="map"))
    for epoch in (1, 2, 8):
        facts = {"network": "cnn", "layer": "conv2", "epoch": epoch}
        name = f"cnn, conv2, epoch {epoch}"
        own.append(
            Track(name, tone(200 * epoch), np.eye(32, 90) * epoch, kind="epoch", facts=facts)
        )
    facts = {"network": "cnn", "layer": "conv2", "map": 7}
    own.append(Track("cnn, conv2", tone(300), np.eye(32, 90), kind="sonification", facts=facts))
    return own


def write_exhibits(
    folder: Path,
    study: str = "whales",
    instance: str = "sea",
    titles: tuple[str, ...] = ("clip-0001", "clip-0002", "clip-0003"),
    own: list[Track] | None = None,
    classes: tuple[str, ...] = ("song", "noise"),
    networks: tuple[str, ...] = ("cnn", ""),
) -> Path:
    """Write a folder of exhibits; all but the titles, classes and networks are alike."""
    folder.mkdir(parents=True)
    listed = write_clip(
        folder / "0", np.random.default_rng(0).random((32, 90)), own or tracks(), RATE
    )
    for number in range(1, len(titles)):
        (folder / str(number)).mkdir()
        for file in (folder / "0").iterdir():
            (folder / str(number) / file.name).write_bytes(file.read_bytes())
    exhibits = [
        exhibit(
            str(number),
            title,
            listed,
            SECONDS,
            TICKS,
            networks[number % len(networks)],
            classes[number % len(classes)],
            {"predicted": classes[0], "share": 0.61803, "right": number % 2 == 0},
            [slider(classes=classes)],
            [timeline(classes)],
        )
        for number, title in enumerate(titles)
    ]
    about = {"study": study, "instance": instance, "scale": "test"}
    write_index(folder, about, exhibits, "Layer conv4, 4 components.")
    return folder
