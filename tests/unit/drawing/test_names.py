"""Names of classes and concepts in figures: letter by letter, in ticks, titles and legends."""

import html
import re
import xml.etree.ElementTree as ET

import pytest
from odd_names import ODD

from tonotopy.drawing.names import INSTEAD, LONGEST, joined, literal, literals, paired
from tonotopy.drawing.style import legend_above, panels, save_figure, text_table

pytestmark = pytest.mark.filterwarnings("error")


def written(figure, folder):
    """The texts of a figure as its SVG file has them."""
    save_figure(figure, "t", "c", folder / "f.svg", folder / "f.png")
    ET.parse(folder / "f.svg")
    text = (folder / "f.svg").read_text(encoding="utf-8")
    return [html.unescape(re.sub("<[^>]+>", "", t)) for t in re.findall(r"<text.*?</text>", text)]


def test_short_names_stay_as_they_are():
    for name in ("rock", "hip hop", "a$b", "50 %", "{x}", "\\frac", "🎸", "שלום", "x" * LONGEST):
        assert literal(name) == name


@pytest.mark.parametrize("longest", [5, 18, 24])
def test_a_long_name_loses_its_middle(longest):
    short = literal("front" + "m" * 200 + "end", longest)
    assert len(short) == longest and short[0] == "f" and short[-1] == "d" and "…" in short


def test_what_no_line_of_an_svg_file_can_hold_is_replaced():
    for letter in ("\x00", "\x1b", "\n", "\t", "\ud800", "\ufffe", "\u2028"):
        assert literal(f"a{letter}b") == f"a{INSTEAD}b"


def test_names_that_would_read_alike_are_numbered():
    same = ["a" * 50 + letter + "z" * 50 for letter in "bcd"]
    assert len(set(literals(same))) == 3 and literals(["x", *same, "x"])[0] == "x"
    assert literals(["x", *same, "x"])[-1] == "x"
    assert literals(["rock", "jazz"]) == ["rock", "jazz"]


def test_pairs_stand_in_two_lines_where_one_is_too_long():
    assert joined(["rock", "metal"]) == "rock-metal"
    assert paired("violin", ["jazz"]) == "violin on jazz"
    one, other = paired("c" * 40, ["k" * 40], "and").split("\n")
    assert len(one) == LONGEST and other.startswith("and k")


def test_names_are_written_letter_by_letter_in_ticks_titles_and_legends(tmp_path):
    figure, (axes,) = panels(1, width=8, height=5)
    for n, name in enumerate(ODD):
        axes.plot([0, 1], [n, n], label=literal(name))
    axes.set_title(literal(ODD[0]))
    axes.set_yticks(range(len(ODD)), literals(ODD))
    axes.text(0, 0, literal(ODD[2]))
    legend_above(figure, axes)
    texts = written(figure, tmp_path)
    for name in ODD:
        assert sum(literal(name) in text for text in texts) >= 2, name
    assert len(figure.legends[0].get_texts()) == len(ODD)


def test_names_are_written_letter_by_letter_in_tables(tmp_path):
    rows = [[literal(name), "1"] for name in ODD]
    texts = written(text_table(rows, ["class", "clips"], 4, 3), tmp_path)
    assert all(any(literal(name) in text for text in texts) for name in ODD)


def test_rounding_noise_is_no_scale(tmp_path):
    figure, (axes, same, other) = panels(3)
    axes.plot([0, 1], [1.23e-17, -4e-18])
    same.plot([0, 1], [50, 50 + 1e-12])
    other.plot([0, 1], [0.2, 0.4])
    limits = other.get_ylim()
    texts = written(figure, tmp_path)
    assert axes.get_ylim() == (-1, 1) and other.get_ylim() == limits
    assert same.get_ylim() == pytest.approx((45, 55), abs=1)
    assert not any("e−" in text or "e-" in text for text in texts)
    for one in figure.axes:
        assert not one.yaxis.get_offset_text().get_text()
