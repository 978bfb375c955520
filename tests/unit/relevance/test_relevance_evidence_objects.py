"""Evidence of study 3 on objects and parts: each statistic equals a plain loop."""

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import permutations
from math import log

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from study_tables import changed, shuffle_rows, table_paths, without
from tables_of_relevance import (
    LAYERS,
    OBJECTS,
    RANDOM_DRAWS,
    SETTINGS,
    as_resampled,
    plain_class_mean,
    plain_draws,
    plain_largest,
    plain_mean,
    plain_rows,
    plain_smallest,
    relevance_tables,
)

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.relevance.disentanglement import shuffled_information
from tonotopy.studies.relevance.statistics import disentangling, localising, objects, rendering
from tonotopy.studies.relevance.statistics.tables import RelevanceTables

BOOTSTRAP = Bootstrap(60, 0.95, 3)
FEW, ALL = 4, 60  # resamples that are compared
GROUPS = 84
LABELS = ("one", "three", "two")
ODD = {"one": 13, "three": 18, "two": 10}  # groups that are judged where every other one is
DRSA = {"copy": "trained", "method": "drsa", "layer": "conv3", "components": 4}


@pytest.fixture(autouse=True)
def _as_resampled(monkeypatch):
    as_resampled(monkeypatch)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = shuffle_rows(relevance_tables(tmp_path_factory.mktemp("study")))
    return RelevanceTables(table_paths(folder), SETTINGS, BOOTSTRAP)


def check(found, expected, groups):
    assert found.value == pytest.approx(expected[0]) and found.n == groups
    np.testing.assert_allclose(found.draws[: len(expected) - 1], expected[1:], atol=1e-12)


def check_extreme(found, expected, groups):
    """The draws have an order of their own."""
    assert found.value == pytest.approx(expected[0]) and found.n == groups
    np.testing.assert_allclose(np.sort(found.draws), np.sort(expected[1:]), atol=1e-12)


def read(tables, name, **equal):
    return _read(tables.paths[name], tuple(equal.items()))


@cache
def _read(path, equal):
    return plain_rows(_table(path), **dict(equal))


@cache
def _table(path):
    return pd.read_parquet(path)


# ---- score 1 -------------------------------------------------------------------------------------


def joint(rows, times, draw=0):
    """Sum of clips' shares, as often as they are there: component, object -> sum."""
    sums = Counter()
    for row in rows:
        if row["draw"] == draw:
            sums[row["component"], row["object"]] += times[row["clip"]] * row["share"]
    return sums


def information(sums):
    total = sum(sums.values())
    components, things = Counter(), Counter()
    for (k, o), share in sums.items():
        components[k] += share / total
        things[o] += share / total
    mutual = sum(
        s / total * log(s / total / (components[k] * things[o]))
        for (k, o), s in sums.items()
        if s > 0
    )
    return mutual / -sum(p * log(p) for p in things.values() if p > 0)


def scores(tables, number=FEW, **key):
    """Score of each class and draw, [times][label][draw]."""
    return _scores(tables.paths["overlaps"], number, tuple(({**DRSA, **key}).items()))


@cache
def _scores(path, number, key):
    rows = _read(path, key)
    draws = sorted({row["draw"] for row in rows})
    by_label = {label: [row for row in rows if row["label"] == label] for label in LABELS}
    return [
        [[information(joint(by_label[la], times, draw)) for draw in draws] for la in LABELS]
        for times in plain_draws(rows, BOOTSTRAP, number)
    ]


def score(tables, number=FEW, **key):
    """Mean over classes, of each class's best base: the data, then resamples."""
    rows = scores(tables, number, **key)
    return np.array([np.mean([max(draws) for draws in row]) for row in rows])


CEILING = {"method": "ceiling", "layer": "", "components": 5}


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, {}),
        ({"layer": "conv5"}, {"layer": "conv5"}),
        ({"components": 8}, {"components": 8}),
        ({"copy": "untrained", "layer": "conv4"}, {"copy": "untrained", "layer": "conv4"}),
        ({"method": "dsa"}, {"method": "dsa"}),
        ({"method": "pca"}, {"method": "pca"}),
        ({"method": "random"}, {"method": "random"}),
        ({"method": "ceiling"}, CEILING),
    ],
)
def test_disentanglement_equals_a_plain_loop(tables, given, key):
    expected = [np.mean(row) for row in scores(tables, **key)]
    check(disentangling.disentanglement(tables, **given), expected, GROUPS)


@pytest.mark.parametrize(
    ("than", "key"),
    [
        ({"method": "random"}, {"method": "random"}),
        ({"method": "dsa"}, {"method": "dsa"}),
        ({"copy": "untrained"}, {"copy": "untrained"}),
        ({"method": "ceiling"}, CEILING),
    ],
)
def test_ratios_are_to_the_best_base_of_each_class_in_each_resample(tables, than, key):
    for layer in ("conv3", "conv2"):
        other = score(tables, **({"layer": layer} | key))
        expected = score(tables, layer=layer) / other
        check(disentangling.disentanglement_ratio(tables, than, layer=layer), expected, GROUPS)
    found = disentangling.disentanglement_ratio(tables, than={"method": "dsa"}, method="pca")
    check(found, score(tables, method="pca") / score(tables, method="dsa"), GROUPS)
    found = disentangling.disentanglement_ratio(tables, than={"copy": "untrained"}, components=2)
    expected = score(tables, components=2) / score(tables, components=2, copy="untrained")
    check(found, expected, GROUPS)


def test_the_best_base_is_not_the_same_in_all_classes_and_resamples(tables):
    random = np.array(scores(tables, method="random", layer="conv1"))
    assert random.shape == (FEW + 1, 3, RANDOM_DRAWS)
    assert len(set(map(tuple, random.argmax(axis=2).tolist()))) > 1


@pytest.mark.parametrize(
    ("given", "than"),
    [
        ({"layer": "conv3"}, [{"layer": "conv1"}]),
        ({"layer": "conv5"}, [{"layer": "conv3"}]),
        ({"layer": "conv3"}, [{"layer": layer} for layer in LAYERS if layer != "conv3"]),
        ({"components": 4}, [{"components": 2}, {"components": 8}]),
        ({"layer": "conv4", "components": 2}, [{"copy": "untrained"}]),
    ],
)
def test_differences_are_to_the_highest_of_the_others(tables, given, than):
    ahead = [score(tables, ALL, **given) - score(tables, ALL, **given | change) for change in than]
    found = disentangling.disentanglement_difference(tables, than, **given)
    check_extreme(found, plain_smallest(np.transpose(ahead)), GROUPS)


def test_gains_are_over_the_mean_of_random_bases(tables):
    gains = {}
    for layer in ("conv2", "conv3"):
        random = [np.mean(row) for row in scores(tables, method="random", layer=layer)]
        gains[layer] = score(tables, layer=layer) - random
    found = disentangling.share_of_gain(tables, "conv2", of="conv3")
    check(found, gains["conv2"] / gains["conv3"], GROUPS)
    assert 0.05 < found.value < 0.5
    nothing = disentangling.share_of_gain(tables, "conv1", of="conv3")
    assert -0.02 < nothing.low < 0 < nothing.high < 0.02


def test_a_share_of_no_gain_is_undefined(tables):
    with pytest.raises(NotRun, match="DRSA gains nothing over random bases at layer 'conv1'"):
        disentangling.share_of_gain(tables, "conv3", of="conv1")


def test_shuffled_components_are_a_null_of_their_own_class(tables):
    rows = read(tables, "overlaps", **DRSA)
    clips = sorted({row["clip"] for row in rows})
    cells = {(r["clip"], r["component"], r["object"]): r["share"] for r in rows}
    label_of = {row["clip"]: row["label"] for row in rows}
    each = []
    for label in LABELS:
        own = [clip for clip in clips if label_of[clip] == label]
        array = np.array([[[cells[c, k, o] for o in OBJECTS] for k in range(1, 5)] for c in own])
        rng = BOOTSTRAP.generator("relevance", "shuffled", label)
        each.append(shuffled_information(array, rng, disentangling.SHUFFLES))
    found = disentangling.shuffled_disentanglement(tables)
    np.testing.assert_allclose(found.draws, np.mean(each, axis=0))
    assert found.value == pytest.approx(np.mean(each))
    assert found.n == disentangling.SHUFFLES and found.unit == "random order"
    assert len(found.draws) == 1000 and found.high < 0.03
    other = disentangling.shuffled_disentanglement(tables, layer="conv1", components=2)
    assert 0 < other.value < found.value


# ---- pairs that are told by every other group ----------------------------------------------------


def split(rows, label):
    """Rows of a class, of every other group and of the groups in between."""
    own = [row for row in rows if row["label"] == label]
    group_of = {row["clip"]: row["group"] for row in own}
    order = list(dict.fromkeys(group_of[clip] for clip in sorted(group_of)))
    even = [row for row in own if order.index(row["group"]) % 2 == 0]
    return even, [row for row in own if order.index(row["group"]) % 2 == 1]


def paired(even, components, draw=0):
    """The pairing object -> component that holds most relevance, of all pairings."""
    sums = joint(even, Counter({row["clip"]: 1 for row in even}), draw)
    numbers = range(1, components + 1)
    if components <= len(OBJECTS):
        pairings = (zip(p, numbers, strict=True) for p in permutations(OBJECTS, components))
    else:
        pairings = (zip(OBJECTS, p, strict=True) for p in permutations(numbers, len(OBJECTS)))
    return max((dict(p) for p in pairings), key=lambda p: sum(sums[k, o] for o, k in p.items()))


def purity(tables, method="drsa", layer="conv3", components=4):
    rows = read(
        tables, "overlaps", **DRSA | {"method": method, "layer": layer, "components": components}
    )
    values = []
    for times in plain_draws(rows, BOOTSTRAP, FEW):
        each = []
        for label in LABELS:
            even, odd = split(rows, label)
            for draw in sorted({row["draw"] for row in rows}):
                pairs = paired(even, components, draw)
                sums = joint(odd, times, draw)
                each.append(sum(sums[k, o] for o, k in pairs.items()) / sum(sums.values()))
        values.append(np.mean(each))
    return np.array(values)


def test_purity_is_of_groups_that_did_not_choose_the_pairs(tables):
    groups = sum(ODD.values())
    check(disentangling.held_out_purity(tables), purity(tables), groups)
    found = disentangling.held_out_purity(tables, "random", layer="conv2")
    check(found, purity(tables, "random", "conv2"), groups)
    found = disentangling.held_out_purity(tables, than="random")
    check(found, purity(tables) - purity(tables, "random"), groups)
    found = disentangling.held_out_purity(tables, components=2, layer="conv5")
    check(found, purity(tables, layer="conv5", components=2), groups)


def lead(shares, own):
    """How far one's share is above each other's."""
    total = sum(shares.values())
    return [(shares[own] - value) / total for name, value in shares.items() if name != own]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(("layer", "components"), [("conv3", 4), ("conv2", 4), ("conv4", 8)])
def test_an_object_is_found_where_its_component_is_mostly_about_it(
    tables, label, layer, components
):
    rows = read(tables, "overlaps", **DRSA | {"layer": layer, "components": components})
    even, odd = split(rows, label)
    pairs = paired(even, components)
    given = {"layer": layer, "components": components}
    for name in OBJECTS:
        if name not in pairs:
            with pytest.raises(NotRun, match=f"no component is left for '{name}'"):
                objects.object_found(tables, label, name, **given)
            continue
        ahead = []
        for times in plain_draws(rows, BOOTSTRAP, ALL):
            sums = joint(odd, times)
            ahead.append(lead({o: sums[pairs[name], o] for o in OBJECTS}, name))
        found = objects.object_found(tables, label, name, **given)
        check_extreme(found, plain_smallest(ahead), ODD[label])


@pytest.mark.parametrize(("name", "into"), [("object 5", "object 1"), ("object 2", "object 3")])
def test_an_object_is_merged_where_anothers_component_holds_it(tables, name, into):
    rows = read(tables, "overlaps", **DRSA)
    even, odd = split(rows, "three")
    pairs = paired(even, 4)
    ahead = []
    for times in plain_draws(rows, BOOTSTRAP, ALL):
        sums = joint(odd, times)
        ahead.append(lead({k: sums[k, name] for k in range(1, 5)}, pairs[into]))
    found = objects.object_merged(tables, "three", name, into)
    check_extreme(found, plain_smallest(ahead), ODD["three"])
    rows = read(tables, "overlaps", **DRSA | {"layer": "conv2", "components": 8})
    even, odd = split(rows, "three")
    sums = joint(odd, Counter({row["clip"]: 1 for row in odd}))
    expected = lead({k: sums[k, name] for k in range(1, 9)}, paired(even, 8)[into])
    other = objects.object_merged(tables, "three", name, into, layer="conv2", components=8)
    assert other.value == pytest.approx(min(expected))


def test_known_objects_are_found_and_merged(tables, tmp_path):
    assert objects.object_found(tables, "one", "object 2").low > 0.4
    assert objects.object_found(tables, "one", "object 2", layer="conv1").high < 0.1
    rows = pd.read_parquet(tables.paths["overlaps"])
    fourth = (rows["object"] == "object 5") & (rows["component"] != 1)
    kept = rows.assign(share=rows["share"].where(~fourth, 0.0))
    merged = changed(tables, tmp_path, overlaps=kept)
    assert objects.object_merged(merged, "two", "object 5", into="object 1").low > 0.9
    assert objects.object_merged(merged, "two", "object 5", into="object 2").high < -0.9


def test_the_main_component_is_chosen_by_other_groups(tables):
    rows = read(tables, "overlaps", **DRSA | {"layer": "conv5"})

    def held(rows, times):
        sums = joint(rows, times)
        return {k: sum(sums[k, o] for o in OBJECTS) for k in range(1, 5)}

    expected = []
    for times in plain_draws(rows, BOOTSTRAP, FEW):
        each = []
        for label in LABELS:
            even, odd = split(rows, label)
            chosen = held(even, Counter({row["clip"]: 1 for row in even}))
            main = max(chosen, key=chosen.get)
            sums = held(odd, times)
            each.append(sums[main] / sum(sums.values()))
        expected.append(np.mean(each))
    check(objects.main_component(tables, "conv5"), expected, sum(ODD.values()))
    assert 0.25 < objects.main_component(tables).value < 0.4
    two = objects.main_component(tables, "conv5", components=2)
    assert 0.55 < two.low < two.value < 0.65


# ---- score 3 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["lift", "drop"])
@pytest.mark.parametrize(
    ("part", "first"), [("object 1", ("one", "three")), ("object 2", ("two",))]
)
def test_causes_are_contrasted_over_clips(tables, measure, part, first):
    rows = read(tables, "localisation", part=part)
    own = [row for row in rows if row["label"] in first]
    rest = [row for row in rows if row["label"] not in first]
    expected = [
        plain_mean(own, times, measure) - plain_mean(rest, times, measure)
        for times in plain_draws(rows, BOOTSTRAP, FEW)
    ]
    found = localising.cause_contrast(tables, part, measure)
    check(found, expected, GROUPS)
    assert found.low > 1
    if measure == "lift":
        assert localising.cause_contrast(tables, part).value == found.value


@pytest.mark.parametrize(("parts", "names"), [("all", None), ("causes", ["object 1", "object 5"])])
def test_muting_is_correlated_over_clips_and_parts_that_sound(tables, parts, names):
    causes = {name: ["one"] for name in names or []}
    tables = replace(tables, settings={**SETTINGS, "causes": causes})
    rows = read(tables, "localisation")
    rows = [row for row in rows if names is None or row["part"] in names]
    expected = []
    for times in plain_draws(rows, BOOTSTRAP, FEW):
        pairs = [
            (row["lift"], row["drop"])
            for row in rows
            if row["lift"] == row["lift"]
            for _ in range(times[row["clip"]])
        ]
        expected.append(spearmanr(*zip(*pairs, strict=True)).statistic)
    check(localising.muting_correlation(tables, parts), expected, GROUPS)
    if parts == "causes":
        assert localising.muting_correlation(tables).value == pytest.approx(expected[0])


@pytest.mark.parametrize("part", ["object 5", "random", "noise"])
def test_lift_is_averaged_over_classes(tables, part):
    rows = read(tables, "localisation", part=part)
    draws = plain_draws(rows, BOOTSTRAP, FEW)
    known = {row["group"] for row in rows if row["lift"] == row["lift"]}
    expected = [plain_class_mean(rows, times, "lift") for times in draws]
    check(localising.mean_lift(tables, part), expected, len(known))
    assert (len(known) < GROUPS) == (part == "object 5")


@pytest.mark.parametrize("measure", ["mass", "rank"])
@pytest.mark.parametrize("name", ["object 1", "object 5"])
def test_accuracies_are_measured_from_the_share_of_the_grid(tables, measure, name):
    rows = read(tables, "localisation", part=name)
    rows = [{**row, "gain": row[measure] - row["area"]} for row in rows]
    draws = plain_draws(rows, BOOTSTRAP, FEW)
    known = len({row["group"] for row in rows if row["gain"] == row["gain"]})
    expected = [plain_class_mean(rows, times, "gain") for times in draws]
    check(localising.accuracy_over_area(tables, name, measure), expected, known)


@pytest.mark.parametrize(("label", "groups"), [("one", 27), ("two", 21)])
@pytest.mark.parametrize("name", ["object 4", "object 5"])
def test_the_least_relevant_object_is_sought_among_objects_alone(tables, label, groups, name):
    rows = read(tables, "localisation", label=label)
    own, behind = {o: [row for row in rows if row["part"] == o] for o in OBJECTS}, []
    for times in plain_draws(read(tables, "localisation"), BOOTSTRAP, ALL):
        means = {o: plain_mean(part, times, "mass") for o, part in own.items()}
        behind.append([means[name] - value for o, value in means.items() if o != name])
    check_extreme(localising.least_relevance(tables, label, name), plain_largest(behind), groups)


# ---- sounds --------------------------------------------------------------------------------------


def ratio_tables(rows):
    cells = {(r["clip"], r["sound"], r["part"]): r["si_sdr"] for r in rows}
    return cells, sorted({r["clip"] for r in rows}), sorted({r["part"] for r in rows})


def test_masks_are_counted_where_nearest_to_their_own_object(tables):
    rows = read(tables, "renderings", kind="oracle")
    cells, clips, parts = ratio_tables(rows)
    hits = []
    for clip in clips:
        for name in OBJECTS:
            ratios = {part: cells[clip, name, part] for part in parts}
            if ratios[name] == ratios[name]:
                best = max((v, part) for part, v in ratios.items() if v == v)[1]
                hits.append({"clip": clip, "hit": float(best == name)})
    expected = [plain_mean(hits, times, "hit") for times in plain_draws(rows, BOOTSTRAP, FEW)]
    found = rendering.oracle_share(tables)
    check(found, expected, GROUPS)
    assert 0.9 < found.value < 1


@pytest.mark.parametrize("leading", [False, True])
def test_components_are_judged_for_the_object_they_are_paired_with(tables, leading):
    rows = read(tables, "renderings", kind="component")
    cells, _, parts = ratio_tables(rows)
    overlaps = read(tables, "overlaps", **DRSA)
    judged = []
    for label in LABELS:
        even, odd = split(overlaps, label)
        for clip in sorted({row["clip"] for row in odd}):
            values = []
            for name, k in paired(even, 4).items():
                ratios = {p: max(cells[clip, str(k), p], -60) for p in parts}
                if ratios[name] == ratios[name]:
                    others = [v for p, v in ratios.items() if p != name and v == v]
                    values.append(ratios[name] - (max(others) if leading else 0))
            judged.append({"clip": clip, "label": label, "ratio": np.mean(values)})
    draws = plain_draws(rows, BOOTSTRAP, FEW)
    expected = [plain_class_mean(judged, times, "ratio") for times in draws]
    check(rendering.component_si_sdr(tables, lead=leading), expected, sum(ODD.values()))
    default = rendering.component_si_sdr(tables).value
    assert default == rendering.component_si_sdr(tables, lead=False).value


def test_sounds_that_have_nothing_in_common_are_bounded(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["renderings"])
    endless = rows.assign(si_sdr=rows["si_sdr"].where(rows["si_sdr"].isna(), -np.inf))
    found = rendering.component_si_sdr(changed(tables, tmp_path, renderings=endless))
    assert (found.value, found.low, found.high) == (-60, -60, -60)
    copies = rows.assign(si_sdr=rows["si_sdr"].where(rows["si_sdr"].isna(), np.inf))
    assert rendering.component_si_sdr(changed(tables, tmp_path, renderings=copies)).value == 100
    assert rendering.component_si_sdr(changed(tables, tmp_path, renderings=copies), True).value == 0


def test_parts_that_clips_lack_may_be_left_out_of_the_table(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["renderings"])
    fewer = changed(tables, tmp_path, renderings=rows[rows["si_sdr"].notna()])
    assert rendering.oracle_share(fewer).value == rendering.oracle_share(tables).value
    for leading in (False, True):
        values = [rendering.component_si_sdr(t, leading).value for t in (tables, fewer)]
        assert values[0] == values[1]


# ---- refusals ------------------------------------------------------------------------------------


def test_what_cannot_be_judged_says_why(tables, tmp_path):
    local = pd.read_parquet(tables.paths["localisation"])
    silent = changed(tables, tmp_path, localisation=local.assign(lift=np.nan))
    own = local["label"].isin(["one", "three"])
    sides = {
        side: changed(tables, tmp_path / side, localisation=local.assign(lift=values))
        for side, values in (
            ("own", local["lift"].where(own)),
            ("other", local["lift"].where(~own)),
        )
        if not (tmp_path / side).mkdir()
    }
    few = pd.read_parquet(tables.paths["overlaps"])
    one_song = few["group"][few["label"] == "two"].iloc[0]
    few = few[(few["label"] != "two") | (few["group"] == one_song)]
    (tmp_path / "few").mkdir()
    few = changed(tables, tmp_path / "few", overlaps=few)
    objectless = replace(tables, settings={**SETTINGS, "objects": None})
    others = replace(tables, settings={**SETTINGS, "objects": list(OBJECTS[:4])})
    unheard = replace(tables, settings={**SETTINGS, "objects": [*OBJECTS[:4], "object 6"]})
    for message, call in {
        "'overlaps' has nothing for copy 'trained', method 'drsa', layer 'conv9', components '4'": (
            lambda: disentangling.disentanglement(tables, layer="conv9")
        ),
        "components '16'": lambda: disentangling.held_out_purity(tables, components=16),
        "class 'two' has one group of clips: none is left to be judged by": (
            lambda: disentangling.held_out_purity(few)
        ),
        "no clip of class 'four'": lambda: objects.object_found(tables, "four", "object 1"),
        "the instance has no object 'voice'": (
            lambda: objects.object_found(tables, "one", "voice")
        ),
        "the instance has no object 'vox'": (
            lambda: objects.object_merged(tables, "one", "vox", "object 1")
        ),
        "the instance has no object 'box'": (
            lambda: objects.object_merged(tables, "one", "object 1", "box")
        ),
        "the part 'object 3' is not known to cause a class": (
            lambda: localising.cause_contrast(tables, "object 3")
        ),
        "the instance has no 'causes'": lambda: localising.cause_contrast(
            replace(tables, settings={}), "object 1"
        ),
        "no clip of other classes has relevance and 'object 1' in it": (
            lambda: localising.cause_contrast(sides["own"], "object 1")
        ),
        "no clip of its classes has relevance and 'object 1' in it": (
            lambda: localising.cause_contrast(sides["other"], "object 1")
        ),
        "no clip has relevance and a part that sounds": (
            lambda: localising.muting_correlation(silent)
        ),
        "^the instance has no 'causes'": lambda: localising.muting_correlation(
            replace(tables, settings={})
        ),
        "'localisation' has nothing for part 'choir'": (
            lambda: localising.mean_lift(tables, "choir")
        ),
        "no clip has such a value": lambda: localising.mean_lift(silent, "noise"),
        "the instance has no object 'choir'": (
            lambda: localising.least_relevance(tables, "one", "choir")
        ),
        "the instance has no object 'noise'": (
            lambda: localising.least_relevance(tables, "one", "noise")
        ),
        "the instance has no 'objects'": lambda: rendering.oracle_share(objectless),
        "not those of the instance's objects": lambda: rendering.oracle_share(others),
        "rendered are not those of": lambda: rendering.oracle_share(unheard),
        "the table 'renderings' is not part": lambda: rendering.oracle_share(
            without(tables, "renderings")
        ),
        "the table 'overlaps' is not part": lambda: rendering.component_si_sdr(
            without(tables, "overlaps")
        ),
        "the table 'localisation' is not part": lambda: localising.muting_correlation(
            without(tables, "localisation")
        ),
    }.items():
        with pytest.raises(NotRun, match=message):
            call()
