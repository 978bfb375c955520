"""Players in a browser: sound, position, keys, sliders, and what remains without scripts."""

import shutil

import numpy as np
import pytest
from made_exhibits import RATE, SECONDS, tracks
from playwright.sync_api import expect
from visits import Visits

from tonotopy.exhibiting import exhibit, write_clip
from tonotopy.pages.html import write
from tonotopy.pages.players import players_page

PAGE = "listen/whales-sea.html"
# the positions at which one track was left and another entered, once both have happened; the
# same track may be said to play twice, once more when it has sought
EXCHANGE = """() => {
  const left = window.events.find(([name]) => name === "pause");
  const entered = window.events.find(([name, file]) => name === "playing" && file !== left?.[1]);
  return left && entered && [left[2], entered[2]];
}"""
AUDIO = "article:nth-of-type({}) audio >> nth={}"


@pytest.fixture
def page(visits, run_folder):
    return visits.open(run_folder / PAGE)


def position(page, track, player=1):
    return page.locator(AUDIO.format(player, track)).evaluate("(a) => a.currentTime")


def paused(page):
    return page.eval_on_selector_all("audio", "(all) => all.map((a) => a.paused)")


def wait_until_past(page, seconds):
    """Wait until a sound that plays is past a position."""
    sounding = "[...document.querySelectorAll('audio')].filter((a) => !a.paused)"
    page.wait_for_function(f"(s) => {sounding}.some((a) => a.currentTime > s)", arg=seconds)


def test_nothing_sounds_or_is_loaded_before_it_is_asked_for(page, visits):
    page.wait_for_timeout(300)
    assert all(paused(page))
    assert page.eval_on_selector_all("audio", "(all) => all.every((a) => a.readyState === 0)")
    assert not [url for url in visits.requests if url.endswith(".wav")]


def test_all_tracks_of_a_player_are_loaded_once_it_is_turned_to(page):
    page.locator(".seek").first.focus()
    page.wait_for_function(
        "() => [...document.querySelectorAll('#exhibit-0 audio')].every((a) => a.readyState > 1)"
    )
    assert page.eval_on_selector_all(
        "#exhibit-1 audio", "(all) => all.every((a) => a.readyState === 0)"
    )


def test_play_advances_and_pause_holds(page):
    player = page.locator(".player").first
    player.get_by_role("button", name="Play").click()
    wait_until_past(page, 0.3)
    left = player.locator(".playhead").evaluate("(e) => parseFloat(e.style.left)")
    assert left > 100 * 0.25 / 3
    player.get_by_role("button", name="Pause").click()
    held = position(page, 0)
    page.wait_for_timeout(200)
    assert position(page, 0) == held


def test_a_sound_that_ended_begins_again(page):
    player = page.locator(".player").first
    player.locator(".seek").focus()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    wait_until_past(page, 0.05)
    assert position(page, 0) < 2.5


@pytest.mark.parametrize("way", ["key", "chip", "x"])
def test_switching_keeps_the_position(page, way):
    player = page.locator(".player").first
    player.get_by_role("button", name="Play").click()
    for _ in range(3):
        page.evaluate("window.events.length = 0")
        wait_until_past(page, 0.3)
        now = page.locator(".current").first.get_attribute("data-name")
        target = 2 if now == "original" else 1
        if way == "chip":
            player.locator(".chips button").nth(target - 1).click()
        else:
            page.keyboard.press("x" if way == "x" else str(target))
        left, entered = page.wait_for_function(EXCHANGE).json_value()
        assert entered == pytest.approx(left, abs=0.05)
        assert paused(page).count(False) == 1


def test_switching_a_silent_player_keeps_the_position_too(page):
    player = page.locator(".player").first
    player.locator(".seek").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("3")
    assert position(page, 2) == pytest.approx(0.75, abs=0.001)
    assert all(paused(page))


def test_a_picture_without_sound_leaves_the_sound_on(page):
    player = page.locator(".player").first
    player.get_by_role("button", name="Play").click()
    page.keyboard.press("4")
    wait_until_past(page, 0.2)
    expect(player.locator(".current")).to_have_attribute("data-name", "a map")
    expect(player.locator(".says")).to_contain_text("what you hear is original")


def test_x_exchanges_the_last_two_tracks(page):
    player = page.locator(".player").first
    player.locator(".seek").focus()
    shown = []
    for key in ("3", "2", "x", "x", "x"):
        page.keyboard.press(key)
        shown.append(player.locator(".current").get_attribute("data-name"))
    assert shown == ["component 1", "standard", "component 1", "standard", "component 1"]


def test_keys_seek(page):
    page.locator(".seek").first.focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "PageUp", "End", "Home"):
        page.keyboard.press(key)
        seen.append(round(position(page, 0), 3))
    assert seen == [0.15, 0.3, 0.15, 0.9, 3, 0]


def test_keys_of_a_page_s_own_controls_stay_theirs(page):
    player = page.locator(".player").first
    player.locator(".opacity input").focus()
    page.keyboard.press("Home")
    assert position(page, 0) == 0
    overlay = player.locator(".overlay").first
    assert overlay.evaluate("(e) => getComputedStyle(e).opacity") == "0"


def test_clicking_and_dragging_seek(page):
    seek = page.locator(".seek").first
    box = seek.bounding_box()
    middle, y = box["x"] + box["width"] / 2, box["y"] + 40
    page.mouse.click(middle, y)
    assert position(page, 0) == pytest.approx(1.5, abs=0.02)
    page.mouse.move(middle, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, y, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + box["width"] * 0.9, y)
    assert position(page, 0) == pytest.approx(0.75, abs=0.02)
    expect(seek).to_be_focused()


def test_the_position_is_a_slider_with_a_spoken_value(page):
    seek = page.get_by_role("slider", name="position in clip-0001")
    expect(seek).to_have_attribute("aria-valuemax", "3")
    seek.focus()
    page.keyboard.press("PageUp")
    expect(seek).to_have_attribute("aria-valuetext", "0.8 of 3.0 seconds")
    expect(seek).to_have_attribute("aria-valuenow", "0.8")


def test_the_playhead_and_the_picture_share_their_axis(page):
    player = page.locator(".player").first
    seek, screen = player.locator(".seek").bounding_box(), player.locator(".current .screen")
    low = player.locator(".timeline .screen").bounding_box()
    for box in (screen.bounding_box(), low):
        assert seek["x"] == pytest.approx(box["x"] + 1, abs=0.6)
        assert seek["x"] + seek["width"] == pytest.approx(box["x"] + box["width"] - 1, abs=0.6)


def test_one_player_sounds_at_a_time(page):
    buttons = page.locator(".play")
    buttons.nth(0).click()
    wait_until_past(page, 0.1)
    buttons.nth(1).click()
    wait_until_past(page, 0.1)
    assert paused(page).count(False) == 1
    expect(buttons.nth(0)).to_have_text("Play")
    expect(buttons.nth(1)).to_have_text("Pause")


def test_one_picture_is_shown_at_a_time(page):
    player = page.locator(".player").first
    for key, name in (("2", "standard"), ("4", "a map")):
        player.locator(".seek").focus()
        page.keyboard.press(key)
        visible = player.locator(".picture:visible")
        expect(visible).to_have_count(1)
        assert name in visible.get_attribute("alt")
        page.wait_for_function(
            "() => [...document.querySelectorAll('#exhibit-0 .current img')]"
            ".every((i) => i.naturalWidth > 0)"
        )
    expect(player.locator(".chips [aria-pressed=true]")).to_have_text("4a map")


def test_tracks_of_a_network_s_layers_have_a_row_of_their_own(page):
    chips = page.locator(".player").first.locator(".chips")
    rows = [chips.locator("div").nth(row) for row in range(2)]
    assert [row.locator("button").all_text_contents() for row in rows] == [
        ["1original", "2standard", "3component 1", "4a map"],
        ["8cnn, conv2"],
    ]
    expect(rows[1].locator("> span")).to_have_text("cnn")
    chips.get_by_role("button", name="cnn, conv2").click()
    expect(page.locator(".current").first).to_have_attribute("data-name", "cnn, conv2")


def test_training_is_a_slider_over_epochs(page):
    player = page.locator(".player").first
    epochs = player.get_by_role("slider", name="training of cnn, conv2")
    epochs.focus()
    page.keyboard.press("Home")
    expect(player.locator(".current")).to_have_attribute("data-name", "cnn, conv2, epoch 1")
    page.keyboard.press("ArrowRight")
    expect(player.locator(".current")).to_have_attribute("data-name", "cnn, conv2, epoch 2")
    page.keyboard.press("7")
    expect(epochs).to_have_value("2")
    expect(epochs).to_have_attribute("aria-valuetext", "cnn, conv2, epoch 8")


def test_bars_and_mark_follow_the_strength(page):
    section = page.locator(".slider").first
    bars = section.locator(".bars li")
    expect(bars.nth(0).locator(".number")).to_have_text("30%")
    section.get_by_role("slider").focus()
    page.keyboard.press("End")
    widths = [bar.evaluate("(e) => e.style.width") for bar in section.locator(".bar").all()]
    assert widths == ["90%", "10%"]
    expect(section.locator(".value")).to_have_text("0.4")
    expect(section.locator(".mark")).to_have_attribute("x1", "100")
    expect(section.get_by_role("slider")).to_have_attribute("aria-valuetext", "0.4: song 90%")


def test_repeat_goes_on(page):
    player = page.locator(".player").first
    player.locator(".repeat").check()
    player.locator(".seek").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    page.wait_for_function(
        "() => { const t = document.querySelector('audio').currentTime; return t > 0 && t < 2; }"
    )
    assert paused(page)[0] is False


def test_a_missing_sound_is_told(browser, run_folder, tmp_path):
    shutil.copytree(run_folder / "listen", tmp_path / "listen")
    (tmp_path / "listen/whales/sea/0/1.wav").unlink()
    page = browser.new_page()
    page.goto((tmp_path / "listen/whales-sea.html").as_uri())
    page.locator(".seek").first.focus()
    page.keyboard.press("2")
    expect(page.locator(".says").first).to_contain_text("its sound cannot be played")
    page.close()


def test_exhibits_without_any_sound_or_track_have_no_player(browser, tmp_path):
    listed = write_clip(tmp_path / "0", np.eye(32, 90), tracks()[:2], RATE)
    silent = [{**track, "audio": None} for track in listed]
    exhibits = [exhibit("0", "mute", silent, SECONDS, []), exhibit("0", "bare", [], SECONDS, [])]
    write(tmp_path / "page.html", players_page("T", [], exhibits, "", {}))
    visits = Visits(browser, tmp_path)
    page = visits.open(tmp_path / "page.html")
    expect(page.locator(".seek, .play:visible, .clock:visible")).to_have_count(0)
    page.get_by_role("button", name="standard").click()
    expect(page.locator(".current .overlay")).to_be_visible()
    expect(page.locator("#exhibit-1 button:visible")).to_have_count(0)
    visits.close()


def test_in_print_all_pictures_stand_and_no_control(page):
    page.emulate_media(media="print")
    player = page.locator(".player").first
    expect(player.locator(".picture:visible")).to_have_count(8)
    expect(player.locator("button:visible, input:visible, .seek:visible")).to_have_count(0)
    expect(player.locator(".caption").nth(1)).to_be_visible()


def test_without_scripts_pictures_and_sounds_remain(visits, run_folder):
    page = visits.open(run_folder / PAGE, script=False)
    assert page.locator(".seek, .chips, .play").count() == 0
    player = page.locator(".player").first
    expect(player.locator("audio:visible")).to_have_count(7)
    expect(player.locator(".picture:visible")).to_have_count(8)
    expect(player.locator("svg[role=img]:visible")).to_have_count(2)
    expect(player.locator("input:visible")).to_have_count(0)
    expect(player.locator(".caption").nth(1)).to_contain_text("relevance: 3.14")
