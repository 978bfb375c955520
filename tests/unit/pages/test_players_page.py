"""Pages of players: all is there without scripts, all text is escaped, nothing is fetched."""

import re
from html.parser import HTMLParser

import pytest
from made_exhibits import HOSTILE, SECONDS, STRENGTHS, TICKS, slider, timeline

from tonotopy.pages.players import players_page, shown_facts

LINKS = {"index.html": "Listening room"}


def track(name="original", **changes):
    about = {"name": name, "kind": "original", "audio": "0.wav", "picture": "input.png"}
    return {**about, "facts": {}, **changes}


def made(tracks=None, **changes):
    about = {"folder": "0", "title": "clip", "network": "", "label": "", "facts": {}}
    rest = {"seconds": SECONDS, "ticks": TICKS, "sliders": [], "timelines": []}
    return {**about, **rest, "tracks": tracks or [track()], **changes}


class Elements(HTMLParser):
    """The elements of a page: pairs of tag and attributes, and the text outside scripts."""

    def __init__(self, page):
        super().__init__()
        self.all, self.text, self.open = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        self.open.append("")

    def handle_data(self, data):
        if self.open[-1:] not in (["script"], ["style"]):
            self.text.append(data)

    def of(self, tag, kind=None):
        return [a for t, a in self.all if t == tag and (kind is None or a.get("class") == kind)]


def elements(*exhibits, media="relevance/music/", **values):
    return Elements(players_page("Title", [], exhibits, media, LINKS, **values))


def test_every_track_has_its_sound_its_picture_and_its_overlay():
    tracks = [
        track(),
        track("component 1", audio="1.wav", overlay="1.png", kind="component"),
        track("a map", audio=None, picture="picture2.png", kind="map"),
    ]
    page = elements(made(tracks), made(folder="1"))
    folder = "relevance/music/0"
    assert [a["src"] for a in page.of("audio")] == [
        f"{folder}/0.wav",
        f"{folder}/1.wav",
        "relevance/music/1/0.wav",
    ]
    assert all(a["preload"] == "none" and "controls" in a for a in page.of("audio"))
    assert not any("autoplay" in a for a in page.of("audio"))
    assert [a["src"] for a in page.of("img", "picture")][:3] == [
        f"{folder}/input.png",
        f"{folder}/input.png",
        f"{folder}/picture2.png",
    ]
    assert [a["src"] for a in page.of("img", "overlay")] == [f"{folder}/1.png"]
    assert all(a["loading"] == "lazy" for a in page.of("img"))
    assert [a["id"] for a in page.of("article")] == ["exhibit-0", "exhibit-1"]


def test_pictures_have_words():
    page = elements(made([track("component 1", overlay="1.png")], title="song of 1987"))
    (picture,) = page.of("img", "picture")
    assert picture["alt"] == (
        "Picture of component 1, song of 1987: 3 s, 100 Hz to 4 kHz, with a heatmap over it"
    )


def test_axes_are_the_exhibit_s_or_the_track_s_own():
    page = players_page("T", [], [made([track(), track("b", ticks=[[7, 0.25]])])], "m/", LINKS)
    assert page.count('<span style="bottom:40%">500 Hz</span>') == 1
    assert page.count('<span style="bottom:25%">7 Hz</span>') == 1
    assert page.count('<span style="left:50%">1.5 s</span>') == 2


def test_facts_are_read_as_a_person_would():
    facts = {
        "a": 0.61803,
        "b": True,
        "c": None,
        "d": False,
        "e": 12,
        "f": "x",
        "g": [1.0, "y"],
        "h": -2960.4,
    }
    assert shown_facts(facts) == [
        ("a", "0.618"),
        ("b", "yes"),
        ("d", "no"),
        ("e", "12"),
        ("f", "x"),
        ("g", "1, y"),
        ("h", "-2960"),
    ]


def test_class_and_network_are_facts_where_they_are_known():
    text = " ".join("".join(elements(made(label="song", network="cnn")).text).split())
    assert "class: song network: cnn" in text
    assert "class:" not in "".join(elements(made()).text)


def test_epochs_are_a_slider_per_training():
    def epoch(layer, number):
        facts = {"network": "cnn", "layer": layer, "epoch": number}
        return track(f"{layer} {number}", kind="epoch", facts=facts)

    tracks = [track(), epoch("conv1", 1), epoch("conv2", 1), epoch("conv1", 2)]
    page = elements(made(tracks))
    assert [a["data-tracks"] for a in page.of("input") if "data-tracks" in a] == ["1 3", "2"]
    assert "training of cnn, conv1" in "".join(page.text)
    assert not [a for a in elements(made()).of("input") if "data-tracks" in a]


def test_tracks_of_layers_are_told_apart_by_network_and_layer():
    facts = {"network": "cnn", "layer": "conv1"}
    names = ("cnn, conv1", "cnn, conv1, map 3")
    page = elements(made([track(name, facts=facts) for name in names] + [track()]))
    rows = [(a["data-row"], a["data-button"]) for a in page.of("li") if "data-row" in a]
    assert rows == [("cnn", "conv1"), ("", "cnn, conv1, map 3"), ("", "original")]


def test_sliders_are_drawn_where_they_start():
    page = elements(made(sliders=[slider()]))
    curves = [a["points"] for a in page.of("polyline")]
    assert curves == ["0,90 25,80 50,70 75,40 100,10", "0,10 25,20 50,30 75,60 100,90"]
    (mark,) = page.of("line", "mark")
    assert (mark["x1"], mark["x2"]) == ("50", "50")
    assert [a["style"] for a in page.of("span", "bar")] == ["width:30%", "width:70%"]
    assert [a["data-values"] for a in page.of("li") if "data-values" in a] == [
        "0.1 0.2 0.3 0.6 0.9",
        "0.9 0.8 0.7 0.4 0.1",
    ]
    (group,) = page.of("div", "slider")
    assert [float(value) for value in group["data-values"].split()] == STRENGTHS
    (strength,) = [a for a in page.of("input") if a.get("aria-label") == "strength of violin"]
    assert (strength["max"], strength["value"]) == ("4", "2")


def test_timelines_share_the_axis_of_the_pictures():
    page = elements(made(timelines=[timeline()]))
    assert page.of("polyline")[0]["points"] == "10,90 30,50 50,10 70,50 90,80"


def test_hostile_text_is_text():
    everywhere = [
        made(
            [track(text, facts={text: text, "network": text}, kind="epoch")],
            title=text,
            label=text,
            network=text,
            facts={text: text},
            sliders=[slider(text, (text, "b"))],
            timelines=[timeline((text, "b"))],
        )
        for text in HOSTILE
    ]
    plain = elements(
        *(
            made(
                [track("n", facts={"n": "n", "network": "n"}, kind="epoch")],
                facts={"n": "n"},
                sliders=[slider("n", ("n", "b"))],
                timelines=[timeline(("n", "b"))],
            )
            for _ in HOSTILE
        )
    )
    page = Elements(players_page(HOSTILE[0], HOSTILE, everywhere, "m/", LINKS, problems=HOSTILE))
    counts = {tag: len(page.of(tag)) for tag in ("script", "img", "audio", "svg", "article")}
    assert counts == {tag: len(plain.of(tag)) for tag in counts}
    known = {"src", "class", "alt", "loading"}
    assert all(set(a) == known for a in page.of("img"))
    assert [a["data-name"] for a in page.of("li") if "data-name" in a] == list(HOSTILE)


def test_names_of_files_are_quoted():
    page = elements(made([track(audio="a b#1?.wav")], folder="ü%2e"), media="my sound/")
    assert page.of("audio")[0]["src"] == "my%20sound/%C3%BC%252e/a%20b%231%3F.wav"


def test_problems_are_alarms_and_no_exhibits_are_told():
    page = players_page("T", ["A note."], [], "m/", LINKS, problems=["cannot be read"])
    assert '<p class="alarm" role="alert">cannot be read</p>' in page
    assert "Nothing to be heard or seen here." in page and "A note." in page


@pytest.mark.parametrize("word", ["fetch(", "AudioContext", "http:", "https:", "XMLHttpRequest"])
def test_nothing_is_fetched(word):
    assert word not in players_page("T", [], [made()], "m/", LINKS)


def test_no_handler_stands_in_the_page():
    page = players_page("T", [], [made(sliders=[slider()])], "m/", LINKS)
    assert not re.search(r"<[^>]+\son\w+=", page)


def test_the_same_exhibits_give_the_same_page():
    exhibit = made(sliders=[slider()], timelines=[timeline()])
    first, second = (players_page("T", [], [exhibit], "m/", LINKS) for _ in range(2))
    assert first == second
