"""What holds of every page: no error, no request outside, no overflow, accessible, dark mode."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from made_exhibits import HOSTILE
from visits import WIDTHS, Visits, faults, first_paint, overflow

PAGES = (
    "index.html",
    "scorecard.html",
    "listen/index.html",
    "listen/whales-sea.html",
    "listen/sharks-reef.html",
    "heard/own/index.html",
    "heard/own/0.html",
    "heard/own/1.html",
)
PLAYERS = "listen/whales-sea.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("file", PAGES)
def test_pages_fit_and_are_accessible(visits, run_folder, file, width, scheme):
    page = visits.open(run_folder / file, width, color_scheme=scheme)
    assert overflow(page) <= 0
    assert faults(page) == []


@pytest.mark.parametrize("file", PAGES)
def test_pages_without_scripts_fit_and_are_accessible(visits, run_folder, file):
    page = visits.open(run_folder / file, 400, script=False)
    assert overflow(page) <= 0
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("file", PAGES)
def test_first_paint_is_soon(launch, run_folder, file):
    cold = launch()
    visits = Visits(cold, run_folder)
    assert first_paint(visits.open(run_folder / file)) < 1000
    visits.close()
    cold.close()


@pytest.mark.parametrize("file", PAGES)
def test_dark_pages_are_dark(visits, run_folder, file):
    page = visits.open(run_folder / file, color_scheme="dark")
    red = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
    assert int(red) < 64


def test_hostile_names_are_text(visits, run_folder):
    page = visits.open(run_folder / "listen/sharks-reef.html")
    assert page.locator("article h2").all_text_contents() == list(HOSTILE)
    assert page.locator("img[src=x]").count() == 0
    page.locator(".seek").first.focus()
    for number, name in enumerate(HOSTILE, start=2):
        page.keyboard.press(str(number))
        assert page.locator(".says").first.text_content().startswith(name)


@pytest.mark.parametrize("file", PAGES)
def test_no_element_or_attribute_comes_from_a_name(visits, run_folder, file):
    page = visits.open(run_folder / file)
    assert page.locator("img[src=x], [onerror]").count() == 0
    assert page.evaluate("[...document.scripts].every((s) => !s.textContent.includes('alert'))")


@pytest.mark.parametrize("file", PAGES)
def test_links_lead_somewhere(visits, run_folder, file):
    page = visits.open(run_folder / file)
    for address in page.eval_on_selector_all("a[href]", "(all) => all.map((a) => a.href)"):
        path, _, anchor = unquote(address.removeprefix("file://")).partition("#")
        if not address.startswith("https://"):
            assert Path(path).is_file(), address
            assert not anchor or f'id="{anchor}"' in Path(path).read_text(), address


def test_the_focus_is_visible(visits, run_folder):
    page = visits.open(run_folder / PLAYERS)
    for _ in range(14):
        page.keyboard.press("Tab")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style != "none"
