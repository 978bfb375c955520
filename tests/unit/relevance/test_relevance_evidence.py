"""Evidence of study 3: its tables, and what must come out if the method is what it seems."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from study_tables import changed, shuffle_rows, table_paths, without
from tables_of_relevance import (
    CLIPS,
    LAYERS,
    PLANTED_DRAWS,
    SETTINGS,
    STEPS,
    TEST_CLIPS,
    as_resampled,
    plain_draws,
    plain_mean,
    plain_rows,
    relevance_tables,
)

from tonotopy.errors import InputError
from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.relevance.statistics import extremes
from tonotopy.studies.relevance.statistics import known_answers as statistics
from tonotopy.studies.relevance.statistics.tables import RelevanceTables

BOOTSTRAP = Bootstrap(200, 0.95, 3)
FEW = 12  # resamples that are compared
GROUPS = 84


@pytest.fixture(autouse=True)
def _as_resampled(monkeypatch):
    as_resampled(monkeypatch)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = shuffle_rows(relevance_tables(tmp_path_factory.mktemp("study")))
    return RelevanceTables(table_paths(folder), SETTINGS, BOOTSTRAP)


def check(found, expected, groups):
    """The estimate is the first expected value, its first draws are the others."""
    assert found.value == pytest.approx(expected[0]) and found.n == groups
    np.testing.assert_allclose(found.draws[: len(expected) - 1], expected[1:], atol=1e-12)
    assert len(found.draws) == 200 and (found.low, found.high) == tuple(
        np.quantile(found.draws, [0.025, 0.975])
    )


def read(tables, name, **equal):
    return plain_rows(tables.paths[name], **equal)


@pytest.mark.parametrize(("role", "groups"), [("test", TEST_CLIPS // 3), ("explained", GROUPS)])
def test_accuracy_is_of_one_role_over_groups(tables, role, groups):
    rows = read(tables, "predictions", role=role)
    rows = [{**row, "right": row["label"] == row["predicted"]} for row in rows]
    draws = plain_draws(rows, BOOTSTRAP, FEW)
    expected = [plain_mean(rows, times, "right") for times in draws]
    check(statistics.accuracy(tables, role), expected, groups)
    assert statistics.accuracy(tables).value == statistics.accuracy(tables, "test").value
    assert len({statistics.accuracy(tables, r).value for r in ("test", "explained")}) == 2


def test_the_largest_error_is_that_of_all_rows(tables):
    for network, limit in (("whole", 2e-5), ("bias-free", 2e-6)):
        errors = [row["error"] for row in read(tables, "conservation", network=network)]
        found = statistics.conservation_error(tables, network)
        assert found.value == found.low == found.high == max(errors) and found.n == GROUPS
        assert 0.9 * limit < found.value <= limit
    found = statistics.sums_error(tables)
    assert found.value == found.high == max(row["error"] for row in read(tables, "sums"))
    assert found.n == GROUPS and len(found.draws) == 200


def test_few_clips_are_enough_for_a_number_without_sampling_error(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["sums"])
    few = changed(tables, tmp_path, sums=rows[rows["group"] == rows["group"].iloc[0]])
    assert statistics.sums_error(few).n == 1


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_an_error_that_is_no_number_is_not_overlooked(tables, tmp_path, wrong):
    for name, call in (
        ("conservation", lambda t: statistics.conservation_error(t, "whole")),
        ("sums", statistics.sums_error),
    ):
        rows = pd.read_parquet(tables.paths[name])
        at = np.flatnonzero(rows.get("network", pd.Series("whole", rows.index)) == "whole")[7]
        rows.loc[rows.index[at], "error"] = wrong
        assert call(changed(tables, tmp_path, **{name: rows})).value == 1


def test_a_network_that_is_no_chain_keeps_no_ledger(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["conservation"])
    rows = rows[rows["network"] == "whole"].assign(biases=np.nan, error=np.nan)
    other = changed(tables, tmp_path, conservation=rows)
    with pytest.raises(NotRun, match="no chain of layers: what its biases took is not known"):
        statistics.conservation_error(other, "whole")
    with pytest.raises(NotRun, match="'conservation' has nothing for network 'bias-free'"):
        statistics.conservation_error(other, "bias-free")


@pytest.mark.parametrize("method", ["drsa", "dsa", "pca"])
@pytest.mark.parametrize("width", [16, 64])
def test_planted_cosines_are_averaged_over_draws(tables, method, width):
    rows = read(tables, "planted", method=method, width=width)
    cosines = [next(r["cosine"] for r in rows if r["draw"] == d) for d in range(PLANTED_DRAWS)]
    found = statistics.planted_cosine(tables, method, width)
    assert found.value == pytest.approx(np.mean(cosines)) and found.n == PLANTED_DRAWS
    drawn = BOOTSTRAP.draw(PLANTED_DRAWS, "bootstrap", "planted").means(np.array(cosines))
    np.testing.assert_allclose(found.draws, drawn)
    assert statistics.planted_cosine(tables).value == pytest.approx(0.95, abs=0.02)
    with pytest.raises(NotRun, match="'planted' has nothing for method 'ica', width '64'"):
        statistics.planted_cosine(tables, "ica")


def test_correlations_are_of_the_first_or_last_step(tables):
    expected = {}
    for end, step in (("first", 1), ("last", len(STEPS))):
        rows = read(tables, "randomisation", step=step)
        draws = plain_draws(rows, BOOTSTRAP, FEW)
        expected[end] = np.array([plain_mean(rows, times, "correlation") for times in draws])
        check(statistics.heatmap_correlation(tables, end), expected[end], GROUPS)
    fall = statistics.heatmap_correlation(tables, "last", than="first")
    check(fall, expected["last"] - expected["first"], GROUPS)
    assert statistics.heatmap_correlation(tables).value == pytest.approx(0.1, abs=0.03)


def test_one_clip_of_each_class_is_enough_for_a_correlation(tmp_path):
    clips = {f"class {number}": 1 for number in range(9)}
    folder = relevance_tables(tmp_path, clips=clips, objects=(), exchanged=(), sizes=(1,))
    tables = RelevanceTables(table_paths(folder), SETTINGS, BOOTSTRAP)
    found = statistics.heatmap_correlation(tables)
    assert found.n == 9 and len(found.draws) == 200


def test_layers_are_those_of_the_entry_or_of_the_table_in_its_order(tables, tmp_path):
    named = replace(tables, settings={**SETTINGS, "layers": ["conv4", "conv1"]})
    assert named.layers() == ["conv4", "conv1"]
    folder = relevance_tables(tmp_path, layers=("stem", "body", "arm"), shown={"layer": "arm"} | K)
    for layers in ({"layers": None}, {}):
        settings = {k: v for k, v in SETTINGS.items() if k != "layers"} | layers
        unnamed = RelevanceTables(table_paths(folder), settings, BOOTSTRAP)
        assert unnamed.layers() == ["stem", "body", "arm"]


K = {"components": 4}


def row(**changes):
    return {"id": "relevance.x", "study": "relevance", "statistic": "accuracy", **changes}


@pytest.mark.parametrize(
    ("each", "only", "expected"),
    [
        (["layer"], {}, [(name, {"layer": name}) for name in LAYERS]),
        (["layer"], {"layers": ["conv4", "conv2", "conv9"]}, ["conv2", "conv4"]),
        (["label"], {}, ["one", "three", "two"]),
        (["label"], {"labels": ["two"]}, ["two"]),
        (["attributed"], {}, list(CLIPS)),
        (
            ["object"],
            {"objects": ["object 2", "object 5"]},
            [("object_2", {"object": "object 2"}), ("object_5", {"object": "object 5"})],
        ),
        (["part"], {}, [(f"object_{n}", {"part": f"object {n}"}) for n in (1, 2)]),
        (["part"], {"parts": ["object 2"]}, [("object_2", {"part": "object 2"})]),
        (["area"], {}, ["share", "step", "printed"]),
        (["area"], {"areas": ["step"]}, ["step"]),
        (["method"], {}, ["drsa", "dsa", "pca", "random"]),
        (["method"], {"methods": ["random", "dsa"]}, ["dsa", "random"]),
        (
            ["part", "area"],
            {"parts": ["object 1"], "areas": ["share", "step"]},
            [
                (f"object_1.{area}", {"part": "object 1", "area": area})
                for area in ("share", "step")
            ],
        ),
    ],
)
def test_rows_are_judged_for_the_parts_that_they_are_about(tables, each, only, expected):
    expected = [(e, {each[0]: e}) if isinstance(e, str) else e for e in expected]
    assert tables.combinations(row(each=each, only=only)) == expected
    assert set(each) <= set(tables.EACH) and set(only) <= set(tables.ONLY)


def test_a_row_without_parts_is_about_the_study(tables):
    assert tables.combinations(row()) == [("", {})]
    assert tables.ONLY["areas"] == ("share", "step", "printed") and tables.ONLY["layers"] is None
    assert tables.ONLY["methods"] == ("drsa", "dsa", "pca", "random")


@pytest.mark.parametrize(
    ("each", "only", "reason"),
    [
        ("layer", {"layers": ["conv8", "conv9"]}, "the instance has no layer conv8 or conv9"),
        ("label", {"labels": ["four"]}, "the instance has no label four"),
        ("object", {}, "the instance has no 'objects'"),
        ("part", {}, "the instance has no 'causes'"),
        ("attributed", {}, "the instance has no 'exchanged'"),
    ],
)
def test_what_the_instance_lacks_is_not_judged(tables, each, only, reason):
    lacking = {"objects": None, "causes": {}}
    settings = {k: v for k, v in SETTINGS.items() if k != "exchanged"} | lacking
    with pytest.raises(NotRun, match=f"^{reason}$"):
        replace(tables, settings=settings).combinations(row(each=[each], only=only))


def test_what_is_shown_is_taken_where_nothing_is_named(tables):
    assert tables.shown() == {"layer": "conv3", "components": 4}
    assert tables.shown("conv5") == {"layer": "conv5", "components": 4}
    assert tables.shown(components=8) == {"layer": "conv3", "components": 8}
    bare = replace(tables, settings={})
    assert bare.shown("conv1", 2) == {"layer": "conv1", "components": 2}
    for named in ((), ("conv1",), (None, 2)):
        with pytest.raises(NotRun, match="the instance has no 'shown'"):
            bare.shown(*named)


def test_clips_are_in_order_and_drawn_by_group(tables):
    rows = read(tables, "aupc", method="standard", fill="zero", order="most")
    clips = tables.clips("aupc")
    assert list(clips.ids) == sorted(row["clip"] for row in rows)
    label_of = {row["clip"]: row["label"] for row in rows}
    assert clips.labels.tolist() == [label_of[clip] for clip in clips.ids]
    assert clips.classes == ["one", "three", "two"] and len(clips.groups) == GROUPS
    assert tables.clips("aupc") is clips
    assert tables.clips("gammas").resamples is clips.resamples
    values = np.arange(2.0 * len(rows)).reshape(-1, 2)
    values[3, 1] = np.nan
    for place, times in enumerate(plain_draws(rows, BOOTSTRAP, FEW)):
        for column in range(2):
            filled = [
                {"clip": c, "label": label_of[c], "value": values[n, column]}
                for n, c in enumerate(clips.ids)
            ]
            assert clips.means(values)[place, column] == pytest.approx(
                plain_mean(filled, times, "value")
            )
            for number, label in enumerate(clips.classes):
                own = [r for r in filled if r["label"] == label]
                assert clips.label_means(values)[place, number, column] == pytest.approx(
                    plain_mean(own, times, "value")
                )


def test_every_other_group_of_a_class_is_even(tables):
    clips = tables.clips("aupc")
    for label, count in (("one", 27), ("two", 21), ("three", 37)):
        every = zip(clips.ids, clips.groups.index, clips.labels, strict=True)
        own = [(clip, group) for clip, group, of in every if of == label]
        order = []
        for _, group in own:
            if group not in order:
                order.append(group)
        assert len(order) == count == clips.count(clips.of(label))
        expected = {c for c, g in own if order.index(g) % 2 == 0}
        assert set(clips.ids[clips.even(label)]) == expected
    with pytest.raises(NotRun, match=r"no clip of class 'four' \(there are one, three, two\)"):
        clips.of("four")


def test_classes_without_a_value_are_left_out_of_the_mean(tables):
    clips = tables.clips("aupc")
    values = np.where(clips.labels == "two", np.nan, (clips.labels == "one") + 1.0)
    assert clips.over_labels(values)[0] == 1.5
    with pytest.raises(NotRun, match="no clip has such a value"):
        clips.over_labels(np.full(len(values), np.nan))


def test_the_largest_is_of_one_or_of_each_resample():
    """Of seven resamples, the lower three are of the column that leads in the data."""
    draws = [[4, 1, 9], [2, 6, 0], [5, 3, 8], [7, 2, 1], [1, 8, 2], [6, 4, 4], [3, 7, 5]]
    values = np.array([[5, 6, 4], *draws], dtype=float)
    assert extremes.highest(values).tolist() == [6, 1, 2, 3, 7, 8, 8, 9]
    assert extremes.lowest(-values).tolist() == [-6, -1, -2, -3, -7, -8, -8, -9]
    even = values[:7]
    assert extremes.highest(even).tolist() == [6, 1, 2, 3, 8, 8, 9]
    even[2, 0] = even[5, 2] = np.nan
    np.testing.assert_array_equal(extremes.highest(even), [6, 1, 2, 8, 9, np.nan, np.nan])
    assert np.isnan(extremes.highest(even[[2, 1]])[0])


def test_leads_are_over_the_nearest_of_the_others():
    values = np.array([[5.0, 2.0, 4.0], [1.0, 9.0, 3.0], [6.0, 3.0, 2.0], [8.0, 8.5, 1.0]])
    assert extremes.lead(values, 0).tolist() == pytest.approx([1, 7, -0.5, -8])
    assert extremes.lead(values, 2).tolist() == pytest.approx([-1, 2, -6, -7.5])
    first, second = values[:, [0, 2]], values[:, [1]]
    assert extremes.pairwise_lead(first, second).tolist() == pytest.approx([2, -1, -7.5, -8])
    assert extremes.pairwise_lead(second, first).tolist() == pytest.approx([-3, 8, 0.5, -3])
    for call in (lambda v: extremes.lead(v, 0), lambda v: extremes.highest(v[:, :0])):
        with pytest.raises(NotRun, match="there is nothing else to compare with"):
            call(values[:, :1])


def test_damaged_tables_are_named(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["randomisation"])
    first = rows[(rows["step"] == 1) & (rows["clip"] == "clip-0031")]
    other = rows["clip"].eq("clip-0031") & rows["step"].eq(2)
    for damaged, told in (
        (pd.concat([rows, first]), "clip clip-0031 occurs twice"),
        (rows.drop(index=first.index), "clip clip-0031 is missing"),
        (
            rows.assign(group=rows["group"].mask(other, "x")),
            "clip clip-0031 has two groups or c",
        ),
        (
            rows.assign(label=rows["label"].mask(other, "x")),
            "clip clip-0031 has two groups or c",
        ),
    ):
        broken = changed(tables, tmp_path, randomisation=damaged)
        message = f"randomisation.parquet: {told}.*make the table again"
        with pytest.raises(InputError, match=message):
            statistics.heatmap_correlation(broken, "first")


def test_tables_of_another_run_are_not_read(tables):
    for name, call in (
        ("predictions", lambda t: statistics.accuracy(t)),
        ("sums", statistics.sums_error),
        ("planted", statistics.planted_cosine),
        ("randomisation", statistics.heatmap_correlation),
        ("conservation", lambda t: statistics.conservation_error(t, "whole")),
    ):
        assert tables.paths[name].is_file()
        with pytest.raises(NotRun, match=f"the table '{name}' is not part of this run"):
            call(without(tables, name))
    with pytest.raises(NotRun, match="'predictions' has nothing for role 'train'"):
        statistics.accuracy(tables, role="train")


def test_rows_may_have_any_type_of_text(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["predictions"])
    expected = statistics.accuracy(tables).value
    rows = rows.astype({"label": "category", "predicted": "category", "clip": "category"})
    assert statistics.accuracy(changed(tables, tmp_path, predictions=rows)).value == expected
