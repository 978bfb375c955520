"""Draw a study's figure from tables on the disk, as the workflow does, and read what it shows."""

import html
import re
from importlib import import_module
from pathlib import Path

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D
from matplotlib.text import Text

from tonotopy.drawing.style import ROLES, read_source, save_figure
from tonotopy.study import Study

STATISTICS = {"resamples": 50, "confidence": 0.95}
WORDS = {  # of legends, and the role that they are of
    "untrained copy": "untrained",
    "untrained network": "untrained",
    "DRSA, untrained network": "untrained",
    "trained network": "trained",
    "DRSA, shuffled": "shuffled",
    "random bases": "random",
    "above random networks": "untrained",
    "learned no sound": "unheard",
}
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
    figure = draw(source, study, name, settings)
    text = shown(figure, target, name, caption)
    assert words in text and html.escape(caption, quote=False) in text
    check_markers(figure)
    check_numbers(figure)
    check_legend(figure)
    assert f"<dc:title>{name}</dc:title>" in (target / "f.svg").read_text()
    assert (target / "f.png").read_bytes().startswith(b"\x89PNG")
    assert (target / "f.png").stat().st_size > 5000


def check_markers(figure) -> None:
    """No marker is cut by the edge of its axes, of a figure that has been laid out."""
    for axes in filter(lambda axes: axes.get_visible(), figure.axes):
        box = axes.get_window_extent()
        low, high = np.array([box.min, box.max])
        for line in axes.get_lines():
            if line.get_marker() in ("None", "", " ", None) or not line.get_clip_on():
                continue
            radius = line.get_markersize() / 2 * figure.dpi / 72
            points = line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float))
            points = points[np.isfinite(points).all(axis=1)]
            inside = points[((low <= points + 1e-6) & (points <= high + 1e-6)).all(axis=1)]
            narrow = 0.4 * radius if line.get_marker() in ("|", "_") else radius
            whole = (inside >= low + 0.8 * narrow) & (inside <= high - 0.8 * narrow)
            assert whole.all(), (axes.get_title(), line.get_marker(), line.get_xydata()[:3])


def check_numbers(figure) -> None:
    """Numbers at axes are plain: no formulas that nothing reads, no rounding noise, no offsets."""
    for text in words(figure):
        assert "mathdefault" not in text and not re.search(r"e[-−]1\d", text), text
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            assert not axis.get_offset_text().get_text(), axes.get_title()


def check_legend(figure) -> None:
    """A figure with a legend names every colour and dash that curves have, and roles as all do.

    A dash is named by an entry of any colour; lines in grey that are solid need no name.
    """
    entries = [line for legend in _legends(figure) for line in _lines(legend)]
    dashes = {line.get_linestyle() for line in entries}
    colours = {to_hex(line.get_color()) for line in entries}
    for axes in filter(lambda axes: axes.get_visible(), figure.axes if entries else ()):
        for line in axes.get_lines():
            dash, colour = line.get_linestyle(), to_rgb(line.get_color())
            if len(line.get_xdata()) < 2 or dash in ("None", "", " "):
                continue
            grey = max(colour) - min(colour) < 0.01
            named = dash in dashes if dash != "-" else grey or to_hex(colour) in colours
            assert named, (axes.get_title(), to_hex(colour), dash)
    for legend in _legends(figure):
        for text, line in zip(legend.get_texts(), legend.legend_handles, strict=True):
            role = ROLES.get(WORDS.get(text.get_text(), text.get_text()))
            if role and isinstance(line, Line2D):
                look = (line.get_color(), line.get_linestyle())
                assert look == (role["color"], role["linestyle"]), text.get_text()


def _legends(figure) -> list:
    inside = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    parts = [figure, *getattr(figure, "subfigs", ())]
    return [*(legend for part in parts for legend in part.legends), *inside]


def _lines(legend) -> list[Line2D]:
    return [line for line in legend.findobj(Line2D) if len(line.get_xdata())]


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
