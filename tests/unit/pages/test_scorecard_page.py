"""The scorecard as a page: what it counts, in which order, and what it says of the sound."""

import re

import pytest

from tonotopy.evidence.scorecard import NOT_IN_FAMILY
from tonotopy.pages.intervals import scale
from tonotopy.pages.scorecard import page, write_page

TITLES = {"whales": "Study 8: whales", "sharks": "Study 9: sharks"}


def row(name, part, verdict, kind="claim", study="whales", **changes):
    judged = verdict != "not run"
    values = {"estimate": 0.25, "low": 0.125, "high": 0.5, "n": 30, "p": 0.01}
    return {
        "id": f"{study}.{name}.{part}",
        "row": f"{study}.{name}",
        "study": study,
        "instance": part,
        "kind": kind,
        "source": "<b>spec</b>",
        "claim": f"{name} holds.",
        "statistic": "s",
        "criterion": {"above": 0},
        "paper": None,
        **(values if judged else dict.fromkeys(values)),
        "p_adjusted": 0.03 if judged and kind == "claim" else None,
        "p_family": 0.07 if judged and kind == "claim" else None,
        "figures": ["jaws", "fins"],
        "verdict": verdict,
        "reason": "" if judged else "no table",
        "scale": "mini",
        **changes,
    }


ROWS = [
    row("deep", "a", "supported"),
    row("deep", "b", "not run"),
    row("deep", "c", "inconclusive"),
    row("deep", "d", "contradicted"),
    row("deep", "e", "supported"),
    row("song", "a", "not run"),
    row("song", "b", "not run"),
    row("teeth", "a", "contradicted", "control", "sharks"),
    row("teeth", "b", "inconclusive", "control", "sharks"),
    row("fins", "a", "supported", "control"),
    row("fins", "b", "supported", "control"),
    row("fins", "c", "supported", "control"),
]


def words(html):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<body>")[2]))
    return text.replace(" ,", ",")


def claim(html, name):
    """The lines of one claim: what stands between its heading and the next one's."""
    blocks = html.split('<details class="claim"')[1:]
    return next(block for block in blocks if f'id="{name}"' in block)


@pytest.fixture(scope="module")
def html():
    return page(ROWS, "mini", TITLES, {"whales/a": True})


def test_verdicts_are_counted_by_kind(html):
    text = words(html)
    assert "controls: 3 supported, 1 contradicted, 1 inconclusive, 0 not run" in text
    assert "claims: 2 supported, 1 contradicted, 1 inconclusive, 3 not run" in text


def test_each_claim_tells_how_often_it_came_out_how_and_lists_the_worst_first(html):
    details = claim(html, "whales.deep")
    summary = words("<body>" + re.search(r"<summary>.*?</summary>", details, re.DOTALL).group())
    assert summary.split() == (
        "deep holds. 2 supported 1 contradicted 1 inconclusive 1 not run".split()
    )
    parts = re.findall(r'<td class="id">(\S+)</td>', details)
    assert parts == list("dcae")
    assert "0.125 to 0.5" in details and ">0.03<" in details and ">0.07<" in details
    assert "1 not run, with the reason" in details
    assert "no table: b" in words("<body>" + details)


def test_what_did_not_run_stands_apart_with_its_reason(html):
    before, _, absent = html.partition("<summary>1 not run here")
    assert 'id="whales.song"' in absent and 'id="whales.song"' not in before
    assert "no table: a, b" in words("<body>" + absent)


def test_failed_and_undecided_controls_come_first(html):
    text = words(html)
    assert "1 control(s) failed. Known answers did not come out" in text
    assert "1 control(s) undecided:" in text
    alarm = re.search(r'<div class="alarm".*?</div>', html, re.DOTALL).group()
    assert html.index("<h1>") < html.index('class="alarm"') < html.index("Scale:")
    assert "sharks.teeth.a" in alarm and "sharks.teeth.b" not in alarm
    assert html.index('class="alarm"') < html.index("Controls: known answers")
    opened = re.findall(r'<details class="claim" open>.*?id="(\S+)">', html, re.DOTALL)
    assert opened == ["sharks.teeth"]
    quiet = page([row("fins", "a", "supported", "control")], "mini", TITLES, {})
    assert "failed" not in words(quiet) and "undecided" not in words(quiet)


def test_studies_stand_under_the_titles_that_are_handed_over(html):
    headings = re.findall(r"<h[23]>(.*?)</h[23]>", html)
    assert headings == [
        "Controls: known answers",
        "Study 8: whales",
        "Study 9: sharks",
        "Claims of the studies",
        "Study 8: whales",
    ]
    untitled = page(ROWS, "mini", {"seals": "Study 7: seals", "whales": "Whales & co"}, {})
    headings = re.findall(r"<h3>(.*?)</h3>", untitled)
    assert headings == ["Whales &amp; co", "sharks", "Whales &amp; co"]


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        ({"above": 0.5}, "Criterion: above 0.5."),
        ({"below": -2}, "Criterion: below -2."),
        ({"within": [-0.05, 0.1]}, "Criterion: within -0.05 to 0.1."),
    ],
)
def test_criteria_are_told_in_words(criterion, text):
    row_ = row("deep", "a", "supported", criterion=criterion, paper="0.4 <i>")
    assert f"{text} The paper: 0.4 &lt;i&gt;." in page([row_], "mini", TITLES, {})


def test_a_printed_number_is_a_triangle_inside_its_band_on_every_part():
    band = {"criterion": {"within": [0.0, 1.0]}, "low": 0.2, "high": 0.4, "estimate": 0.3}
    parts = [row("deep", name, "supported", paper="0.75 on a split", **band) for name in "ab"]
    triangles = re.findall(r'<path class="printed" d="(.*?)"', page(parts, "mini", TITLES, {}))
    place = scale(parts, band["criterion"]).place(0.75)
    assert triangles == 2 * [f"M{place} 20l-4 -5h8z"]
    above = {"paper": "0.75", "criterion": {"above": 0}}
    for changes in ({"paper": "about 0.75"}, {"paper": None}, {"paper": "1.5 there"}, above):
        plain = [{**part, **changes} for part in parts]
        assert '<path class="printed"' not in page(plain, "mini", TITLES, {})


def test_a_claim_says_why_its_bounds_are_what_they_are():
    told = page([row("deep", "a", "supported", why="Twice <b> the noise")], "mini", TITLES, {})
    assert "Criterion: above 0. Why these bounds: Twice &lt;b&gt; the noise. " in told
    ended = page([row("deep", "a", "supported", why="As printed.")], "mini", TITLES, {})
    assert "Why these bounds: As printed. " in ended
    for silent in (row("deep", "a", "supported"), row("deep", "a", "supported", why=None)):
        assert "Why these bounds" not in page([silent], "mini", TITLES, {})


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"n": 30, "unit": "clip", "trainings": 1}, "30 clips, one training"),
        ({"n": 1, "unit": "song", "trainings": 5}, "1 song, 5 trainings"),
        ({"n": 8, "unit": "class"}, "8 classes"),
        ({"n": 12, "unit": "group of clips", "trainings": None}, "12 groups of clips"),
        ({"n": 9, "unit": "clip and map"}, "9 clips and maps"),
        ({"n": 30}, "30"),
    ],
)
def test_what_was_resampled_is_told_with_its_unit_and_the_trainings(about, told):
    html = page([row("deep", "a", "supported", **about)], "mini", TITLES, {})
    assert f'<td class="of" data-name="of">{told}</td>' in html
    assert '<th scope="col">Of</th>' in html and ">n</th>" not in html


def test_a_verdict_that_the_correction_took_back_has_a_star_and_its_reason():
    parts = [
        row("deep", "a", "inconclusive", reason=NOT_IN_FAMILY),
        row("deep", "b", "inconclusive"),
        row("deep", "c", "supported"),
    ]
    html = page(parts, "mini", TITLES, {})
    cells = re.findall(r'<td class="verdict \w+"( title=".*?")?>(.*?)</td>', html)
    assert cells == [
        (f' title="{NOT_IN_FAMILY}"', "inconclusive*"),
        ("", "inconclusive"),
        ("", "supported"),
    ]
    assert "<em>inconclusive</em> has a star" in html


def test_text_is_escaped_and_nothing_is_loaded_or_run(html):
    assert "&lt;b&gt;spec" in html and "<b>spec" not in html
    assert not re.search(r"<script|<link (?!rel=.icon)|src=|https?:", html)
    addresses = set(re.findall(r'href="([^"#]+)', html)) - {"data:,"}
    assert addresses == {"index.html", "scorecard.html", "listen/index.html"}


def test_rows_link_the_figures_that_are_drawn_for_their_instance_alone():
    drawn = {"whales/a": {"jaws": "figures/a b/jaws.svg", "other": "x.svg"}, "whales/e": {}}
    html = page(ROWS, "mini", TITLES, {}, drawn)
    links = re.findall(r'<td class="figure".*?</td>', claim(html, "whales.deep"))
    assert [re.findall(r'href="(.*?)">(.*?)</a>', link) for link in links] == [
        [],
        [],
        [("figures/a%20b/jaws.svg", "jaws")],
        [],
    ]


def test_every_part_is_drawn_against_the_criterion():
    html = page(ROWS, "mini", TITLES, {})
    bars = re.findall(r'<svg class="bar (\w+)".*?aria-label="(.*?)"', html)
    assert len(bars) == len([r for r in ROWS if r["verdict"] != "not run"])
    assert bars[0] == ("supported", "0.25, interval 0.125 to 0.5, asked: above 0")
    verdicts = [verdict for verdict, _ in bars]
    assert verdicts[3:5] == ["contradicted", "inconclusive"]  # sharks.teeth, worst first
    endless = [row("deep", "a", "supported", high=float("inf"))]
    assert "<svg" not in page(endless, "mini", TITLES, {})


def test_controls_show_no_corrected_p_and_the_page_says_what_each_p_is_for(html):
    headers = [re.findall(r"<th [^>]*>([^<]+)", t) for t in re.findall(r"<thead>.*?</thead>", html)]
    assert ["p adj." in names and "p fam." in names for names in headers] == [False, False, True]
    text = words(html)
    assert "p adj. (Benjamini and Hochberg) bounds the expected share of false findings" in text
    assert "p fam. (Holm) bounds the chance of one or more false findings" in text


def test_an_interval_without_width_is_told_as_such():
    same = page([row("deep", "a", "supported", low=0.25, high=0.25)], "mini", TITLES, {})
    assert "the same in all resamples" in same and "0.25 to" not in same


def test_planted_sound_is_told_by_the_fact_and_not_by_the_name():
    embedded = {"whales/mini_music": False, "whales/world": True, "sharks/both": None}
    sound = page(ROWS, "mini_music", TITLES, embedded).partition('class="sound"')[2]
    notes = re.findall(r"<li>(.*?)</li>", sound)
    assert notes[:3] == [
        "whales/world: sound made here, causes known: calibrates, replicates nothing.",
        "sharks/both: partly sound made here, partly real recordings.",
        "whales/mini_music: real recordings.",
    ]
    real = page(ROWS, "mini_music", TITLES, {"whales/mine": False})
    assert "Scale: <strong>mini_music</strong>" in real
    for word in ("calibrate", "planted", "embedded", "made here"):
        assert word not in real
    planted = page(ROWS, "paper", TITLES, {"whales/mine": True})
    assert "whales/mine: sound made here" in planted and "real recordings" not in planted


def test_the_page_is_written_whole(tmp_path):
    path = tmp_path / "scorecard.html"
    write_page(path, ROWS, "mini", titles=TITLES, embedded={})
    assert path.read_text() == page(ROWS, "mini", TITLES, {})
