"""The claims of study 4: complete, in known words, and judged for the instances they are about."""

import re
from collections import Counter

import pytest
from study_tables import claims_of, shuffle_rows, table_paths, without
from tables_of_sonification import EVOLVED, LAYERS, SETTINGS, sonification_tables

from tonotopy.evidence.claims import check_words
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, control_verdict, judge
from tonotopy.studies.sonification.statistics import STATISTICS, Tables

CLAIMS = {claim["id"].removeprefix("sonification."): claim for claim in claims_of("sonification")}
CONTROLS = {  # criteria that fail a run
    "length": {"below": 0.5},
    "explicit": {"below": 1e-5},
    "shifts": {"below": 1e-5},
    "learned": {"above": 0.1},
    "coherence": {"above": 0.2},
    "coherence_null": {"below": 0.15},
    "coherence_deepest": {"above": 0.08},
    "few_labels": {"above": 0},
    "matches": {"above": 0.85},
    "matches_gain": {"above": 0},
    "targeted": {"above": 0.6},
}
NAMELESS = {"length": 2, "explicit": 2, "shifts": 2, "coherence": 11, "coherence_null": 22}
OF_THESIS = {name for name, claim in CLAIMS.items() if claim.get("instances")}
PRINTED = {name for name in CLAIMS if name.startswith("printed_")}


def tables(folder, settings=SETTINGS, **options):
    paths = table_paths(shuffle_rows(sonification_tables(folder, **options)))
    return Tables(paths, settings, Bootstrap(200, 0.95, 0))


def judged(own, name="events"):
    instance = Instance("sonification", name, own, STATISTICS)
    return judge(list(CLAIMS.values()), [instance], {"sonification": [name]}, "mini")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return judged(tables(tmp_path_factory.mktemp("events")))


def verdicts(rows, name, instance="events"):
    start = f"sonification.{name}.{instance}"
    return {
        row["id"].removeprefix(start).lstrip("."): row["verdict"]
        for row in rows
        if row["row"] == f"sonification.{name}"
    }


def test_claims_use_known_words_and_every_statistic():
    words = {"networks": {"network", "trained"}, "depths": {"layer"}}
    for claim in CLAIMS.values():
        check_words(claim, Tables.EACH, Tables.ONLY, STATISTICS)
        assert set(claim.get("instances", ["thesis"])) == {"thesis"}
        for word in claim.get("only", {}):
            assert words.get(word, {word.removesuffix("s")}) & set(claim["each"]), claim["id"]
    assert {claim["statistic"] for claim in CLAIMS.values()} == set(STATISTICS)


def test_the_controls_are_those_of_the_specification():
    controls = {n: c["criterion"] for n, c in CLAIMS.items() if c["kind"] == "control"}
    assert controls == CONTROLS
    assert not any("instances" in CLAIMS[name] for name in CONTROLS)


def test_bands_hold_the_printed_number_in_their_middle():
    assert len(PRINTED) == 16
    for name in PRINTED:
        low, high = CLAIMS[name]["criterion"]["within"]
        (printed,) = re.findall(r"\d*\.\d+", CLAIMS[name]["paper"])
        scale = 100 if "%" in CLAIMS[name]["paper"] else 1
        assert (low + high) / 2 * scale == pytest.approx(float(printed))
        assert high - low == pytest.approx(0.1 if re.search("keywords.*head", name) else 0.06)


def test_every_claim_is_judged_or_says_why(rows):
    assert len({row["id"] for row in rows}) == len(rows) > 280
    assert {row["row"].removeprefix("sonification.") for row in rows} == set(CLAIMS)
    judged = [row for row in rows if row["verdict"] != "not run"]
    assert all(row["unit"] for row in judged)
    absent = [row["row"] for row in rows if row["verdict"] == "not run"]
    absent = {name.removeprefix("sonification.") for name in absent}
    assert absent == OF_THESIS | {"evolution_dead"} and PRINTED < OF_THESIS
    reasons = {row["reason"] for row in rows if row["row"] == "sonification.evolution_dead"}
    assert reasons == {"2 observations are too few for an interval (8 are needed)"}


def test_controls_pass_in_a_world_that_is_as_claimed(rows):
    controls = [row for row in rows if row["kind"] == "control"]
    found = {row["row"].removeprefix("sonification."): row["verdict"] for row in controls}
    assert found == dict.fromkeys(CONTROLS, "supported")
    assert Counter(row["verdict"] for row in controls)["contradicted"] == 0
    assert not control_verdict(rows, "fail").startswith("WARNING")


EXPECTED = {
    "supported": """full_over_scratch full_over_scratch_auc head_below_full head_below_supervised
        supervised_head_over_contrastive_head contrastive_head_below_scratch supervised_over_scratch
        keywords_over_scratch keywords_best keywords_supervised_over_scratch keywords_heads
        keywords_supervised_head speakers band_selective selectivity_first density_first
        density_deep live_deep high_deep density_untrained supervised_noisy supervised_noisy_more
        supervised_high supervised_high_more supervised_noisier variety evolution evolution_middle
        evolution_depth first_layers first_layers_head last_layers last_layers_head
        deep_layers_count keywords_layers keywords_final keywords_middle residual
        residual_untrained residual_spread residual_robust coherence_falls coherence_faster
        coherence_deeper coherence_preserved coherence_departs matches_chance""".split(),
    "contradicted": "shifts_other shifts_first selective_deep".split(),
}


@pytest.mark.parametrize("verdict", list(EXPECTED))
def test_known_effects_are_found_where_they_are(rows, verdict):
    for name in EXPECTED[verdict]:
        assert set(verdicts(rows, name).values()) == {verdict}, name


def test_what_differs_between_parts_is_told_apart(rows):
    shifts = verdicts(rows, "shifts_any")
    exact = {part for part, verdict in shifts.items() if verdict == "supported"}
    assert exact == {"supervised.256", "contrastive.256"} and len(shifts) == 10
    assert verdicts(rows, "depth")["events.supervised.all"] == "supported"
    assert verdicts(rows, "depth")["keywords.supervised.head"] == "contradicted"
    assert verdicts(rows, "supervised_over_contrastive") == {
        "few": "contradicted",
        "events": "supported",
    }
    phase = verdicts(rows, "residual_phase")
    assert {phase[f"head.{layer}"] for layer in LAYERS} == {"supported"}
    assert "supported" not in verdicts(rows, "residual_filter").values()
    higher = verdicts(rows, "coherence_higher")
    assert higher.pop("block1") != "supported" and set(higher.values()) == {"supported"}


def test_nothing_is_found_where_nothing_is(tmp_path):
    rows = judged(tables(tmp_path, effect=0.0))
    signed = [
        row
        for row in rows
        if row["criterion"] in ({"above": 0}, {"below": 0}) and not row["reason"]
    ]
    supported = [row["id"] for row in signed if row["verdict"] == "supported"]
    assert len(signed) > 120 and len(supported) < 0.12 * len(signed), supported
    for name in ("few_labels", "targeted"):
        assert "supported" not in verdicts(rows, name).values(), name
    for name in ("learned", "coherence_deepest"):
        assert set(verdicts(rows, name).values()) == {"contradicted"}, name


def test_a_network_of_the_users_own_is_judged_by_what_needs_no_names(tmp_path):
    """No transfers, parts or answers, and another name than those that claims know."""
    own = tables(
        tmp_path,
        {"networks": {"mine": "my_net"}, "transfers": None, "answers": None},
        names={"supervised": "mine", "untrained": "untrained"},
    )
    own = without(own, "transfers", "answers", "residuals", "matches", "targeted", "evolution")
    rows = judged(own, "own")
    controls = [row for row in rows if row["kind"] == "control" and not row["reason"]]
    assert {row["verdict"] for row in controls} == {"supported"}
    counts = Counter(row["row"].removeprefix("sonification.") for row in controls)
    assert counts == NAMELESS
    assert verdicts(rows, "coherence_falls", "own") == {"mine": "supported"}
    assert verdicts(rows, "band_selective", "own") == {"mine": "supported"}
    reasons = Counter(re.sub(r"'.*?'", "*", row["reason"]) for row in rows if row["reason"])
    assert set(reasons) == {
        "the instance has no network * (it has mine, untrained)",
        "the instance has no *",
        "the instance has no network supervised or contrastive",
        "no task is taught to whole networks with few labels",
        "the table * is not part of this run",
        "instance * is not part of a run at scale *",
    }


def test_names_of_layers_are_those_of_the_network():
    named = {
        layer
        for claim in CLAIMS.values()
        for layer in [
            *claim.get("only", {}).get("layers", []),
            *claim.get("arguments", {}).get("layers", []),
            *claim.get("arguments", {}).get("of", []) * ("layers" in claim.get("arguments", {})),
        ]
    }
    assert named == set(LAYERS[2:]) and set(EVOLVED) <= set(LAYERS)
