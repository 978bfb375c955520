"""Heatmaps beside the parts of clips, clip by clip and part by part, by name."""

from math import log2, log10

import numpy as np
import pytest
import torch
from explained_worlds import (
    HEARD,
    OBJECTS,
    OUTPUTS,
    PARTS,
    check_clips,
    label_of,
    one_heatmap,
    one_part,
    one_sound,
    one_split,
    rows_of,
    small_batches,
)
from test_heatmap_rendering import literal_render, literal_si_sdr

from tonotopy.errors import InputError
from tonotopy.frontends.log10_mel import Log10Mel
from tonotopy.frontends.rendering import Renderer
from tonotopy.relevance.masks import FLOOR
from tonotopy.studies.relevance import comparing
from tonotopy.studies.relevance.comparing import (
    localisation_table,
    masks_of,
    overlap_table,
    rendering_table,
)

CELLS = list(np.ndindex(16, 24))


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Batches of four clips."""
    monkeypatch.setattr(comparing, "batches", small_batches(4))


@pytest.fixture(scope="module")
def masks(world):
    """Ratio masks by clip and part, in float64 from each part's own spectrum."""
    front_end, found = Log10Mel(HEARD), {}
    filters = front_end.filters.double()
    for position in world.test:
        powers = {}
        for name in PARTS:
            sound = torch.from_numpy(one_part(world.corpus, position, name))
            magnitudes = front_end.spectrum(sound[None])[0].abs().double()
            powers[name] = (filters @ magnitudes**2).numpy()
        total = sum(powers.values()) + FLOOR
        found[position] = {name: power / total for name, power in powers.items()}
    return found


def lacking(world, position):
    return [name for name in PARTS if name not in world.corpus.parts(int(position))[0]]


def test_masks_are_shares_of_all_parts_and_those_that_are_asked_for(world, masks):
    for names in (OBJECTS, ["noise"], PARTS):
        found = masks_of(world.explained, world.corpus, world.test, names)
        assert found.shape == (18, len(names), 16, 24)
        for row, position in enumerate(world.test):
            for column, name in enumerate(names):
                expected = masks[position][name]
                np.testing.assert_allclose(found[row, column], expected, atol=1e-4)
    with pytest.raises(InputError, match="objects: corpus parted has no part 'clik'"):
        overlap_table(
            world.explained, world.corpus, world.test, world.fitted, [world.key()], ["clik", "tone"]
        )


# --- overlaps


def shares_of(heatmaps, supports):
    """Positive relevance of each component on each object, as a share of all of them."""
    table = [
        [sum(max(0.0, h[cell]) * mask[cell] for cell in CELLS) for mask in supports]
        for h in heatmaps
    ]
    total = sum(map(sum, table))
    return [[value / total if total > 0 else 0.0 for value in row] for row in table]


COLUMNS = ["copy", "method", "draw", "layer", "components", "label", "clip", "group"]


def test_components_share_out_their_relevance_over_objects(world, masks):
    keys = [world.key(), world.key("random", "conv1", 2, draw=1)]
    clips = world.test[:7]
    table = overlap_table(world.explained, world.corpus, clips, world.fitted, keys, OBJECTS)
    assert sorted(table.columns) == sorted([*COLUMNS, "component", "object", "share"])
    check_clips(table, world.corpus)
    rows = rows_of(table, "clip", "method", "component", "object")
    assert len(rows) == 7 * (4 * 2 + 2 * 2 + 2 * 2)
    for position in clips:
        clip, supports = world.corpus.clips[position], [masks[position][name] for name in OBJECTS]
        for key, heatmaps in [
            *((key, one_split(world, position, key)) for key in keys),
            (world.key("ceiling", "", 2), supports),
        ]:
            expected = shares_of(heatmaps, supports)
            for k, o in np.ndindex(len(heatmaps), 2):
                row = rows[clip, key.method, k + 1, OBJECTS[o]]
                assert row["share"] == pytest.approx(expected[k][o], abs=2e-4)
                assert tuple(row[name] for name in key._fields) == key


def test_a_clip_sums_to_one_but_where_nothing_is_positive(world, monkeypatch):
    def fixed(explained, batch, fitted, keys):
        for key in keys:
            heatmaps = torch.ones(len(batch.positions), key.components, 16, 24)
            heatmaps[0] = -1
            yield key, heatmaps

    monkeypatch.setattr(comparing, "decompose", fixed)
    clips = world.test[:6]
    table = overlap_table(
        world.explained, world.corpus, clips, world.fitted, [world.key()], OBJECTS
    )
    sums = table.groupby(["method", "clip"])["share"].sum()
    for row, position in enumerate(clips):
        expected = 0 if row % 4 == 0 else 1
        assert sums["drsa", world.corpus.clips[position]] == pytest.approx(expected)
        assert sums["ceiling", world.corpus.clips[position]] == pytest.approx(1)


def test_the_untrained_copy_has_no_ceiling(world, masks):
    keys = [world.key(copy="untrained", layer="conv1", components=2)]
    clips = world.test[:2]
    table = overlap_table(world.untrained, world.corpus, clips, world.fitted, keys, OBJECTS)
    assert set(table["method"]) == {"drsa"} and set(table["copy"]) == {"untrained"}
    rows = rows_of(table, "clip", "component", "object")
    for position in clips:
        heatmaps = one_split(world, position, keys[0], explained=world.untrained)
        expected = shares_of(heatmaps, [masks[position][name] for name in OBJECTS])
        for k, o in np.ndindex(2, 2):
            row = rows[world.corpus.clips[position], k + 1, OBJECTS[o]]
            assert row["share"] == pytest.approx(expected[k][o], abs=2e-4)


# --- localisation


def muted_logit(world, position, name):
    """Logit of the clip without a part, brought back to its peak."""
    clip = one_sound(world.corpus.waveforms([position])[0]).astype(np.float64)
    rest = clip - one_part(world.corpus, position, name)
    gain = max(map(abs, clip)) / max(map(abs, rest))
    sound = torch.from_numpy((rest * gain).astype(np.float32))
    bundle = world.explained.bundle
    with torch.no_grad():
        heard = bundle.front_end(sound[None])
        return bundle.network(heard)[0, OUTPUTS.index(label_of(world.corpus, position))].item()


def literal_rank(heatmap, support):
    inside = {cell for cell in CELLS if support[cell]}
    ranked = sorted(CELLS, key=lambda cell: -heatmap[cell])[: len(inside)]
    return len(inside & set(ranked)) / len(inside) if inside else np.nan


def test_where_the_standard_heatmap_lies_and_what_muting_does(world, masks):
    table = localisation_table(world.explained, world.corpus, world.test)
    numbers = ["area", "mass", "rank", "lift", "drop"]
    assert sorted(table.columns) == sorted(["clip", "group", "label", "part", *numbers])
    check_clips(table, world.corpus)
    rows = rows_of(table, "clip", "part")
    assert len(rows) == 18 * len(PARTS)
    silent = 0
    for position in world.test:
        heatmap = one_heatmap(world.explained, world.corpus, position)
        whole = muted_logit_of_nothing(world, position)
        for name in PARTS:
            row, mask = rows[world.corpus.clips[position], name], masks[position][name]
            area = sum(mask[cell] for cell in CELLS) / len(CELLS)
            inside = sum(max(0.0, heatmap[cell]) * mask[cell] for cell in CELLS)
            total = sum(max(0.0, heatmap[cell]) for cell in CELLS)
            assert row["area"] == pytest.approx(area, abs=1e-5)
            rank = literal_rank(heatmap, mask > 0.5)
            assert row["rank"] == pytest.approx(rank, abs=0.02, nan_ok=True)
            if name in lacking(world, position):
                silent += 1
                assert np.isnan([row["mass"], row["lift"]]).all() and row["area"] == 0
                assert row["drop"] == pytest.approx(0, abs=1e-4)
            else:
                assert row["mass"] == pytest.approx(inside / total, abs=1e-4)
                assert row["lift"] == pytest.approx(log2(inside / total / area), abs=2e-3)
                drop = whole - muted_logit(world, position, name)
                assert row["drop"] == pytest.approx(drop, abs=2e-3)
    assert silent > 3 and table["drop"].max() > 0.3 and table["drop"].min() < -0.3


def muted_logit_of_nothing(world, position):
    sound = torch.from_numpy(one_sound(world.corpus.waveforms([position])[0]))
    bundle = world.explained.bundle
    with torch.no_grad():
        logits = bundle.network(bundle.front_end(sound[None]))[0]
    return logits[OUTPUTS.index(label_of(world.corpus, position))].item()


# --- renderings


def test_rendered_components_and_masks_are_compared_with_all_parts(world, masks):
    key, clips = world.key(components=2), world.test[:6]
    table = rendering_table(world.explained, world.corpus, clips, world.fitted, key, OBJECTS)
    columns = ["kind", "layer", "components", "label", "clip", "group", "sound", "part", "si_sdr"]
    assert sorted(table.columns) == sorted(columns)
    assert table["part"].drop_duplicates().tolist() == ["tone", "click", "hum", "noise"]
    assert set(table["layer"]) == {"conv3"} and set(table["components"]) == {2}
    check_clips(table, world.corpus)
    rows = rows_of(table, "clip", "kind", "sound", "part")
    assert len(rows) == 6 * (2 + 2) * 4
    renderer, known = Renderer(Log10Mel(HEARD)), 0
    for position in clips:
        clip = world.corpus.clips[position]
        sound = torch.from_numpy(one_sound(world.corpus.waveforms([position])[0]))
        components = one_split(world, position, key)
        shown = {("component", "1"): components[0], ("component", "2"): components[1]}
        shown |= {("oracle", name): masks[position][name] for name in OBJECTS}
        for (kind, name), heatmap in shown.items():
            silent = name in lacking(world, position)
            heard = None
            if not silent:
                heard = literal_render(heatmap, sound, renderer, 90.0, 5, 1.0)
            for part in PARTS:
                ratio = rows[clip, kind, name, part]["si_sdr"]
                if silent or part in lacking(world, position):
                    assert np.isnan(ratio)
                    continue
                expected = literal_si_sdr(heard, one_part(world.corpus, position, part))
                known += 1
                if max(ratio, expected) > -40:  # below, rounding is all there is
                    assert ratio == pytest.approx(expected, abs=0.3), (kind, name, part)
                else:
                    assert -log10(2) * 400 < ratio < -38
    assert known > 60


def test_objects_masks_render_to_their_own_objects(world):
    table = rendering_table(
        world.explained, world.corpus, world.test, world.fitted, world.key(), OBJECTS
    )
    oracle = table[(table["kind"] == "oracle") & table["part"].isin(OBJECTS)].dropna()
    own = oracle[oracle["sound"] == oracle["part"]]["si_sdr"].mean()
    other = oracle[oracle["sound"] != oracle["part"]]["si_sdr"].mean()
    assert own > other + 10
    components = table[table["kind"] == "component"]
    assert sorted(set(components["sound"])) == ["1", "2", "3", "4"]
