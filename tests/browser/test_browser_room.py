"""The listening room in a browser: cards, filters, two hundred exhibits."""

import pytest
from made_exhibits import HOSTILE, write_exhibits
from playwright.sync_api import expect
from visits import Visits, first_paint

from tonotopy.pages.room import write_room


@pytest.fixture
def page(visits, run_folder):
    return visits.open(run_folder / "listen/index.html")


def titles(page):
    return page.locator(".card:visible b").all_inner_texts()


def test_cards_lead_to_their_player(page):
    page.get_by_text("clip-0002").click()
    page.wait_for_url("**/whales-sea.html#exhibit-1")
    expect(page.locator("#exhibit-1")).to_be_in_viewport()
    expect(page.locator("#exhibit-1 h2")).to_have_text("clip-0002")
    page.get_by_role("link", name="Listening room").click()
    page.wait_for_url("**/index.html")


def test_filters_act_together_and_stand_in_the_address(page):
    page.get_by_label("study").select_option("Study 8: whales")
    assert titles(page) == ["clip-0001", "clip-0002", "clip-0003"]
    page.get_by_label("class").select_option("song")
    assert titles(page) == ["clip-0001", "clip-0003"]
    expect(page.get_by_role("status")).to_have_text("2 of 10 exhibits")
    assert page.url.endswith("#study=Study+8%3A+whales&class=song")
    page.reload()
    assert titles(page) == ["clip-0001", "clip-0003"]
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("status")).to_have_text("10 of 10 exhibits")
    assert "#" not in page.url


def test_hostile_classes_can_be_chosen(page):
    page.get_by_label("class").select_option(HOSTILE[1])
    assert titles(page) == [HOSTILE[1], HOSTILE[4]]
    page.reload()
    assert titles(page) == [HOSTILE[1], HOSTILE[4]]


def test_an_address_with_an_unknown_filter_shows_all(visits, run_folder):
    path = run_folder / "listen/index.html"
    page = visits.open(path)
    page.evaluate("location.hash = '#class=none&planet=x'")
    expect(page.get_by_role("status")).to_have_text("10 of 10 exhibits")


def test_without_scripts_all_cards_are_there_and_no_filter(visits, run_folder):
    page = visits.open(run_folder / "listen/index.html", script=False)
    expect(page.locator(".card:visible")).to_have_count(10)
    expect(page.locator("select:visible")).to_have_count(0)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Return a folder with a listening room of 200 exhibits."""
    folder = tmp_path_factory.mktemp("large")
    many = write_exhibits(folder / "many", titles=tuple(f"clip-{n}" for n in range(200)))
    write_room(folder / "listen", [many], {}, "test")
    return folder


@pytest.mark.parametrize("file", ["index.html", "whales-sea.html"])
def test_two_hundred_exhibits_open_at_once(launch, large, file):
    cold = launch()
    visits = Visits(cold, large)
    page = visits.open(large / "listen" / file)
    assert first_paint(page) < 1000
    if file == "whales-sea.html":
        last = page.locator(".player").last
        last.get_by_role("button", name="Play").click()
        page.wait_for_function(
            "() => [...document.querySelectorAll('audio')].some((a) => a.currentTime > 0.1)"
        )
    visits.close()
    cold.close()
