"""Costs: every stage is priced, sums agree, and the numbers are those of the plain formula."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from test_config import merged

from tonotopy.costs.run import Run
from tonotopy.costs.stages import STAGES, sweep_sizes
from tonotopy.costs.table import costs, job_counts, markdown, read_rates, total
from tonotopy.errors import InputError
from tonotopy.nested import run_snakemake
from tonotopy.networks.size import size_of
from tonotopy.studies.steering.plans import PLANS

ROOT = Path(__file__).parents[3]
THROUGHPUTS = ROOT / "benchmarks/throughputs.yaml"
RATES = read_rates(THROUGHPUTS)


@pytest.fixture(scope="module")
def config():
    default = yaml.safe_load((ROOT / "config.yaml").read_text())
    return merged(default, yaml.safe_load((ROOT / "workflow/scales/paper.yaml").read_text()))


@pytest.fixture(scope="module")
def jobs(config):
    """Of the paper scale, as Snakemake plans it."""
    return job_counts(run_snakemake(config, str(ROOT / "Snakefile"), "--directory", str(ROOT),
                                    "--dry-run", "--quiet", "all", "--forceall"))  # fmt: skip


@pytest.fixture(scope="module")
def rows(config, jobs):
    return {row.stage: row for row in costs(config, jobs, RATES)}


def test_every_rule_of_the_paper_scale_is_priced(jobs, rows):
    assert set(rows) == set(jobs) and len(rows) > 15
    assert {name: row.jobs for name, row in rows.items()} == jobs
    for row in rows.values():
        assert row.core_hours >= row.jobs * RATES["job_s"] / 3600 > 0, row.stage
        assert row.core_hours_alone >= row.core_hours - 1e-9 and row.basis
    holding = {name for name, row in rows.items() if row.gpu_hours}
    asking = re.findall(
        r"^rule (\w+):(?:(?!^rule).)*?gpu=", rules_text(), flags=re.MULTILINE | re.DOTALL
    )
    assert holding == set(asking) & set(jobs)


def rules_text() -> str:
    return "\n".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))


def test_every_priced_stage_is_a_rule():
    assert set(STAGES) <= set(re.findall(r"^rule (\w+):", rules_text(), flags=re.MULTILINE))


def test_the_sum_is_the_sum_and_the_table_says_it(rows):
    whole = total(list(rows.values()))
    assert whole.gpu_hours == pytest.approx(sum(row.gpu_hours for row in rows.values()))
    assert whole.fetched == sum(row.fetched for row in rows.values()) > 130e9
    assert whole.kept > whole.fetched and whole.core_hours_alone > 100 * whole.core_hours
    lines = markdown(rows.values()).splitlines()
    assert len(lines) == len(rows) + 3 and {line.count("|") for line in lines} == {9}
    assert f"| {whole.jobs} | {whole.gpu_hours:.1f} |" in lines[-1]


@pytest.mark.parametrize(("room", "stages"), [
    ("hierarchy", ("probe_layers", "probe_controls", "summarise_layers")),
    ("steering", ("train_network", "capture_activations", "predict", "fit_probes", "steer")),
])  # fmt: skip
def test_a_study_costs_the_same_alone_and_beside_the_other(config, jobs, rows, room, stages):
    running = {name: studies if name == room else [] for name, studies in config["run"].items()}
    alone = costs({**config, "run": running}, {name: jobs[name] for name in stages}, RATES)
    assert alone == [rows[name] for name in stages]


def test_the_networks_operations_are_those_of_the_formula():
    front_end = {"rate": 22500, "n_fft": 1024, "frames": 1024}
    found = size_of("ast", {}, front_end, seconds=10.0, classes=10)
    width, depth, patches = 768, 12, 12 * 101
    tokens = patches + 2
    linear = 2 * width**2 * np.array([3, 1, 8])  # query, key and value; projection; both of the MLP
    block = tokens * linear.sum() + 4 * tokens**2 * width
    # the last block answers for two tokens
    last = tokens * 4 * width**2 + 2 * (2 * width**2 + linear[1:].sum()) + 8 * tokens * width
    ends = 2 * patches * 256 * width + 2 * width * 10
    assert found.flops == (depth - 1) * block + last + ends
    assert found.dims == (width,) * depth and 86e6 < found.parameters < 87e6


def test_training_and_steering_by_hand(config, rows):
    run = Run(config, dict.fromkeys(STAGES, 1), RATES)
    flops = run.size("thesis_ast", 10.0).flops
    learned, judged = round(41_811 * 0.85 * 0.8), round(41_811 * 0.85 * 0.1)
    device = 25 * (3 * learned + judged) * flops / (312e12 * 0.35)
    host = learned * RATES["front_end_clip_s"] + RATES["job_s"]
    assert rows["train_network"].gpu_hours == pytest.approx((device + host) / 3600, rel=1e-3)
    test, strengths = judged + 1, 21
    passes = 8 * strengths * (test + 1000) + 12 * 3 * strengths * 1000 + 3 * 8 * 7 * 1000
    told = int(re.match(r"[\d,]+", rows["steer"].basis).group().replace(",", ""))
    assert abs(told - passes) <= 8 * strengths * 2


def test_sweeps_have_as_many_directions_as_are_steered(config):
    study = config["steering"]["thesis"]
    sizes = sweep_sizes(Run(config, {}, RATES), study)
    concepts = ["clarinet", "guitar", "singing", "flute", "piano", "saxophone", "trumpet", "violin"]
    layers = {f"layer{i}": np.zeros((2, 8, 4)) for i in range(12)}
    vectors = dict.fromkeys(("trained", "shuffled", "untrained"), layers)
    chosen = sorted(pair["concept"] for pair in study["pairs"])
    for sweep, (_, directions, _) in sizes.items():
        plans = PLANS[sweep](vectors, concepts, chosen, 0)
        assert sum(len(plan.names) for plan in plans) == directions, sweep


def test_every_rate_is_used_and_says_where_it_comes_from():
    told = yaml.safe_load(THROUGHPUTS.read_text())
    assert set(told) == {"measured", "assumed"}
    for kind in told.values():
        for name, entry in kind.items():
            assert entry["value"] > 0 and len(entry["how"]) > 10, name
    text = "".join(path.read_text() for path in (ROOT / "workflow/tonotopy/costs").glob("*.py"))
    assert set(re.findall(r'rates\["(\w+)"\]', text)) == set(RATES)
    measured = (ROOT / "benchmarks/measure_rates.py").read_text()
    for name in told["measured"]:
        assert f'"{name}"' in measured or name.startswith("layer_"), name


def test_what_cannot_be_priced_is_refused(config):
    with pytest.raises(InputError, match="no cost is known for sing"):
        costs(config, {"sing": 1}, RATES)
    mini = yaml.safe_load((ROOT / "config.yaml").read_text())
    with pytest.raises(InputError, match="corpus \\w+: costs are known for recordings alone"):
        costs(mini, {"build_corpus": 1}, RATES)
    assert job_counts("train_network   3\nall  1\ntotal  4\nother text") == {"train_network": 3}
