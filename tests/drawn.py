"""Draw a study's figure from tables on the disk, as the workflow does, and read what it shows."""

import html
import re
from importlib import import_module
from pathlib import Path

from matplotlib.text import Text

from tonotopy.drawing.style import read_source, save_figure
from tonotopy.study import Study

STATISTICS = {"resamples": 50, "confidence": 0.95}
FACTS = {"own": False, "makers": {}}  # of an instance, see `results.figure`


def sources(folder: Path, study: Study, name: str) -> dict:
    """Return what a figure is drawn from: tables, or folders of corpora and networks."""
    paths = {source: folder / source for source in study.figures[name].sources}
    return {s: read_source(p if p.is_dir() else f"{p}.parquet") for s, p in paths.items()}


def draw(folder: Path, study: Study, name: str, settings: dict, change=lambda table: table):
    """Return a figure, its tables changed before it is drawn."""
    tables = {key: change(table) for key, table in sources(folder, study, name).items()}
    about = {**FACTS, **settings, **STATISTICS, **study.figures[name].options}
    return import_module(study.figure_module(name)).draw(tables, about)


def shown(figure, folder: Path, name: str = "", caption: str = "") -> str:
    """Return the words of a figure, which is written into a folder as f.svg and f.png."""
    save_figure(figure, name, caption, folder / "f.svg", folder / "f.png")
    return " ".join(re.findall(r">([^<>]+)</text>", (folder / "f.svg").read_text()))


def check_figure(source: Path, target: Path, study: Study, name: str, settings: dict, words: str):
    """Draw a figure from one folder into another; its words, caption and title must be there."""
    caption = f"{study.figures[name].words(False, True)} Scale smoke, instance tiny."
    text = shown(draw(source, study, name, settings), target, name, caption)
    assert words in text and html.escape(caption, quote=False) in text
    assert f"<dc:title>{name}</dc:title>" in (target / "f.svg").read_text()
    assert (target / "f.png").read_bytes().startswith(b"\x89PNG")
    assert (target / "f.png").stat().st_size > 5000


def words(figure) -> list[str]:
    """Return the words of a figure that are seen."""
    found = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    return [text.get_text() for text in found if text.get_text()]


def check_letters(figure, ordered) -> None:
    """Letters can be read on a page; the order of the tables' rows changes no word.

    Args:
        figure: from shuffled tables.
        ordered: from the same in order.
    """
    assert words(figure) == words(ordered)
    assert figure.get_figwidth() <= 7.2 + 1e-9
    for text in figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_text()):
        assert not text.get_visible() or text.get_fontsize() >= 6.5, text
