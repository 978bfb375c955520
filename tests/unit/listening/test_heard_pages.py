"""Pages of a user's own files: text is escaped, bad files are told, networks keep their order."""

import json
import re
from types import SimpleNamespace

import pytest

from tonotopy import ending
from tonotopy.exhibiting import exhibit
from tonotopy.listening.writing import counted, write_pages

HOSTILE = "<img src=x onerror=alert(1)>\"'&/../ {{ 7 * 7 }}.wav"
SETTINGS = {"seconds": 60.0, "windows": 2, "networks": None}


def player(folder, title, **options):
    track = {"name": "original", "kind": "original", "audio": "0.wav", "picture": "input.png"}
    return exhibit(folder, title, [{**track, "facts": {}}], 2.0, [[100, 0.1]], **options)


def said(network, label=None, exhibits=()):
    curves = [{"name": label, "values": [0.2, 0.7]}]
    timeline = {"name": f"class probabilities, {network}", "seconds": [0.5, 1.5], "curves": curves}
    top = {"label": label, "probability": 0.456}
    told = {"network": network, "exhibits": list(exhibits)}
    return {**told, "top": label and top, "timeline": timeline if label else None}


@pytest.fixture
def root(tmp_path):
    files = [
        {"name": HOSTILE, "slug": "img-src-x", "fault": None, "seconds": 2.0,
         "exhibit": player("0", HOSTILE)},
        {"name": "text.wav", "slug": "text", "fault": "cannot be read as audio (<b>)"},
    ]  # fmt: skip
    for folder, content in (
        ("whole/files.json", {"files": files}),
        ("part0/heard.json", {"files": {"0": [said("zeta", "rock"), said("beta", None)]}}),
        ("part1/heard.json",
         {"files": {"0": [said("alpha", "jazz & <i>", [player("5", "of alpha")])]}}),
    ):  # fmt: skip
        (tmp_path / folder).parent.mkdir(parents=True)
        (tmp_path / folder).write_text(json.dumps(content))
    return tmp_path


def written(root):
    parts, networks = [root / "part0", root / "part1"], ["alpha", "zeta", "beta"]
    bad = write_pages(root / "heard.txt", root / "whole", parts, networks, HOSTILE, SETTINGS)
    return bad, {path.name: path.read_text() for path in root.glob("*.html")}


def test_every_file_has_its_page_and_the_number_of_bad_ones_is_said(root):
    bad, pages = written(root)
    assert bad == 1
    assert sorted(pages) == ["1-img-src-x.html", "2-text.html", "index.html"]
    assert (root / "heard.txt").read_text() == "2 files, 1 of them bad\n"
    assert "2 files, 1 of them bad" in pages["index.html"]
    assert counted(1, 0) == "1 file, none bad"


def test_all_text_is_escaped(root):
    _, pages = written(root)
    for text in pages.values():
        assert "<img src=x" not in text and "<b>)" not in text and "<i>" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;" in pages["index.html"]
    assert "{{ 7 * 7 }}" in pages["index.html"]  # no template
    assert "jazz &amp; &lt;i&gt;" in pages["1-img-src-x.html"]


def test_a_bad_file_has_the_message_on_its_page_and_in_the_list(root):
    _, pages = written(root)
    assert "could not be used: cannot be read as audio (&lt;b&gt;)" in pages["2-text.html"]
    assert 'role="alert"' in pages["2-text.html"] and "<audio" not in pages["2-text.html"]
    assert "cannot be read as audio (&lt;b&gt;)" in pages["index.html"]


def test_networks_stand_in_their_order_whichever_job_they_were_of(root):
    _, pages = written(root)
    index, page = pages["index.html"], pages["1-img-src-x.html"]
    assert index.index(">alpha<") < index.index(">zeta<") and ">beta<" not in index
    assert re.search(r"rock\s+0\.46", index)
    assert page.index("class probabilities, alpha") < page.index("class probabilities, zeta")
    assert "zeta hears" in page and "beta hears" not in page


def test_media_lie_beside_the_pages(root):
    _, pages = written(root)
    page = pages["1-img-src-x.html"]
    assert 'src="whole/0/0.wav"' in page and 'src="part1/5/0.wav"' in page
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert not [s for s in sources if s.startswith(("/", "http", "file"))]
    assert 'href="1-img-src-x.html"' in pages["index.html"]


def test_pages_of_files_that_are_gone_are_removed(root):
    (root / "9-old.html").write_text("old")
    _, pages = written(root)
    assert "9-old.html" not in pages


def test_the_same_answers_give_equal_pages(root):
    assert written(root) == written(root)


def test_the_number_of_bad_files_is_a_runs_last_word(root, capsys):
    written(root)
    rules = [SimpleNamespace(name=name) for name in ("read_own_sound", "build_heard_pages")]
    words = [str(root / "whole"), str(root / "heard.txt")]
    jobs = [
        SimpleNamespace(rule=rule, output=[out]) for rule, out in zip(rules, words, strict=True)
    ]
    ending.tell_verdict(jobs)
    assert capsys.readouterr().out == f"2 files, 1 of them bad\nopen {root}/index.html\n"
