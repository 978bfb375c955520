"""Costs of study 5: shapes of maps, sums by hand, operations as networks are seen to do."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from configs import ROOT, default_config, scale
from costs import similarity
from costs.run import Run
from costs.similarity import Grid, probes, products, ridge_flops
from costs.size import counted
from costs.table import read_rates
from costs.work import NotKnown, Work
from sklearn.datasets import load_digits

from tonotopy.similarity import probes as ridge
from tonotopy.similarity.measure import similarities

RATES = read_rates(ROOT / "benchmarks/throughputs.yaml")
ARGUMENTS = {"widths": [3, 5], "pools": [[2, 3], [4, 2]], "dense": 7}
NETWORKS = {
    "vgg": {
        "architecture": "vgg",
        "corpus": "c",
        "arguments": ARGUMENTS,
        "front_end": {"kind": "log_mel", "rate": 8000, "n_fft": 256, "mels": 16, "frames": 60},
        "training": {"epochs": 3, "batch": 10},
    },
    "seen": {
        "architecture": "vgg",
        "corpus": "digits",
        "arguments": ARGUMENTS,
        "front_end": {"kind": "picture", "mels": 16, "frames": 60},
        "training": {"epochs": 3, "batch": 10},
    },
    "again": {},
    "heads": {"module": "mine:Net", "front_end": {"rate": 8000}},
    "tokens": {"published": "ast_audioset"},
}
NETWORKS["again"] = NETWORKS["vgg"]
ENTRY = {
    "networks": {"a": ["vgg", "again"]},
    "unheard": {"a": "seen"},
    "random": 4,
    "clips": 5,
    "probed": 9,
    "calibrated": 11,
    "folds": 3,
    "shown": 2,
    "exhibits": 6,
}
COUNTS = {"train": 40, "validation": 6, "test": 13}
GRIDS = [Grid(3, 16, 60), Grid(5, 8, 20)]


@pytest.fixture
def run(monkeypatch):
    """A corpus of clips of 2 s with three classes; the digits are as they are."""
    config = {**default_config(), "run": [], "networks": copy.deepcopy(NETWORKS)}
    config["corpora"] = {"c": {"maker": "gtzan", "rate": 8000}, "digits": {"maker": "digits"}}
    run = Run(config, {}, RATES)
    known = {name: getattr(run, name) for name in ("clips", "classes", "seconds")}
    own = {"clips": lambda split=None: COUNTS.get(split, 59), "classes": lambda: 3}
    own["seconds"] = lambda: 2.0
    for name, method in known.items():
        monkeypatch.setattr(
            run,
            name,
            lambda corpus, *a, m=method, o=own[name]: o(*a) if corpus == "c" else m(corpus, *a),
        )
    return run


@pytest.fixture
def stage(run):
    def worked(name: str, **changes) -> Work:
        return similarity.STAGES[name](run, [SimpleNamespace(entry={**ENTRY, **changes})])

    return worked


def test_digits_are_as_scikit_learn_ships_them():
    pictures, labels = load_digits(return_X_y=True)
    config = {**scale("paper"), "run": []}
    config["corpora"]["fewer"] = {"maker": "digits", "test": 97}
    run = Run(config, {}, RATES)
    assert run.clips("digits") == len(pictures) and run.classes("digits") == len(set(labels))
    assert 8000 * run.seconds("digits") == pictures.shape[1] == run.clip_bytes("digits") / 2
    for name, test in (("digits", 360), ("fewer", 97)):
        splits = [run.clips(name, split) for split in ("train", "validation", "test")]
        assert splits == [1797 - test, 0, test]
    assert run.smallest_class("digits", "test") == 36


def test_grids_are_those_of_the_maps(run):
    assert similarity.grids_of(run, ENTRY, "vgg", 2.0) == GRIDS
    assert similarity.grids_of(run, {**ENTRY, "layers": ["block2"]}, "vgg", 2.0) == GRIDS[1:]


def test_grids_where_time_comes_first(run):
    run.config["networks"]["chunks"] = {"published": "vggish"}
    found = similarity.grids_of(run, ENTRY, "chunks", 2.0)
    made = run.unheard("chunks", 2.0)
    assert found[0] == Grid(64, 64, 2 * 96) and made.heard.shape == (1, 2, 96, 64)
    assert found[-1].rows == 64 // 8


def test_grids_of_tokens_are_the_networks_or_those_that_are_named(run):
    found = similarity.grids_of(run, {**ENTRY, "layers": ["layer1"]}, "tokens", 10.0)
    assert found == [Grid(768, 12, 101)]
    named = {**ENTRY, "layers": ["layer1"], "grids": {"layer1": [3, 4]}}
    assert similarity.grids_of(run, named, "tokens", 10.0) == [Grid(768, 3, 4)]
    made = run.unheard("tokens", 10.0)
    run.unheard = lambda name, seconds: made._replace(network=Tokens(made.network))
    with pytest.raises(NotKnown, match="network tokens: how tokens of layer layer1 lie"):
        similarity.grids_of(run, {**ENTRY, "layers": ["layer1"]}, "tokens", 10.0)


def test_when_layers_of_waveforms_are_is_not_known_before(run):
    run.config["networks"]["samples"] = {
        **run.config["networks"]["vgg"],
        "architecture": "sample_cnn",
        "arguments": {"widths": [3, 4, 5], "embedding": 6},
        "front_end": {"kind": "waveform", "rate": 8000},
    }
    with pytest.raises(NotKnown, match="network samples: hears waveforms"):
        similarity.grids_of(run, ENTRY, "samples", 2.0)


class Tokens(torch.nn.Module):
    """A network that does not know its grid."""

    def __init__(self, network):
        super().__init__()
        self.blocks, self.inside = network.blocks, [network]

    def forward(self, heard):
        return self.inside[0](heard)


def test_products_are_those_that_are_seen():
    grids, clips = [Grid(3, 4, 5), Grid(2, 6, 7)], 9
    total = 0
    for grid in grids:
        for features, cells in ((3, grid.rows * grid.columns), (2, 12 * grid.columns)):
            total += seen(grid, features, cells, clips)
        total += seen(grid, 3, grid.columns, clips)
    assert products(grids, clips) == total


def seen(grid: Grid, features: int, cells: int, clips: int) -> int:
    maps = torch.zeros(clips, grid.maps, cells)
    own, others = torch.zeros(features, clips, cells), torch.zeros(features * clips, cells)

    def work():
        similarities(maps, others)
        for _ in range(2):  # with and without the input's share
            torch.einsum("bmp,fbp->mfb", maps, own)

    return counted(work)


def test_ridge_probes_are_counted(monkeypatch):
    """Products are seen; decompositions, which are not, are listed."""
    decompositions, solutions = [], []
    cholesky, solve = torch.linalg.cholesky, torch.cholesky_solve
    monkeypatch.setattr(
        torch.linalg, "cholesky", lambda m: decompositions.append(m.shape[0]) or cholesky(m)
    )
    monkeypatch.setattr(
        torch, "cholesky_solve", lambda p, f: solutions.append(p.numel() * len(p)) or solve(p, f)
    )
    rows, width, outputs, folds = 300, 40, 3, 5
    predictors, targets = torch.randn(rows, width), torch.randn(rows, outputs)
    multiplied = counted(lambda: ridge.held_out(predictors, targets, np.arange(rows) % folds))
    solved = sum(size**3 / 3 for size in decompositions) + 2 * sum(solutions)
    found = ridge_flops(rows, width, outputs, folds)
    assert found == pytest.approx(multiplied + solved, rel=0.005)


def test_probes_of_a_layer():
    grid, folds = Grid(5, 8, 20), 3
    # 500 clips: 12 columns of each; 100: all of them
    for clips, rows in ((500, 6000), (100, 2000), (7000, 7000)):
        expected = ridge_flops(rows, 40, 12, folds) + 2 * ridge_flops(rows, 5, 1, folds)
        assert probes(grid, clips, folds) == expected + 2 * ridge_flops(clips, 5, 1, folds)


def test_maps_compared(run, stage):
    """The first of two trainings beside four random copies and the one that learned no sound."""
    work, forward = stage("compare_maps"), run.size("vgg", 2.0).flops
    passes = 2 * (2 * 5 + 13) + 5 * 5 + 5 * 11 + 2 * 8 * 2
    own = [grid._replace(maps=1) for grid in GRIDS]
    answered = 360 * run.size("seen", 0.008).flops
    compared = (2 + 2 + 5) * products(GRIDS, 5) + 2 * products(own, 5)
    assert work.flops == passes * forward + compared + answered and work.holds_gpu
    assert work.basis == f"16 maps beside 8 features, {passes} forward passes"
    rows = 8 * ((2 + 2 + 5) * 8 + 2 * 2)
    assert work.kept == 2 * 4 * 5 * rows
    cells = sum(3 * grid.rows * grid.columns + (2 * 12 + 3) * grid.columns for grid in GRIDS)
    cores = 5 * 0.2 * RATES["features_clip_s"] + rows * 25 * RATES["null_pair_s"]
    assert work.cores == pytest.approx(cores + 2 * 5 * cells * RATES["residual_cell_s"])
    heard = 2 * 4 * 5 + 5 * 11
    assert work.unaided == pytest.approx(heard * 0.2 * RATES["front_end_clip_s"])


def test_clips_are_at_most_those_that_there_are(run):
    few = similarity.heard_of(run, {**ENTRY, "clips": None, "probed": None, "calibrated": 99})
    assert few == ("c", 2.0, 13, 13, 40)
    assert similarity.heard_of(run, ENTRY) == ("c", 2.0, 9, 5, 11)
    assert similarity.heard_of(run, {**ENTRY, "heard": "digits", "clips": 8})[2:] == (9, 8, 11)


def test_networks_that_hear_alike_share_features(run, stage):
    one = stage("probe_features").cores
    run.config["networks"]["again"] = copy.deepcopy(run.config["networks"]["vgg"])
    run.config["networks"]["again"]["front_end"]["n_fft"] = 512
    assert stage("probe_features").cores == 2 * one > 0


def test_networks_beside_none(run, stage):
    alone = stage("compare_maps", networks={"a": "vgg"}, unheard={})
    unaided = (4 * 5 + 4 * 11) * 0.2 * RATES["front_end_clip_s"]
    assert alone.unaided == pytest.approx(unaided)
    assert stage("compare_maps", networks={"a": "vgg"}, heard="digits").flops > 0


def test_features_probed(run, stage):
    work, forward = stage("probe_features"), run.size("vgg", 2.0).flops
    heard = 2 * 9 + 5 * (9 + 11)
    assert work.flops == heard * forward and work.basis == "90 probes" and work.kept == 0
    assert work.cores == pytest.approx(9 * 0.2 * RATES["probed_features_clip_s"])
    own = sum(probes(grid._replace(maps=1), 9, 3) for grid in GRIDS)
    solved = (1 + 1 + 5) * sum(probes(grid, 9, 3) for grid in GRIDS) + 2 * own
    fronts = 2 * 9 + 5 * 11  # copies are given what the trained networks hear
    unaided = solved / RATES["ridge_flops_per_s"] + fronts * 0.2 * RATES["front_end_clip_s"]
    assert work.unaided == pytest.approx(unaided)


def test_exhibits(run, stage):
    work = stage("render_matches", networks={"a": ["vgg", "again"], "b": "vgg"})
    assert work.flops == 2 * 6 * 2 * run.size("vgg", 2.0).flops
    assert work.kept == 2 * 6 * 2 * 2 * 16000 and work.basis == "12 maps"
    assert work.cores == pytest.approx(12 * 0.2 * RATES["features_clip_s"])


def test_modules_of_ones_own_are_not_known(stage):
    with pytest.raises(NotKnown, match="network heads: the size of a module of your own"):
        stage("compare_maps", networks={"a": "heads"}, heard="c", unheard={})
