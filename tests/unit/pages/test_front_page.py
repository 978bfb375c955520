"""The front page: answers, controls, pictures and links of a run, whatever names are like."""

import json
import re
import struct
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from scripts import run_script

from tonotopy.errors import InputError
from tonotopy.pages.front import SIGNATURE, page, png_size

HOSTILE = '<img src=x onerror="alert(1)">&\'{{ 7 * 7 }}'
DIGEST = "ab" * 32


def row(name, verdict, kind="claim", instance="north", study="whales"):
    judged = verdict != "not run"
    values = {"estimate": 0.25, "low": 0.125, "high": 0.5, "n": 30, "p": 0.01}
    return {
        "id": f"{study}.{name}.{instance}",
        "row": f"{study}.{name}",
        "study": study,
        "instance": instance,
        "kind": kind,
        "claim": f"{name} holds.",
        "criterion": {"above": 0},
        **(values if judged else dict.fromkeys(values)),
        "verdict": verdict,
        "reason": "" if judged else HOSTILE,
    }


KINDS_OF_LACKS = (("song", "claim"), ("fins", "control"))
ROWS = [
    row("deep", "supported"),
    row("song", "not run"),
    row("fins", "supported", "control"),
    row("teeth", "inconclusive", "control"),
    row("deep", "contradicted", instance="south"),
    row("fins", "supported", "control", "south"),
]


def figure(name, folder="figures/whales/north"):
    return {
        "name": name,
        "caption": f"{name} of {HOSTILE}",
        "svg": f"{folder}/{name}.svg",
        "png": f"{folder}/{name}.png",
    }


def answers(name):
    return {
        "claim": f"whales.{name}",
        "supported": f"Yes, {name}.",
        "contradicted": f"No {name}.",
        "inconclusive": f"Who knows, {name}.",
    }


def studies(**changes):
    instances = [
        {"name": "north", "embedded": True, "figures": [figure("jaws"), figure("map")]},
        {"name": "south", "embedded": False, "figures": []},
    ]
    instances = [{**one, "sounds": f"listen/whales-{one['name']}.html"} for one in instances]
    study = {
        "name": "whales",
        "title": f"Study 8: {HOSTILE}",
        "source": f"A. Hab {HOSTILE}",
        "question": "Do whales dive?",
        "headline": "jaws",
        "lead": "",
        "answers": [answers("deep"), answers("song")],
        "instances": instances,
    }
    return [{**study, **changes}]


ABOUT = {
    "scale": "mini",
    "seed": 5,
    "project": {"title": "tonotopy: whales", "version": "0.1.0", "authors": "The authors"},
    "versions": {"Python": "3.11"},
    "statistics": {"resamples": 100, "confidence": 0.95},
    "time": {"jobs": 2, "seconds": 130.0, "longest": (HOSTILE, 100.0)},
}
CORPUS = {
    "name": HOSTILE,
    "clips": 3,
    "source": HOSTILE,
    "licence": HOSTILE,
    "citation": HOSTILE,
    "content_sha256": DIGEST,
    "embedded": False,
}
NETWORK = {
    "name": HOSTILE,
    "architecture": "cnn",
    "corpus": HOSTILE,
    "trained": True,
    "sha256": DIGEST,
}


def write_png(path: Path, width=640, height=480):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(SIGNATURE + b"\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"rest")


def attributes(html):
    """The names of all attributes of all elements of a page."""
    names = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, pairs: names.update(name for name, _ in pairs)
    parser.feed(html)
    return names


@pytest.fixture
def folder(tmp_path):
    write_png(tmp_path / "figures/whales/north/jaws.png")
    return tmp_path


@pytest.fixture
def html(folder):
    return page(ROWS, studies(), ABOUT, [CORPUS], [NETWORK], folder)


def words(html):
    text = re.sub(r"<[^>]+>", " ", html.partition("<main>")[2])
    return re.sub(r"\s+", " ", unescape(text))


def test_answers_are_said_for_every_instance_with_their_interval(html):
    text = words(html)
    assert "Do whales dive?" in text
    north, south = text.partition("whales/north Yes, deep.")[2].split("whales/south No deep.")
    assert "supported : 0.25, interval 0.125 to 0.5; asked: above 0" in north
    assert "Not run: “song holds”" in north and "song" not in south
    assert 'href="scorecard.html#whales.deep"' in html


def test_controls_are_counted_and_each_has_its_square(html):
    text = words(html)
    assert "2 of 3 controls passed" in text and "1 cannot be decided by these data" in text
    table = re.search(r'<table class="controls">.*?</table>', html, re.DOTALL).group()
    squares = re.findall(r'<rect class="cell (\S+)"', table)
    assert squares == ["supported", "inconclusive", "supported"]
    assert 'role="alert"' not in html and "failed here" not in text


def test_failed_controls_head_the_page_and_stand_beside_the_answers(folder):
    rows = [*ROWS, row("eyes", "contradicted", "control", "south")]
    html = page(rows, studies(), ABOUT, [CORPUS], [NETWORK], folder)
    assert html.index('role="alert"') < html.index("Scale <strong>")
    assert 'href="scorecard.html#whales.eyes">whales.eyes.south</a>' in html
    north, _, south = html.partition("<h3>whales/south</h3>")
    assert "failed here" in south and "failed here" not in north


def test_squares_go_on_in_the_next_row(folder):
    rows = [row(f"c{n}", "supported", "control") for n in range(25)]
    html = page(rows, studies(), ABOUT, [], [], folder)
    assert re.findall(r'<svg width="(\d+)" height="(\d+)"', html)[0] == ("338", "30")
    places = re.findall(r'x="(\d+)" y="(\d+)"', html)
    assert places[23] == ("325", "3") and places[24] == ("3", "17")


def test_the_picture_is_that_of_the_first_instance_that_draws_it(folder):
    html = page(ROWS, studies(), ABOUT, [CORPUS], [NETWORK], folder)
    (picture,) = re.findall(r"<img [^>]*>", html)
    assert 'src="figures/whales/north/jaws.png" width="640" height="480"' in picture
    assert 'alt="jaws of &lt;img' in picture
    assert '<a href="figures/whales/north/jaws.svg"><img' in html
    undrawn = page(ROWS, studies(headline="fins"), ABOUT, [], [], folder)
    assert "<img" not in undrawn
    assert "<img" not in page(ROWS, studies(headline=None), ABOUT, [], [], folder)


def test_the_page_begins_with_what_a_study_proves_of_the_others(folder):
    both = studies(lead=f"It proves {HOSTILE}.")
    both[0]["instances"][1]["figures"] = [figure("jaws", "figures/whales/south")]
    write_png(folder / "figures/whales/south/jaws.png", 300, 200)
    html = page(ROWS, both, ABOUT, [CORPUS], [NETWORK], folder)
    lead, rest = html.partition("<main>")[2].split('<h2 id="controls">')
    text = words(f"<main>{lead}")
    assert f"It proves {HOSTILE}." in text and '<a href="#whales">' in lead
    assert text.index("whales/north: jaws") < text.index("whales/south: jaws")
    assert re.findall(r'<img src="([^"]+)" width="(\d+)" height="(\d+)"', lead) == [
        ("figures/whales/north/jaws.png", "640", "480"),
        ("figures/whales/south/jaws.png", "300", "200"),
    ]
    assert "<img" not in rest.partition('<h2 id="methods">')[0] and "loading" not in lead


def test_a_page_without_a_lead_begins_with_the_controls(html):
    assert "can its methods be believed" not in html


def test_figures_and_sounds_are_linked_where_there_are_any(html):
    links = re.findall(r'href="([^"#]+)"', html)
    assert links.count("figures/whales/north/map.svg") == 1
    assert {"listen/whales-north.html", "listen/whales-south.html", "report.zip"} <= set(links)


def test_a_study_without_sounds_links_none(folder):
    silent = studies()
    silent[0]["instances"][0]["sounds"] = None
    html = page(ROWS, silent, ABOUT, [], [], folder)
    assert "whales-north" not in html and "listen/whales-south.html" in html


def test_what_it_was_made_with_is_on_the_page(html):
    text = words(html)
    assert "Scale mini , seed 5." in text and "Computed with tonotopy 0.1.0" in text
    assert "2 jobs have their time in" in text and "took 2 min" in text
    assert text.count(DIGEST) == 2 and "@software{tonotopy," in text and "@misc{whales," in text


def test_a_run_without_times_says_so(folder):
    time = {"jobs": 0, "seconds": 0, "longest": None}
    html = page(ROWS, studies(), {**ABOUT, "time": time}, [], [], folder)
    assert "How long it took is not known" in html


def test_real_recordings_are_not_called_embedded(folder):
    assert "All sound is made here" not in page(ROWS, studies(), ABOUT, [], [], folder)
    made_here = studies()
    made_here[0]["instances"] = made_here[0]["instances"][:1]
    html = page(ROWS, made_here, ABOUT, [], [], folder)
    assert "All sound is made here" in html and "real recordings" not in words(html)


def test_hostile_names_are_harmless_and_nothing_is_loaded_or_run(html):
    assert len(re.findall(r"<img ", html)) == 1 and html.count("&lt;img") > 8
    assert not re.search(r"<script|https?:|\b49\b", html)
    assert not {name for name in attributes(html) if name.startswith("on") or name == "style"}
    assert html.count("{{ 7 * 7 }}") > 8


def test_equal_inputs_make_equal_pages(folder, html):
    assert page(ROWS, studies(), ABOUT, [CORPUS], [NETWORK], folder) == html


def test_a_picture_that_is_none_is_named(tmp_path):
    path = tmp_path / "jaws.png"
    for content in (b"", b"GIF89a" + bytes(30), SIGNATURE):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"jaws\.png: damaged \(no PNG picture\)"):
            png_size(path)
    path.unlink()
    with pytest.raises(InputError, match=r"jaws\.png: file not found"):
        png_size(path)


def with_overview(overview):
    made = studies()
    made[0]["instances"][0]["overview"] = overview
    return made


def test_an_overview_stands_with_its_instance_and_is_escaped(folder):
    overview = {"caption": f"Depths {HOSTILE}", "head": ["Whale", "Deepest"]}
    overview["rows"] = [["fin", "300 m [280, 320]"], [HOSTILE, "50 m"]]
    html = page(ROWS, with_overview(overview), ABOUT, [], [], folder)
    assert HOSTILE not in html and html.count('<table class="overview">') == 1
    text = words(html)
    caption = f"whales/north: Depths {HOSTILE}"
    for part in ("Whale Deepest", "fin 300 m [280, 320]", f"{HOSTILE} 50 m", caption):
        assert part in text
    section = html.index('id="whales"'), html.index('<h2 id="methods">')
    assert section[0] < html.index('<table class="overview">') < section[1]
    assert '<table class="overview">' not in page(ROWS, studies(), ABOUT, [], [], folder)


def test_classes_that_a_split_lacks_are_told_below_the_corpora(folder):
    gap = f"class '{HOSTILE}' has no clip in split test"
    html = page(
        ROWS, studies(), ABOUT, [CORPUS, {**CORPUS, "name": "sea", "gaps": [gap]}], [], folder
    )
    assert HOSTILE not in html and f"sea: {gap}." in words(html)
    assert "no clip in split" not in page(ROWS, studies(), ABOUT, [CORPUS], [], folder)


def test_the_script_hands_everything_over(folder, monkeypatch):
    (folder / "card.json").write_text(json.dumps(ROWS))
    corpus, network = folder / "sea", folder / "ear"
    for path, name, facts in (
        (corpus, "corpus.json", {**CORPUS, "name": "sea"}),
        (network, "network.json", {"architecture": "cnn", "trained": False}),
    ):
        path.mkdir()
        (path / name).write_text(json.dumps(facts))
    times = folder / "benchmarks/train"
    times.mkdir(parents=True)
    (times / "ear.tsv").write_text("s\th:m:s\n7200\t2:00:00\n")
    root = Path(__file__).parents[3]
    layers = {"network": "ear", "task": "song", "copy": "trained", "length": "whole", "k": 5}
    layers |= {"probe": "knn", "folds": "paper", "chance": 0.5, "low": 0.7, "high": 0.8}
    layers |= {"layer": ["conv1", "conv2"], "position": [0, 1], "accuracy": [0.625, 0.75]}
    pd.DataFrame({**layers, "reason": ""}).to_parquet(folder / "profiles.parquet")
    asked = {"module": "tonotopy.studies.hierarchy.best_layers", "sources": ["profiles"]}
    inputs = {
        "scorecard": str(folder / "card.json"),
        "corpora": [str(corpus)],
        "networks": [str(network)],
        "overviews": [str(folder / "profiles.parquet")],
        "citation": str(root / "CITATION.cff"),
        "requirements": str(root / "requirements.txt"),
    }
    params = {
        "studies": json.dumps(with_overview(asked)),
        "statistics": json.dumps(ABOUT["statistics"]),
        "seed": 11,
        "benchmarks": str(folder / "benchmarks"),
        "notes": [],
    }
    output = [str(folder / "index.html")]
    run_script("report/build_front_page", monkeypatch, inputs, output, params, scale="pocket")
    text = words((folder / "index.html").read_text())
    for part in (
        "Scale pocket , seed 11",
        "2 h 00 min",
        "train/ear",
        "sea 3",
        "ear cnn not trained here: as constructed",
        "song (0.5) conv2 (2 of 2) 0.75 [0.7, 0.8] first 0.625, last 0.75",
    ):
        assert part in text


def test_what_a_users_own_instance_lacks_is_neither_answered_nor_counted(folder):
    apart = [{**row(name, "not run", kind), "apart": True} for name, kind in KINDS_OF_LACKS]
    html = page([*ROWS[:1], *apart], studies(), ABOUT, [], [], folder)
    text = words(html)
    assert "song holds" not in text and "1 not run" not in text
    assert not re.findall(r'<rect class="cell', html) and "whales/north none" in text


def test_planted_causes_are_named_where_sound_is_made_here_alone(folder):
    assert "a planted cause" in words(page(ROWS, studies(), ABOUT, [], [], folder))
    recorded = studies()
    for one in recorded[0]["instances"]:
        one["embedded"] = False
    assert "planted" not in words(page(ROWS, recorded, ABOUT, [], [], folder))
