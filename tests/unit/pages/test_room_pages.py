"""The listening room: its pages, what is copied into it, and what it refuses."""

import re

import pytest
from made_exhibits import HOSTILE, tracks, write_exhibits
from rules import RULES
from scripts import run_script

from tonotopy.errors import InputError
from tonotopy.files import read_json, write_json
from tonotopy.pages.html import TEMPLATES
from tonotopy.pages.room import write_room

TITLES = {"whales": "Study 8: whales"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    base = tmp_path_factory.mktemp("exhibits")
    return [
        write_exhibits(base / "a"),
        write_exhibits(base / "b", "sharks", "reef", titles=HOSTILE, classes=HOSTILE[:2]),
    ]


@pytest.fixture(scope="module")
def room(folders, tmp_path_factory):
    path = tmp_path_factory.mktemp("room") / "listen"
    write_room(path, folders, TITLES, "mini")
    return path


@pytest.fixture
def own(tmp_path):
    """Return exhibits that a test may change."""
    return write_exhibits(tmp_path / "own", titles=("one",), own=tracks()[:2])


def change(folder, edit):
    index = read_json(folder / "exhibits.json")
    edit(index)
    write_json(folder / "exhibits.json", index)


def cards(room):
    return re.findall(r'<li class="card.*?</li>', (room / "index.html").read_text(), re.DOTALL)


def test_there_is_a_page_per_instance_and_one_card_per_exhibit(room):
    pages = sorted(path.name for path in room.glob("*.html"))
    assert pages == ["index.html", "sharks-reef.html", "whales-sea.html"]
    assert len(cards(room)) == 3 + len(HOSTILE)
    first, second, *_ = cards(room)
    assert 'href="whales-sea.html#exhibit-0"' in first and "clip-0001" in first
    assert 'data-class="song" data-network="cnn"' in first
    assert 'data-class="noise" data-network=""' in second
    assert "Study 8: whales, sea" in first and "7 sounds" in first


def test_a_study_without_a_title_is_headed_by_its_name(room):
    assert "<h1>sharks, reef</h1>" in (room / "sharks-reef.html").read_text()


def test_every_file_that_a_page_names_is_there_and_no_other(room):
    named = set()
    for page in room.glob("*.html"):
        named |= set(re.findall(r'src="([^"]+)"', page.read_text()))
    assert named == {
        str(p.relative_to(room)) for p in room.rglob("*") if p.suffix in (".png", ".wav")
    }
    assert len(named) > 50


def test_thumbnails_show_a_heatmap_where_there_is_one(room):
    assert re.findall(r'<img src="([^"]+)"', cards(room)[1]) == [
        "whales/sea/1/input.png",
        "whales/sea/1/1.png",
    ]


def test_filters_offer_what_there_is(room):
    page = (room / "index.html").read_text()
    networks = re.search(r'<select name="network">(.*?)</select>', page).group(1)
    assert re.findall(r'value="([^"]*)"', networks) == ["", "cnn"]
    assert page.count("<script") == 1 and "<img src=x" not in page


def test_the_note_of_an_index_stands_on_its_page(room):
    assert "Layer conv4, 4 components." in (room / "whales-sea.html").read_text()


def test_the_same_exhibits_give_the_same_room(folders, room, tmp_path):
    write_room(tmp_path / "listen", folders, TITLES, "mini")
    files = sorted(path.relative_to(room) for path in room.rglob("*") if path.is_file())
    for file in files:
        assert (tmp_path / "listen" / file).read_bytes() == (room / file).read_bytes()


def test_a_run_without_exhibits_has_a_room_that_says_so(tmp_path):
    write_room(tmp_path / "listen", [], TITLES, "mini")
    page = (tmp_path / "listen/index.html").read_text()
    assert "No instance of this run shows sounds." in page and 'class="card' not in page


def test_every_page_says_what_is_to_be_known_of_the_run(folders, tmp_path):
    note = "A part of AudioSet is used: <i>few</i> clips."
    write_room(tmp_path / "listen", folders, TITLES, "mini", [note])
    pages = list((tmp_path / "listen").glob("*.html"))
    assert len(pages) == 1 + len(folders)
    for page in pages:
        assert "A part of AudioSet is used: &lt;i&gt;few&lt;/i&gt; clips." in page.read_text()


def test_the_rule_s_script_writes_it(folders, room, tmp_path, monkeypatch):
    inputs, output = {"exhibits": folders}, [tmp_path / "listen"]
    params = {"titles": TITLES, "notes": []}
    run_script("listen/build_room", monkeypatch, inputs, output, params, scale="mini")
    assert (tmp_path / "listen/index.html").read_bytes() == (room / "index.html").read_bytes()


def test_rules_of_pages_read_every_template_that_those_are_made_of():
    shared = {"base.html.j2", "style.css"}
    player = set(re.findall(r'"(.+?)"', re.search(r"PLAYER = .*", _rules("listen")).group()))
    calls = re.findall(r"templates=templates\((.*?)\)", _rules("listen") + _rules("report"))
    assert len(calls) == 4
    for call in calls:
        named = set(re.findall(r'"(.+?)"', call)) | (player if "PLAYER" in call else set())
        used, waiting = set(), [name for name in named if name.endswith(".j2")]
        while waiting:
            used.add(waiting[-1])
            text = (TEMPLATES / waiting.pop()).read_text()
            waiting += re.findall(r'{%-? (?:include|extends|import|from) "(.*?)"', text)
        assert named | shared == used


def _rules(name):
    return (RULES / f"{name}.smk").read_text()


@pytest.mark.parametrize(
    "name", ["../0.wav", "/etc/passwd", "..", ".hidden", "a/b.wav", "a\\b", "a b", "a\n", 7]
)
@pytest.mark.parametrize("key", ["audio", "picture", "overlay", "folder"])
def test_names_that_lead_elsewhere_are_refused(own, tmp_path, key, name):
    def edit(index):
        exhibit = index["exhibits"][0]
        (exhibit if key == "folder" else exhibit["tracks"][0])[key] = name

    change(own, edit)
    with pytest.raises(InputError, match=r"own/exhibits\.json: exhibit 0"):
        write_room(tmp_path / "listen", [own], TITLES, "mini")
    assert not (tmp_path / "listen").exists()


@pytest.mark.parametrize("key", ["study", "instance"])
def test_instances_that_lead_elsewhere_are_refused(own, tmp_path, key):
    change(own, lambda index: index.update({key: "../up"}))
    with pytest.raises(InputError, match=rf"exhibits\.json: {key}: '../up'"):
        write_room(tmp_path / "listen", [own], TITLES, "mini")


def test_missing_files_and_links_are_refused(own, tmp_path):
    (own / "0/0.wav").unlink()
    for _ in range(2):
        with pytest.raises(InputError, match=r"exhibit 0 names 0/0\.wav"):
            write_room(tmp_path / "listen", [own], TITLES, "mini")
        if not (own / "0/0.wav").is_symlink():
            (own / "0/0.wav").symlink_to(own / "0/1.wav")


def test_an_index_of_another_version_is_told(own, tmp_path):
    change(own, lambda index: index["exhibits"][0].pop("facts"))
    with pytest.raises(
        InputError, match="exhibit 0 has no facts; it was written by another version"
    ):
        write_room(tmp_path / "listen", [own], TITLES, "mini")
