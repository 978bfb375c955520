"""A user's own instance: what is said of it, and what is not."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from configs import changed, default_config, scale

from tonotopy import results
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.scorecard import APART, Instance, applying, control_verdict, judge
from tonotopy.instances import instance, makers, of_user, running
from tonotopy.pages.scorecard import page
from tonotopy.studies import STUDIES

FOLDER = {"maker": "folder", "path": "sounds", "rate": 22500, "seconds": 3.0}
MODULE = {"module": "mine:Net", "front_end": {"kind": "waveform", "rate": 8000}, "layers": {}}


def with_own_audio(corpus="genres"):
    return changed(default_config(), f"corpora.{corpus}", FOLDER)


class Wildcards:
    def __init__(self, study, instance, figure):
        self.scale, self.study, self.instance, self.figure = "mini", study, instance, figure


def test_the_instances_of_the_project_are_no_users_own():
    for config in (default_config(), scale("paper"), scale("pocket"), scale("smoke")):
        assert not [one.place for one in running(config) if of_user(one, config)]


@pytest.mark.parametrize(
    "config",
    [
        with_own_audio(),
        with_own_audio("instruments"),
        changed(default_config(), "networks.genre_ast", MODULE),
    ],
)
def test_own_audio_and_own_networks_make_an_instance_a_users_own(config):
    assert of_user(instance(config, "steering", "world"), config)
    assert not of_user(instance(config, "relevance", "tones"), config)


def test_a_figure_is_told_whose_instance_it_is_of_and_who_made_the_corpora():
    config = with_own_audio()
    about = results.figure(Wildcards("steering", "world", "matrix"), config)["about"]
    assert about["own"] and about["makers"]["genres"] == "folder"
    assert about["makers"] == makers(instance(config, "steering", "world"), config)


@pytest.mark.parametrize(
    ("study", "figure"), [(s, f) for s, study in STUDIES.items() for f in study.figures]
)
def test_no_caption_of_a_users_own_instance_speaks_of_papers_or_planted_causes(study, figure):
    caption = STUDIES[study].figures[figure].words(own=True, embedded=False)
    assert caption and not re.search(r"thesis|figure \d|table \d|equation \d", caption, re.I)
    assert "lanted" not in caption or figure == "planted"  # subspaces that the method plants


def test_captions_of_the_projects_own_instances_say_which_figures_of_papers_they_are():
    wildcards = Wildcards("steering", "world", "matrix")
    assert results.caption(wildcards, default_config()).endswith("Planted causes are outlined.")
    assert "lanted" not in results.caption(wildcards, with_own_audio())
    wildcards = Wildcards("steering", "world", "figure-3.4-steering")
    assert results.caption(wildcards, default_config()).endswith("Thesis figure 3.4.")
    shown = {s["name"]: s["instances"] for s in results.shown("mini", with_own_audio())}
    captions = [f["caption"] for i in shown["steering"][:1] for f in i["figures"]]
    assert captions and not [text for text in captions if "hesis" in text]


class Tables:
    EACH, ONLY = (), {}

    bootstrap = SimpleNamespace(confidence=0.95)

    def combinations(self, row):
        return [("", {})]


def lacks(tables):
    raise NotApplicable("the corpus has no planted causes")


def few(tables):
    raise NotRun("2 observations are too few")


def found(tables):
    return Estimate(0.5, 0.4, 0.6, 30, np.linspace(0.4, 0.6, 50), "clip")


STATISTICS = {"lacks": lacks, "few": few, "found": found}
CLAIMS = [
    {
        "id": f"whales.{statistic}_{kind}",
        "study": "whales",
        "kind": kind,
        "source": "Thesis figure 3.1",
        "claim": f"{statistic} holds.",
        "statistic": statistic,
        "criterion": {"within": [0.1, 0.9]},
        "paper": "0.585 on GTZANLike",
    }
    for statistic in STATISTICS
    for kind in ("claim", "control")
]


def judged(own):
    one = Instance("whales", "mine", Tables(), STATISTICS, own)
    return judge(CLAIMS, [one], {"whales": ["mine"]}, "mini")


def told(rows):
    html = page(rows, "mini", {"whales": "Study 8"}, {"whales/mine": False})
    text = re.sub(r"<[^>]+>", " ", html.partition("<body>")[2])
    return html, re.sub(r"\s+", " ", text).replace(" ,", ",")


def test_only_what_a_users_own_instance_lacks_is_set_apart():
    rows = {row["row"]: row for row in judged(own=True)}
    assert [name for name, row in rows.items() if row.get(APART)] == [
        *("whales.lacks_claim", "whales.lacks_control")
    ]
    assert rows["whales.few_claim"]["verdict"] == rows["whales.lacks_claim"]["verdict"] == "not run"
    assert [row["row"] for row in applying(rows.values())] == [
        name for name in rows if "lacks" not in name
    ]
    assert {row["paper"] for row in rows.values()} == {None}


def test_rows_of_other_instances_are_as_they_were():
    rows = judged(own=False)
    assert not [row for row in rows if APART in row] and applying(rows) == rows
    assert {row["paper"] for row in rows} == {"0.585 on GTZANLike"}


def test_what_does_not_apply_is_neither_counted_nor_in_the_open():
    html, text = told(judged(own=True))
    assert "claims: 1 supported, 0 contradicted, 0 inconclusive, 1 not run" in text
    assert "controls: 1 supported, 0 contradicted, 0 inconclusive, 1 not run" in text
    open_, _, apart = html.partition('id="apart"')
    assert "planted" not in open_ and "0.585" not in html
    assert "whales.lacks_claim" in apart and "no planted causes" in apart
    assert "2 claims are about what an instance of one's own does not have" in text
    _, others = told(judged(own=False))
    assert "2 not run" in others and "of one's own" not in others


def test_a_kind_of_which_nothing_is_told_has_no_heading():
    rows = [row for row in judged(own=True) if row["kind"] == "claim" or row.get(APART)]
    html, text = told(rows)
    assert "Controls: known answers" not in html and "controls:" not in text
    assert "Claims of the studies" in html


def test_controls_that_do_not_apply_are_not_missed():
    assert control_verdict(judged(own=True), "fail") == (
        "1 of 1 controls passed, 1 not run (the scorecard says why)"
    )
    assert "2 not run" in control_verdict(judged(own=False), "fail")


def test_rounding_noise_is_0_on_the_page():
    rows = [{**row, "estimate": 1.23e-17} for row in judged(own=False) if row["n"]]
    html, _ = told(rows)
    assert "e-17" not in html
