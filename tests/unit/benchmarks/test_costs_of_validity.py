"""Costs of study 7: passes counted by hand, in both worlds."""

from types import SimpleNamespace

import pytest
from configs import ROOT, changed, default_config
from costs import validity
from costs.run import Run
from costs.table import read_rates

RATES = read_rates(ROOT / "benchmarks/throughputs.yaml")


@pytest.fixture
def config():
    return default_config()


def stage(name, config, instance="counterfactual"):
    entry = config["validity"][instance]
    return validity.STAGES[name](Run(config, {}, RATES), [SimpleNamespace(entry=entry)])


def flops(config) -> float:
    return Run(config, {}, RATES).size("genre_ast", 3.0).flops


def test_twins_go_through_two_copies_and_patches_through_one(config):
    work = stage("intervene", config)
    passes = 2 * 150 * 8 + 30 * 8 * (8 + 2)  # eight blocks, all of them, the twin's own pass
    assert work.basis == f"{passes:,} forward passes of twins" and work.holds_gpu
    assert work.flops == pytest.approx(passes * flops(config))
    whole = stage("intervene", config, "world")
    values = 7 + 2 + 2 + 3 + 4 + 2
    passes += 2 * 30 * values + 30 * values * 10
    assert whole.basis == f"{passes:,} forward passes of twins"


def test_methods_are_counted_one_by_one(config):
    parts = {
        ("steering_probes",): 100 * 8 * 6,
        ("tcav",): 100 * 21,  # forwards, and ten gradients of twice a forward's operations
        ("random", "shuffled"): 2 * 20 * 13 * 8 * 2,
        ("attribution",): 80 * 21,
        ("deletion",): 2 * 80,
        ("patching",): 2 * 30 * 8,
        ("cosine", "mine:own"): 0,
    }
    for names, passes in parts.items():
        own = changed(config, "validity.counterfactual.methods", list(names))
        work = stage("run_methods", own)
        fits = ("shuffled" in names) * 13 * 8 * 8
        assert work.basis == f"{passes:,} forward passes, {fits:,} probes of shuffled labels"
        assert work.flops == pytest.approx(passes * flops(config))
        assert work.cores == pytest.approx(fits * RATES["binary_probe_s"])
    whole = stage("run_methods", config)
    expected = sum(parts.values()) + 100 * (3 * 8 * 6 + 21) + 20 * 13 * 8 * 2
    assert whole.flops == pytest.approx(expected * flops(config))
    without = changed(config, "validity.counterfactual.parts", None)
    assert stage("run_methods", without).flops == pytest.approx(
        (expected - 80 * 21 - 160) * flops(config)
    )


def test_marks(config):
    assert stage("mark_methods", config).basis == "14 methods, 1,000 resamples"
