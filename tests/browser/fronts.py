"""The front page, scorecard and pages of own sounds of a small run, with hostile text in them."""

from pathlib import Path

import numpy as np
from made_exhibits import HOSTILE, RATE, SECONDS, TICKS, timeline, tone
from matplotlib.image import imsave

from tonotopy.exhibiting import Track, exhibit, write_clip
from tonotopy.pages import front, heard, html, scorecard
from tonotopy.pages.players import players_page

TAG = HOSTILE[0]
INSTANCES = ("north", "south")
HEARD = {
    "../../index.html": "Front page",
    "../../scorecard.html": "Scorecard",
    "../../listen/index.html": "Listening room",
    "index.html": "Own sounds",
}


def _row(name: str, verdict: str, kind: str, instance: str) -> dict:
    judged = verdict != "not run"
    values = {"estimate": 0.25, "low": 0.125, "high": 0.5, "n": 30, "p": 0.01}
    resampled = {"unit": f"class of {TAG}", "trainings": 1} if judged else {}
    return {
        "id": f"whales.{name}.{instance}",
        "row": f"whales.{name}",
        "study": "whales",
        "instance": instance,
        "kind": kind,
        "source": TAG,
        "claim": f"{name} holds of {TAG}.",
        "statistic": "s",
        "criterion": {"above": 0.2},
        "paper": f"0.3 {TAG}" if judged else None,
        "why": f"Bounds of {TAG}.",
        **(values if judged else dict.fromkeys(values)),
        **{key: resampled.get(key) for key in ("unit", "trainings")},
        "p_adjusted": 0.03 if judged and kind == "claim" else None,
        "p_family": 0.07 if judged and kind == "claim" else None,
        "figures": ["jaws"],
        "verdict": verdict,
        "reason": "" if judged else HOSTILE[1],
        "scale": "test",
    }


ROWS = [
    _row("deep", "supported", "claim", "north"),
    _row("deep", "inconclusive", "claim", "south"),
    _row("song", "not run", "claim", "north"),
    _row("fins", "contradicted", "control", "north"),
    _row("teeth", "supported", "control", "south"),
]


def _studies(picture: str) -> list[dict]:
    """Return a study of two instances, and again as one that the page leads with."""
    address = picture.removesuffix(".png")
    figure = {"name": "jaws", "caption": TAG, "svg": f"{address}.svg", "png": picture}
    answer = {v: f"{v}." for v in ("supported", "contradicted", "inconclusive")}
    whales = {
        "name": "whales",
        "title": f"Study 8: {TAG}",
        "source": HOSTILE[1],
        "question": "Do whales dive?",
        "lead": "",
        "headline": "jaws",
        "answers": [{"claim": "whales.deep", **answer}],
        "instances": [
            {
                "name": name,
                "embedded": True,
                "figures": [figure] if name == "north" else [],
                "sounds": "listen/whales-sea.html",
            }
            for name in INSTANCES
        ],
    }
    return [whales, {**whales, "name": "sharks", "answers": [], "lead": f"How deep is {TAG}?"}]


def write_fronts(folder: Path) -> None:
    """Write ``index.html`` and ``scorecard.html`` of a small run."""
    picture = "figures/whales/north/jaws.png"
    (folder / picture).parent.mkdir(parents=True)
    imsave(folder / picture, np.eye(200, 300))
    (folder / picture).with_suffix(".svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (folder / "report.zip").touch()
    about = {
        "scale": "test",
        "seed": 5,
        "project": {"title": TAG, "version": "0.1.0", "authors": HOSTILE[2]},
        "versions": {"Python": "3.11"},
        "statistics": {"resamples": 100, "confidence": 0.95},
        "time": {"jobs": 2, "seconds": 130.0, "longest": (TAG, 100.0)},
        "notes": [f"Part of {TAG}."],
    }
    digest = "ab" * 32
    words = dict.fromkeys(("name", "source", "licence", "citation"), TAG)
    corpus = {**words, "clips": 3, "content_sha256": digest, "embedded": True}
    network = {"name": TAG, "architecture": "cnn", "corpus": TAG, "trained": True, "sha256": digest}
    text = front.page(ROWS, _studies(picture), about, [corpus], [network], folder)
    html.write(folder / "index.html", text)
    embedded = {f"whales/{name}": True for name in INSTANCES}
    figures = {"whales/north": {"jaws": picture}}
    text = scorecard.page(ROWS, "test", {"whales": TAG}, embedded, figures, about["notes"])
    html.write(folder / "scorecard.html", text)


def write_heard(folder: Path) -> None:
    """Write the pages of two own files: one that was heard, one that cannot be read."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    listed = write_clip(folder / "0", rng.random((32, 90)), [Track(TAG, tone(330))], RATE)
    shown = exhibit("0", TAG, listed, SECONDS, TICKS, timelines=[timeline((TAG, "b"))])
    pages = {
        "0.html": players_page(HOSTILE[5], [HOSTILE[5]], [shown], "", HEARD),
        "1.html": players_page(HOSTILE[1], [], [], "", HEARD, [HOSTILE[5]]),
    }
    files = [
        {
            "name": TAG,
            "page": "0.html",
            "seconds": 3.0,
            "fault": None,
            "tops": {TAG: {"label": TAG, "probability": 0.7}},
        },
        {"name": HOSTILE[1], "page": "1.html", "seconds": None, "fault": "no sound", "tops": {}},
    ]
    pages["index.html"] = heard.index_page(TAG, "2 files, 1 of them bad.", files, HEARD)
    for name, text in pages.items():
        html.write(folder / name, text)
