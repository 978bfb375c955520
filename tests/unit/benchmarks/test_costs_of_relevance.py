"""Costs of study 3: operations are those that the study's own code is seen to do, sums by hand."""

import copy
from dataclasses import replace
from itertools import product
from math import isqrt
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import print_costs
import pytest
import torch
from costs import relevance
from costs.relevance import Passes, passes
from costs.run import Run
from costs.table import costs, read_rates
from costs.work import NotKnown, Work
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.genre_cnn import GenreCNN
from tonotopy.relevance import subspaces
from tonotopy.relevance.planted import planted_pairs
from tonotopy.seeding import generator
from tonotopy.studies.relevance import explaining, fitting, planting
from tonotopy.studies.relevance.decomposing import (
    conservation_table,
    decompose,
    histogram_table,
    standard_heatmaps,
    sum_table,
)
from tonotopy.studies.relevance.fitting import Choices, Fitted, collect, fit_all
from tonotopy.studies.relevance.flips import area_table, exchange_table, gamma_table
from tonotopy.studies.relevance.randomising import sensitivity_table

ROOT = Path(__file__).parents[3]
RATES = read_rates(ROOT / "benchmarks/throughputs.yaml")
MELS, FRAMES, CLASSES, PER_CLASS, SEED = 16, 24, ("x", "y", "z"), 5, 3
CLIPS = PER_CLASS * len(CLASSES)
NETWORK = {
    "architecture": "genre_cnn",
    "corpus": "c",
    "arguments": {"filters": [4, 8, 8], "dense": [6], "dropout": 0.0},
    "front_end": {"kind": "log10_mel", "mels": MELS, "frames": FRAMES},
}
COMPOSITE = {"conv1": "w2", "conv": {"gamma": 0.3}, "dense": {"epsilon": 1e-7}}
ENTRY = {
    "network": "n",
    "composite": COMPOSITE,
    "layers": None,
    "components": [2, 8, 4],
    "shown": {"layer": "conv2", "components": 4},
    "vectors": {"clips": 4, "locations": 7},
    "ascent": {"starts": 2, "step": 1e-6, "steps": 6, "tolerance": 0},
    "random": 3,
    "clips": 4,
    "flipping": {"patch": 8, "clips": 3},
    "exchanged": ["z", "x"],
    "gammas": [0.1, 0.4, 0.2],
    "randomised": 2,
    "planted": 2,
    "exhibits": 1,
}


class Reshaped(nn.Module):
    """A front end without any product: samples become cells."""

    settings = SimpleNamespace(rate=8000)

    def forward(self, waveforms):
        return waveforms.unflatten(1, (MELS, FRAMES))


def counted(work) -> int:
    """Operations of the matrix products and convolutions that are seen."""

    def added(total, one, other, **options):
        return 2 * one[0] * one[1] * one[2] * other[2]

    in_place = {torch.ops.aten.baddbmm_: added}  # which torch leaves out
    counter = FlopCounterMode(display=False, custom_mapping=in_place)
    with counter:
        work()
    return counter.get_total_flops()


def stage(name: str, **changes) -> Work:
    """What the stage says of an instance of the small network."""
    config = {"networks": {"n": NETWORK}}
    run = SimpleNamespace(config=config, rates=RATES, classes=lambda corpus: len(CLASSES))
    run.smallest_class = lambda corpus, split: PER_CLASS
    run.clips = lambda corpus, split=None: CLIPS if split else 2 * CLIPS
    run.clip_bytes = lambda corpus: 96
    return relevance.STAGES[name](run, [SimpleNamespace(entry={**ENTRY, **changes})])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path, rng = tmp_path_factory.mktemp("corpora") / "c", np.random.default_rng(1)
    with CorpusWriter(path, CLASSES, 8000, MELS * FRAMES) as writer:
        for number in range(2 * CLIPS):
            split = ("train", "test")[number % 2]
            sound = rng.uniform(-0.9, 0.9, MELS * FRAMES)
            writer.add(f"clip{number}", sound, CLASSES[number // 2 % 3], split)
    return Corpus(path)


@pytest.fixture(scope="module")
def subject(corpus):
    torch.manual_seed(0)
    network = GenreCNN(3, MELS, FRAMES, (4, 8, 8), (6,), 0.0).eval()
    bundle = Bundle(network, Reshaped(), {"classes": list(CLASSES)})
    return explaining.subject(bundle, corpus, COMPOSITE)


@pytest.fixture(autouse=True)
def nothing_beside(monkeypatch):
    """Checks of logits and polar decompositions are not counted."""
    monkeypatch.setattr(explaining, "_check_logits", lambda explained, inputs: None)
    monkeypatch.setattr(subspaces, "polar", lambda matrices: matrices)


@pytest.fixture(scope="module")
def choices():
    ascent = subspaces.Ascent(**ENTRY["ascent"])
    return Choices(**ENTRY["vectors"], components=(2, 8, 4), random=3, ascent=ascent, compared=(4,))


@pytest.fixture
def fitted(tmp_path, subject, corpus, choices):
    vectors = collect(subject, corpus, choices, SEED)
    found = dict(fit_all(vectors, list(CLASSES), choices, SEED, "trained"))
    fitting.write(tmp_path / "fitted", found, {})
    return Fitted(tmp_path / "fitted")


def chosen(corpus, per_class):
    return corpus, explaining.chosen_clips(corpus, "test", per_class, SEED)


def keys_that_are_flipped(fitted, shown=4):
    every = fitted.keys(copy="trained")
    return [key for key in every if key.components == shown or key.method == "drsa"]


# --- what is done, counted


def test_fitting(subject, corpus, choices):
    def fit(copy):
        vectors = collect(subject, corpus, choices, SEED)
        return dict(fit_all(vectors, list(CLASSES), choices, SEED, copy))

    bases = {**fit("trained"), **fit("untrained")}
    work = stage("fit_subspaces")
    assert work.flops == counted(lambda: (fit("trained"), fit("untrained")))
    assert work.kept == 4 * sum(b.bases.numel() + b.curves.numel() for b in bases.values())
    pairs = [(key.layer, key.components) for key in bases if key[:2] == ("trained", "drsa")]
    assert len(pairs) == 8 and ("conv1", 8) not in pairs
    assert work.basis.startswith("84 steps at most") and work.holds_gpu
    device = work.flops / RATES["ast_listening_flops_per_s"]
    assert work.starting == pytest.approx(84 * RATES["gpu_step_s"] - device)


def test_explaining(subject, corpus, fitted):
    drsa, clips = fitted.keys(copy="trained", method="drsa"), chosen(corpus, 4)
    (key,) = fitted.keys(copy="trained", method="drsa", layer="conv2", components=4)

    def explain():
        conservation_table(subject, COMPOSITE, *clips)
        sum_table(subject, *clips, fitted, drsa)
        histogram_table(subject, *clips, fitted, key)

    work = stage("explain_clips")
    assert work.flops == pytest.approx(counted(explain), rel=0.01)
    assert work.flops < counted(explain)  # a batch's denominators of the first layer
    assert work.basis == f"{12 * (4 + 3 * 2 + 2 * 8 + 3 * 4):,} heatmaps"


def test_flipping(subject, corpus, fitted):
    keys, clips = keys_that_are_flipped(fitted), chosen(corpus, 3)
    work = stage("flip_patches")
    seen = counted(lambda: area_table(subject, *clips, fitted, keys, 8))
    assert work.flops == pytest.approx(seen, rel=0.01)
    table = area_table(subject, *clips, fitted, keys, 8)
    assert work.basis == f"{len(table):,} curves of patches flipped"


def test_exchanging(subject, corpus, fitted):
    (key,) = fitted.keys(copy="trained", method="drsa", layer="conv2", components=4)
    seen = counted(lambda: exchange_table(subject, *chosen(corpus, 3), fitted, key, ["z", "x"], 8))
    work = stage("exchange_subspaces")
    assert work.flops == pytest.approx(seen, rel=0.02)
    assert work.basis == "18 curves of patches flipped"
    assert stage("exchange_subspaces", exchanged=None).flops == 0


def test_comparing_gammas(subject, corpus):
    gammas = ENTRY["gammas"]
    seen = counted(lambda: gamma_table(subject, *chosen(corpus, 3), gammas, 8, SEED))
    work = stage("compare_gammas")
    assert work.flops == pytest.approx(seen, rel=0.02)
    assert work.basis == "63 curves of patches flipped"
    assert stage("compare_gammas", composite="tones").flops == work.flops
    assert stage("compare_gammas", gammas=None).flops == 0


def test_randomising(subject, corpus):
    seen = counted(lambda: sensitivity_table(subject, COMPOSITE, "auto", *chosen(corpus, 2), SEED))
    work = stage("randomise_weights")
    assert work.flops == pytest.approx(seen, rel=0.02)
    assert work.basis == "36 heatmaps"


def test_exhibits(subject, corpus, fitted):
    (key,) = fitted.keys(copy="trained", method="drsa", layer="conv2", components=4)

    def show():
        for batch in explaining.batches(subject, *chosen(corpus, 1)):
            subject.bundle.network(batch.inputs)
            standard_heatmaps(subject, batch)
            list(decompose(subject, batch, fitted, [key]))

    work = stage("render_exhibits")
    assert work.flops == pytest.approx(counted(show), rel=0.02)
    assert work.kept == 3 * (1 + 1 + 4) * 96 and work.basis == "3 clips"


def test_planting(monkeypatch):
    sizes = list(product(planting.WIDTHS, range(2)))
    drawn = counted(lambda: [planted_pairs(w, 4, 2000, generator(0, draw)) for w, draw in sizes])
    monkeypatch.setattr(planting, "principal_cosines", lambda *given: np.zeros(1))
    shorter = replace(planting.ASCENT, step=1e-6, steps=4, tolerance=0)
    assert relevance.ASCENT is planting.ASCENT and shorter.starts > 1
    for module in (planting, relevance):
        monkeypatch.setattr(module, "ASCENT", shorter)
    work = stage("plant_subspaces")
    assert work.flops == counted(lambda: planting.planted_table(2, SEED)) - drawn
    assert not work.holds_gpu and work.basis == "2 times 4 known subspaces"


def test_classifying(subject, corpus):
    inputs = torch.zeros(1, MELS, FRAMES)
    forward = counted(lambda: subject.bundle.network(inputs))
    assert stage("classify_clips").flops == CLIPS * forward
    assert stage("classify_clips", explained="other").flops == 2 * CLIPS * forward
    assert stage("classify_clips").basis == "15 clips"


@pytest.mark.parametrize("composite", [COMPOSITE, "tones", {"conv": "zero", "dense": "zero"}])
def test_passes_through_a_chain(corpus, composite):
    config = {"networks": {"n": NETWORK}}
    run = SimpleNamespace(config=config, classes=lambda name: 3)
    chain = passes(run, {**ENTRY, "composite": composite})
    cells = MELS * FRAMES
    layers = {
        "conv1": 2 * 9 * 1 * 4 * cells,
        "conv2": 2 * 9 * 4 * 8 * cells // 4,
        "conv3": 2 * 9 * 8 * 8 * cells // 16,
        "dense1": 2 * 8 * (cells // 64) * 6,
        "dense2": 2 * 6 * 3,
    }
    gammas = () if composite == {"conv": "zero", "dense": "zero"} else ("conv2", "conv3")
    widths = {"conv1": 4, "conv2": 8, "conv3": 8}
    positions = {"conv1": cells, "conv2": cells // 4, "conv3": cells // 16}
    assert chain == Passes(layers, widths, positions, gammas, (MELS, FRAMES))
    forward = sum(layers.values())
    assert chain.forward == forward
    assert chain.explained == forward + sum(layers[name] for name in gammas)
    for patch, patches in ((8, 6), (4, 24), (2, 96)):
        steps = next(t for t in range(99) if t**2 >= patches) + 1
        assert chain.flipped(patch) == steps * forward == (isqrt(patches - 1) + 2) * forward


# --- the paper scale


@pytest.fixture(scope="module")
def paper():
    return print_costs.configured(ROOT / "workflow/scales/paper.yaml")


@pytest.fixture
def config(paper):
    return copy.deepcopy(print_costs.alone(paper, "relevance"))


def forward_by_hand() -> int:
    total, before, side = 0, 1, 128
    for width in (32, 32, 64, 64, 128):
        total += 2 * 9 * before * width * side**2
        before, side = width, side // 2
    return total + 2 * (128 * 4 * 4 * 128 + 128 * 128 + 128 * 10)


def work(config, rule: str) -> Work:
    run = Run(config, {rule: 1}, RATES)
    return relevance.STAGES[rule](run, run.instances)


def test_the_papers_network_and_curves(config):
    run = Run(config, {}, RATES)
    forward, entry = forward_by_hand(), config["relevance"]["gtzan"]
    chain = passes(run, entry)
    assert chain.forward == forward == run.size("thesis_genre_cnn", 3.0).flops
    assert chain.flipped(16) == 9 * forward
    # at four components all methods at five layers; at two and eight DRSA alone
    assert work(config, "flip_patches").basis.startswith(f"{1000 * (4 + 5 * 6 + 5 * 2):,} curves")
    assert work(config, "exchange_subspaces").basis.startswith(f"{1000 * 11:,} curves")
    assert work(config, "compare_gammas").basis.startswith(f"{1000 * 13:,} curves")
    assert work(config, "classify_clips").flops == 2000 * forward
    assert work(config, "randomise_weights").basis == "450 heatmaps"
    assert work(config, "fit_subspaces").basis.startswith(
        f"{5 * (3 + 1 + 1) * 1000:,} steps at most"
    )


def test_folds_by_hand(config):
    found, forward = work(config, "cross_validate"), forward_by_hand()
    assert found.basis == "10 networks trained, each on a copy of its corpus"
    assert found.training_flops == 10 * 60 * (3 * 8000 + 1000) * forward
    assert found.flops == 10 * 1000 * forward and found.holds_gpu
    device = 60 * (3 * 8000 + 1000) * forward / 2.85e14
    steps = 60 * 8000 / 16
    assert found.starting == pytest.approx(10 * (steps * RATES["gpu_step_s"] - device))
    assert found.unaided == pytest.approx(10 * 60 * 8000 * 0.3 * RATES["augmented_clip_s"])
    per_job = 8000 * 0.3 * RATES["front_end_clip_s"] + 10_000 * 0.3 * RATES["corpus_clip_s"]
    assert found.cores == pytest.approx(10 * per_job)
    parameters = Run(config, {}, RATES).size("thesis_genre_cnn", 3.0).parameters
    assert found.kept == 10_000 * 2 * 48_000 + 28 * parameters
    config["relevance"]["gtzan"]["folds"] = {"number": 5, "by": ["group"]}
    fewer = work(config, "cross_validate")
    assert fewer.training_flops == 5 * 60 * (3 * 6000 + 2000) * forward
    assert fewer.kept == found.kept and fewer.basis.startswith("5 networks")
    config["relevance"]["gtzan"]["folds"] = None
    assert work(config, "cross_validate").training_flops == 0


@pytest.mark.parametrize("change", [{"augmentation": []}, {"training": {"cache": True}}])
def test_what_is_not_augmented_anew_is_heard_once(config, change):
    network = config["networks"]["thesis_genre_cnn"]
    for key, value in change.items():
        network[key] = {**network[key], **value} if isinstance(value, dict) else value
    found = work(config, "cross_validate")
    assert found.unaided == 0 and found.starting > 0


def test_a_draw_gives_no_more_clips_than_there_are(config):
    entry = config["relevance"]["gtzan"]
    few = work(config, "explain_clips").flops
    entry["clips"] = 1000
    many = work(config, "explain_clips").flops
    entry["clips"] = 200
    assert work(config, "explain_clips").flops == many == 2 * few


def test_slices_are_clips(config):
    run = Run(config, {}, RATES)
    assert run.clips("gtzan_slices") == 10_000 and run.clips("gtzan_slices", "train") == 7000
    assert run.smallest_class("gtzan_slices", "test") == 200
    assert run.clip_bytes("gtzan_slices") == 96_000 and run.clip_bytes("gtzan") == 450_000
    config["corpora"]["gtzan_slices"]["per_class"] = 70
    assert run.clips("gtzan_slices") == 700
    del config["corpora"]["gtzan_slices"]["rate"]
    assert run.clip_bytes("gtzan_slices") == 2 * 3 * 22050


def test_a_larger_network_does_not_wait_for_its_kernels(config):
    config["networks"]["thesis_genre_cnn"]["arguments"]["filters"] = [2048] * 5
    assert Run(config, {}, RATES).size("thesis_genre_cnn", 3.0).flops > 3e11
    assert work(config, "cross_validate").starting == 0


def test_what_cannot_be_counted_is_not_known(config):
    for network in ({"module": "a:B"}, {"published": "vggish"}):
        config["networks"]["thesis_genre_cnn"] = network
        with pytest.raises(NotKnown, match="thesis_genre_cnn: relevance is counted through chains"):
            work(config, "randomise_weights")
    with pytest.raises(NotKnown, match="parts are kept of sound that is made here"):
        work(config, "localise_relevance")


def test_networks_that_are_no_chains_are_not_known(paper):
    config = copy.deepcopy(paper)
    config["relevance"]["gtzan"]["network"] = "thesis_ast"
    with pytest.raises(NotKnown, match="network thesis_ast: relevance is counted through chains a"):
        passes(Run(config, {}, RATES), config["relevance"]["gtzan"])
    entry = {**paper["relevance"]["gtzan"], "engine": "zennit"}
    with pytest.raises(NotKnown, match="through chains trained here alone"):
        passes(Run(paper, {}, RATES), entry)


def test_every_stage_is_priced_at_the_paper_scale(config):
    rules = [name for name in relevance.STAGES if name != "localise_relevance"]
    rows = costs(config, dict.fromkeys(rules, 1), RATES)
    assert [row.stage for row in rows] == rules and all(row.known for row in rows)
    assert "0 times 4 known subspaces" in [row.basis for row in rows]
