"""The claims of study 6: complete, in known words, and judged for the instances they are about."""

from collections import Counter
from dataclasses import replace

import pytest
from study_tables import changed, claims_of, shuffle_rows, table_paths, without
from tables_of_partials import SETTINGS, write_tables

from tonotopy.evidence.claims import check_words
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, control_verdict, judge
from tonotopy.studies.partials.statistics import STATISTICS, Tables

CLAIMS = {claim["id"].removeprefix("partials."): claim for claim in claims_of("partials")}
CONTROLS = {  # criteria that fail a run
    "peaks": {"below": 1.001},
    "isolate": {"above": 0.8},
    "noise_tones": {"below": 0.3},
    "noise": {"below": 0.15},
    "bank_pitch": {"below": 0.1},
    "limit": {"below": 1e-6},
    "limit_3": {"below": 0.1},
    "limit_7": {"below": 0.1},
    "bank_filters": {"above": 0.3},
    "codes_known": {"above": 0.2},
    "codes_random": {"below": 0.05},
    "codec_snr": {"above": 5},
    "codec_used": {"above": 59.5},
    "tagger": {"above": 0.1},
}
CODES = ("codes", "reconstructions", "answers")


def tables(folder, settings=SETTINGS, **world):
    paths = table_paths(shuffle_rows(write_tables(folder, seed=1, **world)))
    return Tables(paths, settings, Bootstrap(200, 0.95, 0))


def judged(own, name="waveforms"):
    instance = Instance("partials", name, own, STATISTICS)
    return judge(list(CLAIMS.values()), [instance], {"partials": [name]}, "mini")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return tables(tmp_path_factory.mktemp("waveforms"))


@pytest.fixture(scope="module")
def rows(made):
    return judged(made)


def verdicts(rows, name, instance="waveforms"):
    start = f"partials.{name}.{instance}"
    return {
        row["id"].removeprefix(start).lstrip("."): row["verdict"]
        for row in rows
        if row["row"] == f"partials.{name}"
    }


def test_claims_use_known_words_and_every_statistic():
    for claim in CLAIMS.values():
        check_words(claim, Tables.EACH, Tables.ONLY, STATISTICS)
        assert "only" not in claim and "instances" not in claim
    assert {claim["statistic"] for claim in CLAIMS.values()} == set(STATISTICS)


def test_controls_have_the_bounds_that_known_answers_allow():
    found = {n: c["criterion"] for n, c in CLAIMS.items() if c["kind"] == "control"}
    assert found == CONTROLS


def test_bounds_stand_in_the_sentences():
    """Every bound of a share is read in its claim, as ``.2`` or in words."""
    words = {0.5: "half", 60: "60", 59.5: "60", 1.001: "1 semitone", 0: "than", 1e-6: "more"}
    for name, claim in CLAIMS.items():
        (bound,) = claim["criterion"].values()
        bound = bound[1] if isinstance(bound, list) else abs(bound)
        text = f"{bound:g}".removeprefix("0")
        there = text in claim["claim"] or words.get(bound, "nowhere") in claim["claim"]
        assert there, (name, bound)


def test_sentences_stand_alone():
    """A scorecard shows them one by one, in any order."""
    for name, claim in CLAIMS.items():
        for word in ("such a", "So it is", " them", "these ", " it is "):
            assert word not in claim["claim"], (name, word)
    sentences = [claim["claim"] for name, claim in CLAIMS.items()]
    assert len(set(sentences)) == len(sentences)


def test_the_author_is_quoted_where_the_author_says_something():
    for name, claim in CLAIMS.items():
        assert ("paper" in claim) == claim["source"].startswith("Post 0"), name


def test_every_claim_is_judged(rows):
    assert len({row["id"] for row in rows}) == len(rows) == 107
    assert {row["row"].removeprefix("partials.") for row in rows} == set(CLAIMS)
    reasons = {row["id"].removeprefix("partials."): row["reason"] for row in rows if row["reason"]}
    assert reasons.pop("first_filters.waveforms.tagger").startswith("filters of 3 taps cannot hold")
    for name, reason in reasons.items():  # few directions are narrow, of one kind
        if reason.startswith("the interval alone supports it"):
            continue
        assert name.startswith("coincidental_most.")
        assert "are too few for an interval" in reason or "isolates a band on tones" in reason


def test_controls_pass_in_a_world_that_is_as_claimed(rows):
    controls = [row for row in rows if row["kind"] == "control"]
    found = {row["id"]: row["verdict"] for row in controls}
    failed = {name for name, verdict in found.items() if verdict != "supported"}
    assert failed <= {"partials.codes_random.waveforms", "partials.isolate.waveforms.gammatone"}
    assert "contradicted" not in found.values()
    assert not control_verdict(rows, "fail").startswith("WARNING")


SUPPORTED = """limit_3 limit_7 first_filters_random contexts stable stable_random stable_ear
    not_narrow pitch codes_later codes_first codes_fall""".split()


def test_known_effects_are_found_where_they_are(rows):
    for name in SUPPORTED:
        assert set(verdicts(rows, name).values()) == {"supported"}, name
    assert verdicts(rows, "codes_next")["codec.1"] == "supported"
    assert verdicts(rows, "first_filters")["codec"] == "supported"
    for name, verdict in verdicts(rows, "coincidental").items():
        assert verdict == "supported" or name.endswith("random"), name
    assert set(verdicts(rows, "coincidental_random").values()) <= {"supported", "inconclusive"}


def test_most_narrow_directions_are_lost_where_there_are_enough(tmp_path):
    rows = judged(tables(tmp_path, runs={"tagger": 2}))
    found = verdicts(rows, "coincidental_most")
    told = [found[f"tagger.{kind}"] for kind in ("unit", "pca", "ica", "dictionary")]
    # all of them are lost; some kinds have hardly more than the eight that an interval needs
    assert set(told) <= {"supported", "inconclusive", "not run"} and "supported" in told, told


@pytest.fixture(scope="module")
def unlike(made, tmp_path_factory):
    """A world in which networks are filter banks and banks are noise."""
    other = {"tagger": "gammatone", "codec": "cqt", "gammatone": "tagger", "cqt": "codec"}
    swapped = {}
    for name in ("directions", "filters"):
        table = made.table(name)
        own = table if name == "filters" else table[table["kind"] == "unit"]
        swapped[name] = own.assign(network=own["network"].replace(other))
    swapped["responses"] = made.table("responses").replace({"network": other})
    folder = tmp_path_factory.mktemp("unlike")
    one = {**SETTINGS, "directions": ["unit"]}
    return judged(changed(replace(made, settings=one), folder, **swapped))


def test_the_claims_are_contradicted_where_partials_are_stable(unlike):
    for name in ("first_filters", "first_filters_random", "contexts", "stable", "not_narrow"):
        assert set(verdicts(unlike, name).values()) == {"contradicted"}, name
    for name in ("coincidental_most", "stable_ear"):
        assert "supported" not in verdicts(unlike, name).values(), name
    assert set(verdicts(unlike, "isolate").values()) == {"contradicted"}
    assert control_verdict(unlike, "warn").startswith("WARNING")


def test_nothing_is_found_where_nothing_is(tmp_path):
    rows = judged(tables(tmp_path, effect=0.0))
    for name in ("isolate", "bank_filters", "codes_known"):
        assert set(verdicts(rows, name).values()) == {"contradicted"}, name
    for name in ("codes_fall", "codes_first", "stable_ear", "tagger"):
        assert "supported" not in verdicts(rows, name).values(), name
    told = Counter(verdicts(rows, "coincidental_random").values())
    assert set(told) <= {"supported", "inconclusive"} and told["supported"] > 4  # of 48 and 64
    signed = [row for row in rows if row["criterion"] in ({"above": 0}, {"below": 0})]
    assert Counter(row["verdict"] for row in signed)["supported"] <= 1


def test_an_instance_without_known_answers_and_codes_says_why(made):
    own = {**SETTINGS, "expected": {}, "codes": None}
    own = {**own, "networks": {name: name for name in SETTINGS["networks"]}}
    rows = judged(without(replace(made, settings=own), *CODES), "own")
    reasons = {row["reason"] for row in rows if row["verdict"] == "not run"}
    other = {r for r in reasons if not r.startswith("the table 'directions' has nothing for")}
    assert other == {
        "the instance has no positive network",
        "the instance has no negative network",
        "the instance has no 'codes'",
        "the table 'codes' is not part of this run",
        "the table 'reconstructions' is not part of this run",
        "the table 'answers' is not part of this run",
        *(
            r
            for r in reasons
            if r.endswith("observations are too few for an interval (8 are needed)")
            or r.startswith("filters of 3 taps cannot hold more than ")
        ),
    }
    stable = verdicts(rows, "stable", "own")
    assert stable["tagger.unit"] == "supported" and stable["gammatone.unit"] == "contradicted"


def test_every_row_says_what_was_resampled(rows):
    judged = [row for row in rows if row["verdict"] != "not run"]
    assert judged and all(row["unit"] for row in judged)


def test_bounds_that_are_judgements_have_a_reason():
    for name, claim in CLAIMS.items():
        ((kind, bound),) = claim["criterion"].items()
        if kind == "within" or (bound != 0 and claim["statistic"] != "limit_at"):
            assert claim.get("why"), name
