"""The claims of study 5: complete, in known words, judged for the layers that they are about."""

import re
from collections import Counter

import pandas as pd
import pytest
from study_tables import changed, claims_of, shuffle_rows, table_paths, without
from tables_of_similarity import FEATURES, LAYERS, SETTINGS, World, similarity_tables

from tonotopy.evidence.claims import NotRun, check_words
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, control_verdict, judge
from tonotopy.studies.similarity.statistics import STATISTICS, Tables

CLAIMS = {claim["id"].removeprefix("similarity."): claim for claim in claims_of("similarity")}
CONTROLS = {  # criteria that fail a run
    "known_harmonic": {"above": 0.2},
    "known_percussive": {"below": -0.2},
    "known_phase_harmonic": {"above": 0},
    "known_phase_percussive": {"above": 0},
    "known_nothing": {"within": [-0.1, 0.1]},
    "known_other": {"within": [-0.15, 0.15]},
    "known_chroma": {"above": 0.6},
    "learned": {"above": 0.5},
    "unheard_learned": {"above": 0.9},
}
ABSENT = {"similarity.unheard_learned.instruments.cnn"}  # it has no network that learned no sound


def tables(folder, settings=SETTINGS, world=None):
    paths = table_paths(shuffle_rows(similarity_tables(folder, world)))
    return Tables(paths, settings, Bootstrap(100, 0.95, 0))


def judged(own):
    instance = Instance("similarity", "instruments", own, STATISTICS)
    return judge(list(CLAIMS.values()), [instance], {"similarity": ["instruments"]}, "mini")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return tables(tmp_path_factory.mktemp("similarity"))


@pytest.fixture(scope="module")
def rows(own):
    return judged(own)


def verdicts(rows, name):
    start = f"similarity.{name}.instruments"
    return {
        row["id"].removeprefix(start).lstrip("."): row["verdict"]
        for row in rows
        if row["row"] == f"similarity.{name}"
    }


def test_claims_use_known_words_and_every_statistic():
    parts = {"depths": {"layer"}, "layers": {"known"}}
    for claim in CLAIMS.values():
        check_words(claim, Tables.EACH, Tables.ONLY, STATISTICS)
        for word in claim.get("only", {}):
            assert parts.get(word, {word.removesuffix("s")}) & set(claim["each"]), claim["id"]
    assert {claim["statistic"] for claim in CLAIMS.values()} == set(STATISTICS)


def test_the_controls_are_known_answers_and_networks_that_learned():
    controls = {n: c["criterion"] for n, c in CLAIMS.items() if c["kind"] == "control"}
    assert controls == CONTROLS


def test_shares_are_judged_against_what_chance_reaches():
    for claim in CLAIMS.values():
        if claim["statistic"].startswith("share_beating"):
            assert claim["criterion"] == {"above": 0.05} and "1 in 20" in claim["claim"]
        if claim["statistic"] in ("share_above_random", "share_beyond_clips"):
            assert claim["criterion"] == {"above": 0} and "minus" in claim["claim"]


def test_what_random_networks_do_too_is_no_finding_of_the_paper():
    for name in ("shallow_beyond_clips", "shallow_beyond_phase"):
        assert "paper" not in CLAIMS[name]
        assert CLAIMS[name]["source"] == "Ours: necessary, not sufficient"


def test_every_sentence_stands_alone():
    """No word points at another row; learnt is said of something, trained minus random."""
    pointing = re.compile(
        r"\b(This is|They are|of it\b|of them\b|the part\b(?! of)|this rise)", re.I
    )
    for name, claim in CLAIMS.items():
        assert not pointing.search(claim["claim"]), name
        if claim.get("arguments", {}).get("than") == "random":
            assert "trained minus random" in claim["claim"], name


def test_detectors_of_both_parts_are_asked_to_pass_random_phases():
    for part in ("harmonic", "percussive"):
        own, phase = CLAIMS[f"known_{part}"], CLAIMS[f"known_phase_{part}"]
        assert own["only"] == phase["only"] and phase["arguments"] == {"feature": part}


def test_no_part_is_judged_twice_by_the_same_statistic(own):
    found = Counter(
        (claim["statistic"], str(claim["criterion"]), str(sorted({**fixed, **part}.items())))
        for claim in CLAIMS.values()
        for fixed in [claim.get("arguments", {})]
        for _, part in (own.combinations(claim) if "each" in claim else [("", {})])
    )
    assert max(found.values()) == 1, found.most_common(3)


def test_every_claim_is_judged_or_says_why(rows):
    assert len({row["id"] for row in rows}) == len(rows) > 100
    assert {row["row"].removeprefix("similarity.") for row in rows} == set(CLAIMS)
    reasons = {row["id"]: row["reason"] for row in rows if row["verdict"] == "not run"}
    alone = {name for name, reason in reasons.items() if "unheard" not in reason}
    assert not alone and set(reasons) > ABSENT
    assert all(".cnn" in name for name in reasons)


def test_controls_pass_in_a_world_that_is_as_claimed(rows):
    controls = [row for row in rows if row["kind"] == "control" and row["id"] not in ABSENT]
    failed = {row["id"] for row in controls if row["verdict"] != "supported"}
    assert failed <= {"similarity.unheard_learned.instruments.vgg"}  # of some sixty groups
    assert "contradicted" not in {row["verdict"] for row in controls}
    assert len(controls) == 2 * (2 + 3) + 8 + 1 + 2 + 1
    assert not control_verdict(rows, "fail").startswith("WARNING")


def test_known_effects_are_found_at_the_layers_that_claims_are_about(rows):
    first = {f"{n}.{layer}" for n in ("vgg", "cnn") for layer in list(LAYERS)[:2]}
    last = {f"{n}.{layer}" for n in ("vgg", "cnn") for layer in list(LAYERS)[-2:]}
    parts, chroma = ("harmonic", "percussive"), ("chroma_stft", "chroma_cqt")
    for name in ("shallow_raw", "shallow_raw_learnt", "shallow_beyond_all"):
        found = verdicts(rows, name)
        assert set(found) == {f"{place}.{part}" for place in first for part in parts}
        assert {v for place, v in found.items() if "vgg" in place} == {"supported"}, name
        assert "contradicted" not in found.values(), name
    for name in ("deep_chroma_raw", "deep_chroma_raw_learnt", "deep_chroma_beyond_all"):
        found = verdicts(rows, name)
        assert set(found) == {f"{place}.{part}" for place in last for part in chroma}
        assert {v for place, v in found.items() if "vgg" in place} == {"supported"}, name
        assert "contradicted" not in found.values(), name
    for name in ("deep_chroma_read", "deep_chroma_learnt", "deep_chroma_input"):
        found = verdicts(rows, name)
        assert set(found) == last and "contradicted" not in found.values()
        assert {v for place, v in found.items() if "vgg" in place} == {"supported"}, name
    for name in ("chroma_deepens", "chroma_deepens_learnt"):
        found = verdicts(rows, name)
        assert "supported" in found.values() and "contradicted" not in found.values(), name
    for name in ("embedding_read", "embedding_learnt", "embedding_input"):
        assert set(verdicts(rows, name)) == {
            f"{n}.{target}" for n in ("vgg", "cnn") for target in ("onset_rate", "level")
        }
        assert "contradicted" not in verdicts(rows, name).values()
    assert "supported" not in verdicts(rows, "shallow_raw_random").values()


def test_every_feature_is_judged_over_all_layers_together(rows):
    """Four maps in ten match; one layer lacks loudness."""
    wanted = {f"{n}.{feature}" for n in ("vgg", "cnn") for feature in FEATURES}
    for name in ("maps_beyond_random", "maps_beyond_all"):
        assert verdicts(rows, name) == dict.fromkeys(wanted, "supported")
    own = {row["id"]: row["n"] for row in rows if row["row"] == "similarity.maps_beyond_all"}
    assert set(own.values()) == {22}  # groups: there are more maps


def test_a_layer_that_lacks_a_feature_has_no_verdict_and_says_why(tmp_path):
    lacking = (("three", "chroma_cqt"), ("one", "loudness"))
    layers = {"one": 9, "two": 8, "three": 10}
    world = World(trainings={"mine": 1}, layers=layers, lacking=lacking)
    settings = {"networks": {"mine": "my_net"}, "unheard": None, "random": 5}
    found = judged(tables(tmp_path, settings, world))
    reason = (
        "feature 'chroma_cqt' has too few cells on the grid of layer 'three' of network 'mine', or "
        "tells rows apart where maps have one"
    )
    for name in ("deep_chroma_raw", "deep_chroma_beyond_random", "deep_chroma_beyond_all"):
        assert verdicts(found, name) == {
            "mine.three.chroma_stft": "supported",
            "mine.three.chroma_cqt": "not run",
        }
        (row,) = (
            row for row in found if row["id"].endswith(f"{name}.instruments.mine.three.chroma_cqt")
        )
        assert row["reason"] == reason
    assert verdicts(found, "maps_beyond_all") == {
        f"mine.{feature}": "supported" for feature in FEATURES
    }


def than(name):
    """What a claim compares trained networks with."""
    return CLAIMS[name].get("arguments", {}).get("than", "random")


def test_nothing_is_found_where_nothing_is_learnt(tmp_path):
    found = judged(tables(tmp_path, world=World(seed=7, effect=0.0)))
    learnt = [
        row
        for row in found
        if row["statistic"].startswith(("share_", "probe_diff", "probe_deep", "best_raw_diff"))
        and than(row["row"].removeprefix("similarity.")) == "random"
        and list(row["criterion"]) == ["above"]
        and row["verdict"] != "not run"
    ]
    supported = [row["id"] for row in learnt if row["verdict"] == "supported"]
    assert len(learnt) > 80 and len(supported) < 0.05 * len(learnt), supported


def test_a_network_without_known_answers_and_others_is_judged_by_the_rest(tmp_path):
    world = World(trainings={"mine": 1}, layers={"one": 9, "two": 8, "three": 10})
    settings = {"networks": {"mine": "my_net"}, "unheard": None, "random": 5}
    own = without(tables(tmp_path, settings, world), "known")
    empty = own.table("answers").iloc[:0]
    found = judged(changed(own, tmp_path, answers=empty))
    reasons = {row["row"].removeprefix("similarity."): row["reason"] for row in found}
    for name in ("known_harmonic", "known_percussive", "known_nothing", "known_chroma"):
        assert reasons[name] == "the table 'known' is not part of this run"
    assert (
        reasons["learned"] == "the table 'answers' has nothing for network 'mine', copy 'trained'"
    )
    assert "copy 'unheard'" in reasons["shallow_beyond_unheard"]
    assert verdicts(found, "shallow_beyond_all") == {
        "mine.one.harmonic": "supported",
        "mine.one.percussive": "supported",
    }


def test_claims_are_about_layers_that_a_network_has(own, tmp_path):
    """Networks whose layers differ: no claim is about a layer of the other one."""
    layers = own.table("layers")
    names = layers["layer"].where(layers["network"] != "cnn", "c_" + layers["layer"])
    other = changed(own, tmp_path, layers=layers.assign(layer=names))
    row = {"each": ["network", "layer"], "only": {"depths": ["middle third"]}}
    found = other.combinations(row)
    assert [end for end, _ in found] == ["vgg.body", "vgg.tall", "cnn.c_body", "cnn.c_tall"]
    assert found[-1][1] == {"network": "cnn", "layer": "c_tall"}
    row = {"each": ["layer", "network"], "only": {"layers": ["head"], "networks": ["cnn"]}}
    with pytest.raises(NotRun, match="^no network has such a layer$"):
        other.combinations(row)
    for only, reason in (
        ({"networks": ["wav", "ast"]}, "the instance has no network wav or ast"),
        ({"layers": ["fc"]}, "the instance has no layer fc"),
        ({"features": ["rms"]}, "the instance has no feature rms"),
        ({"targets": ["onsets"]}, "the instance has no target onsets"),
    ):
        (word,) = (key.removesuffix("s") for key in only)
        with pytest.raises(NotRun, match=f"^{reason}$"):
            own.combinations({"each": [word], "only": only})
    two = changed(own, tmp_path, layers=layers[layers["depth"] < 3])
    with pytest.raises(NotRun, match="2 layers have no thirds"):
        two.combinations({"each": ["network", "layer"], "only": {"depths": ["last third"]}})


def test_features_and_targets_stand_in_their_order_and_unknown_ones_last(own, tmp_path):
    assert own.named("feature", {}) == [
        *("harmonic", "percussive", "chroma_stft", "chroma_cqt", "loudness")
    ]
    assert own.named("target", {}) == ["chroma", "loudness", "onset_rate", "level"]
    assert own.networks == ["vgg", "cnn"] and own.known() == {"network": ["vgg", "cnn"]}
    rows = pd.concat([own.table("probes"), own.table("probes").assign(target="a_pitch")])
    assert changed(own, tmp_path, probes=rows).named("target", {})[-1] == "a_pitch"
    assert [own.layer(which, "vgg") for which in ("first", "deepest", "body")] == [
        *("stem", "head", "body")
    ]


def test_a_layer_called_by_a_word_is_meant_itself(own, tmp_path):
    named = own.table("layers").replace({"layer": {"body": "first"}})
    tables = changed(own, tmp_path, layers=named)
    assert [tables.layer(which, "vgg") for which in ("first", "deepest")] == ["first", "head"]


def test_every_row_says_what_was_resampled(rows):
    judged = [row for row in rows if row["verdict"] != "not run"]
    assert judged and all(row["unit"] for row in judged)


def test_bounds_that_are_judgements_have_a_reason():
    for name, claim in CLAIMS.items():
        ((kind, bound),) = claim["criterion"].items()
        if kind == "within" or (bound != 0 and claim["statistic"] != "limit_at"):
            assert claim.get("why"), name
