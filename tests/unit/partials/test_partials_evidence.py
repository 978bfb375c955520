"""Evidence of study 6: what claims may be about, what is read, and what cannot be judged."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from study_tables import changed, shuffle_rows, table_paths, without
from tables_of_partials import KINDS, ROLES, SETTINGS, write_tables

from tonotopy.errors import InputError
from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.partials.statistics import STATISTICS, Tables

BOOTSTRAP = Bootstrap(100, 0.95, 3)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = write_tables(tmp_path_factory.mktemp("study"), runs={"tagger": 3})
    return Tables(table_paths(shuffle_rows(folder)), SETTINGS, BOOTSTRAP)


def judge(tables, statistic, **arguments):
    return STATISTICS[statistic](tables, **arguments)


def read(tables, name):
    return pd.read_parquet(tables.paths[name])


@pytest.mark.parametrize(
    ("each", "only", "argument", "expected"),
    [
        ("network", {}, "network", list(ROLES)),
        ("network", {"networks": ["noise", "codec"]}, "network", ["codec", "noise"]),
        ("studied", {}, "network", ["tagger", "codec"]),
        ("positive", {}, "network", ["gammatone", "cqt"]),
        ("negative", {}, "network", ["noise"]),
        ("coded", {}, "network", ["tagger", "codec"]),
        ("coded", {"networks": ["codec"]}, "network", ["codec"]),
        ("decoding", {}, "network", ["codec"]),
        ("tagging", {}, "network", ["tagger"]),
        ("kind", {}, "kind", list(KINDS)),
        ("learned", {}, "kind", ["unit", "pca", "ica", "dictionary"]),
        ("learned", {"kinds": ["ica", "random"]}, "kind", ["ica"]),
        ("step", {}, "step", ["narrow", "kept", "stable"]),
        ("step", {"steps": ["kept"]}, "step", ["kept"]),
        ("book", {}, "book", [0, 1, 2, 3]),
        ("later", {}, "book", [1, 2, 3]),
    ],
)
def test_rows_are_judged_for_the_parts_that_they_are_about(tables, each, only, argument, expected):
    found = tables.combinations({"each": [each], "only": only})
    assert found == [(str(value), {argument: value}) for value in expected]
    assert each in tables.EACH and set(only) <= set(tables.ONLY)


def test_rows_without_parts_are_about_the_study_and_several_words_are_crossed(tables):
    assert tables.combinations({}) == [("", {})]
    found = tables.combinations({"each": ["decoding", "later"]})
    assert found == [(f"codec.{n}", {"network": "codec", "book": n}) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("word", "only", "settings", "reason"),
    [
        ("network", {}, {"networks": {}}, "the instance has no 'networks'"),
        ("studied", {"networks": ["x", "y"]}, {}, "the instance has no studied network x or y"),
        ("positive", {}, {"expected": {}}, "the instance has no positive network"),
        ("negative", {}, {"expected": None}, "the instance has no negative network"),
        ("coded", {}, {"codes": None}, "the instance has no 'codes'"),
        ("coded", {}, {"codes": {"networks": []}}, "the instance has no coded network"),
        ("book", {}, {"codes": None}, "the instance has no 'codes'"),
        ("later", {}, {"codes": {"books": 1}}, "the instance has no second book"),
        ("kind", {}, {"directions": []}, "the instance has no 'directions'"),
        (
            "learned",
            {},
            {"directions": ["random"]},
            "the instance has no learned kind of directions",
        ),
    ],
)
def test_what_the_instance_lacks_is_not_judged(tables, word, only, settings, reason):
    lacking = replace(tables, settings={**SETTINGS, **settings})
    with pytest.raises(NotRun, match=f"^{reason}$"):
        lacking.combinations({"each": [word], "only": only})


@pytest.mark.parametrize(
    ("word", "name"), [("decoding", "reconstructions"), ("tagging", "answers")]
)
def test_networks_that_do_not_decode_or_tag_are_not_judged(tables, tmp_path, word, name):
    empty = changed(tables, tmp_path, **{name: read(tables, name).iloc[:0]})
    with pytest.raises(NotRun, match=f"^the instance has no {word} network$"):
        empty.combinations({"each": [word]})


CALLS = {
    "share_after": ("directions", {"network": "tagger", "step": "narrow"}),
    "share_lost": ("directions", {"network": "codec"}),
    "share_difference": (
        "directions",
        {"network": "codec", "step": "stable", "kind": "unit", "than_kind": "random"},
    ),
    "follows_share": ("directions", {"network": "tagger", "follows": "pitch"}),
    "centre_error": ("directions", {"network": "cqt"}),
    "over_limit": ("filters", {"network": "noise"}),
    "limit_ratio": ("filters", {"network": "codec"}),
    "isolating_filters": ("filters", {"network": "codec"}),
    "limit_at": ("limits", {"taps": 7, "hz": 440}),
    "information": ("codes", {"network": "tagger"}),
    "information_difference": ("codes", {"network": "codec", "book": 1}),
    "information_fall": ("codes", {"network": "codec"}),
    "used_codes": ("codes", {"network": "codec", "book": 3}),
    "snr": ("reconstructions", {"network": "codec"}),
    "accuracy_over_chance": ("answers", {"network": "tagger"}),
}


@pytest.mark.parametrize("statistic", list(CALLS))
def test_tables_of_another_run_are_not_read(tables, statistic):
    name, arguments = CALLS[statistic]
    found = judge(tables, statistic, **arguments)
    assert found.low <= found.value <= found.high and found.n >= 8
    with pytest.raises(NotRun, match=f"the table '{name}' is not part of this run"):
        judge(without(tables, name), statistic, **arguments)
    if "network" in arguments:
        with pytest.raises(NotRun, match=r"no network 'mine' \(it has tagger, codec, gammatone, "):
            judge(tables, statistic, **{**arguments, "network": "mine"})


def test_every_statistic_is_called():
    assert set(CALLS) == set(STATISTICS)


@pytest.mark.parametrize(
    ("statistic", "arguments", "reason"),
    [
        (
            "share_after",
            {"network": "cqt", "step": "kept", "kind": "pca"},
            "the table 'directions' has nothing for network 'cqt', kind 'pca'",
        ),
        (
            "share_after",
            {"network": "cqt", "step": "kept", "kind": ["pca", "ica"]},
            "network 'cqt' has no directions of kind pca or ica",
        ),
        ("centre_error", {"network": "noise"}, "network 'noise' has no known centres"),
        (
            "limit_at",
            {"taps": 9, "hz": 440},
            "the table 'limits' has nothing for taps '9'",
        ),
        (
            "limit_at",
            {"taps": 7, "hz": 440, "rate": 24000},
            "the table 'limits' has nothing for taps '7', rate '24000'",
        ),
        ("limit_at", {"taps": 7, "hz": 20}, "no band holds 20 Hz"),
        (
            "isolating_filters",
            {"network": "tagger"},
            "filters of 3 taps cannot hold more than 0.22 of their energy in a band up to 4186 Hz",
        ),
        (
            "isolating_filters",
            {"network": "codec", "share": 0.8},
            "filters of 7 taps cannot hold more than 0.56 of their energy in a band up to 4186 Hz",
        ),
        (
            "information",
            {"network": "tagger", "book": 2},
            "the table 'codes' has nothing for network 'tagger', book '2'",
        ),
        ("snr", {"network": "tagger"}, "the table 'reconstructions' has nothing for network"),
        ("accuracy_over_chance", {"network": "codec"}, "the table 'answers' has nothing for"),
    ],
)
def test_what_was_not_measured_is_not_judged(tables, statistic, arguments, reason):
    with pytest.raises(NotRun, match=reason):
        judge(tables, statistic, **arguments)


def test_networks_that_do_not_begin_with_a_convolution_have_no_filters(tables, tmp_path):
    rows = read(tables, "filters")
    for left in (rows[rows["network"] != "codec"], rows.iloc[:0][["network", "run"]]):
        bare = changed(tables, tmp_path, filters=left)
        for statistic in ("over_limit", "limit_ratio", "isolating_filters"):
            with pytest.raises(NotRun, match="network 'codec' does not begin with a convolution"):
                judge(bare, statistic, network="codec")


def test_centres_beyond_the_sweep_are_left_out(tables, tmp_path):
    rows = read(tables, "directions")
    own = rows["network"] == "gammatone"
    some = own & (rows["direction"] == 3)
    far = changed(tables, tmp_path, directions=rows.assign(centre=rows["centre"].mask(some, 120)))
    assert judge(far, "centre_error", network="gammatone").value < 0.4
    near = rows.assign(centre=rows["centre"].mask(some, rows["semitone"] - 2.5))
    near = changed(tables, tmp_path, directions=near)
    assert judge(near, "centre_error", network="gammatone").value == 2.5
    none = changed(tables, tmp_path, directions=rows.assign(centre=rows["centre"].mask(own, 20)))
    with pytest.raises(NotRun, match="no centre of network 'gammatone' lies within the sweep"):
        judge(none, "centre_error", network="gammatone")


def test_shares_of_narrow_directions_need_some(tables, tmp_path):
    rows = read(tables, "directions")
    bare = rows.assign(narrow=rows["narrow"] & (rows["network"] != "codec"))
    bare = changed(tables, tmp_path, directions=bare)
    assert judge(bare, "share_lost", network="codec").value == 0
    with pytest.raises(NotRun, match="no direction of network 'codec' isolates a band on tones"):
        judge(bare, "share_lost", network="codec", of="narrow")


def test_few_directions_that_were_tested_have_no_interval(tables, tmp_path):
    rows = read(tables, "directions")
    units = (rows["network"] == "cqt") & (rows["kind"] == "unit")
    for tested, enough in ((7, False), (8, True)):
        follows = rows["follows"].mask(units & (rows["direction"] >= tested), "none")
        few = changed(tables, tmp_path, directions=rows.assign(follows=follows))
        arguments = {"network": "cqt", "follows": "partial", "kind": "unit"}
        if enough:
            found = judge(few, "follows_share", **arguments)
            assert found.value == 1 and found.n == 8
            continue
        with pytest.raises(NotRun, match="7 directions of network 'cqt' isolate a band that comp"):
            judge(few, "follows_share", **arguments)


def test_few_units_have_no_interval(tables, tmp_path):
    rows = read(tables, "directions")
    few = changed(tables, tmp_path, directions=rows[rows["direction"] < 7])
    with pytest.raises(NotRun, match="7 observations are too few"):
        judge(few, "share_after", network="codec", step="narrow", kind="pca")
    rows = read(tables, "codes")
    few = changed(tables, tmp_path, codes=rows[rows["clip"] < "clip12"])
    with pytest.raises(NotRun, match="5 observations are too few"):
        judge(few, "information", network="codec")


def test_codes_need_two_clips_and_two_semitones(tables, tmp_path):
    rows = read(tables, "codes")
    one = changed(tables, tmp_path, codes=rows[rows["clip"] == "clip05"])
    with pytest.raises(NotRun, match="codes cannot be exchanged between fewer than two clips"):
        judge(one, "information", network="codec")
    same = changed(tables, tmp_path, codes=rows.assign(semitone=60.0))
    with pytest.raises(NotRun, match="undefined here"):
        judge(same, "information", network="codec")


def test_rows_that_are_there_twice_are_refused(tables, tmp_path):
    for name, statistic, arguments in (
        ("directions", "share_after", {"network": "codec", "step": "kept"}),
        ("filters", "isolating_filters", {"network": "codec"}),
        ("codes", "information", {"network": "codec"}),
        ("reconstructions", "snr", {"network": "codec"}),
        ("answers", "accuracy_over_chance", {"network": "tagger"}),
    ):
        rows = read(tables, name)
        doubled = changed(tables, tmp_path, **{name: pd.concat([rows, rows])})
        with pytest.raises(InputError, match=f"{name}.parquet: network .* occurs twice; make the"):
            judge(doubled, statistic, **arguments)


def test_a_clip_in_two_groups_is_refused(tables, tmp_path):
    rows = read(tables, "codes")
    some = (rows["clip"] == "clip03") & (rows["frame"] > 4)
    torn = rows.assign(group=rows["group"].mask(some, "elsewhere"))
    with pytest.raises(InputError, match="codes.parquet: a clip is in two groups; make the table"):
        judge(changed(tables, tmp_path, codes=torn), "information", network="codec")


def test_text_may_be_categorical(tables, tmp_path):
    rows = read(tables, "directions")
    texts = dict.fromkeys(("network", "kind", "follows"), "category")
    other = changed(tables, tmp_path, directions=rows.astype(texts))
    for statistic, arguments in (
        ("share_after", {"network": "tagger", "step": "narrow", "kind": "ica"}),
        ("follows_share", {"network": "tagger", "follows": "partial"}),
    ):
        assert (
            judge(other, statistic, **arguments).value
            == judge(tables, statistic, **arguments).value
        )


def test_the_order_of_rows_changes_nothing(tables, tmp_path_factory):
    folder = shuffle_rows(
        write_tables(tmp_path_factory.mktemp("again"), runs={"tagger": 3}), seed=9
    )
    again = Tables(table_paths(folder), SETTINGS, BOOTSTRAP)
    for statistic, (_, arguments) in CALLS.items():
        first, second = (judge(t, statistic, **arguments) for t in (tables, again))
        assert first.value == pytest.approx(second.value), statistic
        assert np.allclose([first.low, first.high], [second.low, second.high]), statistic
