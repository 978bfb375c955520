"""Costs: every stage is priced, sums agree, and the numbers are those of the plain formula."""

import copy
import re
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

import costs as costs_package
import numpy as np
import print_costs
import pytest
import yaml
from costs import hierarchy, shared, steering
from costs.run import Run
from costs.size import size_of
from costs.stages import stages_of, work_of
from costs.table import Cost, costs, job_counts, markdown, read_rates, total
from costs.work import NotKnown, Work

from tonotopy.instances import running
from tonotopy.studies import STUDIES
from tonotopy.studies.steering.plans import PLANS

ROOT = Path(__file__).parents[3]
THROUGHPUTS = ROOT / "benchmarks/throughputs.yaml"
RATES = read_rates(THROUGHPUTS)
OWN = {
    "hierarchy": ("probe_layers", "probe_controls", "summarise_layers"),
    "steering": ("capture_activations", "predict", "fit_probes", "steer", "read_effects"),
    "relevance": ("fit_subspaces", "explain_clips", "flip_patches", "cross_validate"),
    "sonification": ("transfer_network", "hear_maps", "sonify_clips", "picture_maps"),
    "similarity": ("compare_maps", "probe_features", "render_matches"),
    "partials": ("measure_filters", "sweep_tones", "read_codes", "render_excitations"),
}


@pytest.fixture(scope="module")
def paper():
    return print_costs.configured(ROOT / "workflow/scales/paper.yaml")


@pytest.fixture
def config(paper):
    return copy.deepcopy(paper)


@pytest.fixture(scope="module")
def jobs(paper):
    """Of the paper scale, as Snakemake plans it."""
    return print_costs.jobs_of(paper)


@pytest.fixture(scope="module")
def rows(paper, jobs):
    return {row.stage: row for row in costs(paper, jobs, RATES)}


def rules_text() -> str:
    return "\n".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))


def work(config, rule, jobs=1) -> Work:
    return work_of(rule, Run(config, {rule: jobs}, RATES))


def test_every_rule_of_the_paper_scale_is_priced(jobs, rows):
    assert set(rows) == set(jobs) and len(rows) > 15
    assert {name: row.jobs for name, row in rows.items()} == jobs
    for row in rows.values():
        assert row.known, row.basis
        assert row.core_hours >= row.jobs * RATES["job_s"] / 3600 > 0, row.stage
        assert row.core_hours_alone >= row.core_hours - 1e-9 and row.basis
    holding = {name for name, row in rows.items() if row.gpu_hours}
    asking = re.findall(
        r"^rule (\w+):(?:(?!^rule).)*?gpu=", rules_text(), flags=re.MULTILINE | re.DOTALL
    )
    assert holding == set(asking) & set(jobs)


def test_every_priced_stage_is_a_rule():
    rules = set(re.findall(r"^rule (\w+):", rules_text(), flags=re.MULTILINE))
    assert set(shared.STAGES) <= rules
    for study in STUDIES:
        assert set(stages_of(study)) <= rules, study


def test_a_study_module_has_its_own_rules_and_those_of_networks():
    """A rule of corpora or the report is everybody's; a study's file of rules is its own."""
    networks = (ROOT / "workflow/rules/networks.smk").read_text()
    for study in OWN:
        text = networks + (ROOT / f"workflow/rules/{study}.smk").read_text()
        priced = set(stages_of(study))
        assert priced and priced <= set(re.findall(r"^rule (\w+):", text, flags=re.MULTILINE))
        assert not priced & set(shared.STAGES)


# What the paper scale is made of: bytes on the disk, and what is counted
PAPER = {
    "build_corpus": (423_181_211_982, "2,244,936 clips, 5690 h of sound"),
    "untrained_network": (
        1_642_508_516,
        "310 M weights; 86.2 M weights; 0.419 M weights; 14 M weights",
    ),
    "probe_controls": (0, "8,410 clips through two networks that are known"),
    "probe_layers": (25_598_361_600, "660 layers, 437 GB of vectors in passing"),
    "summarise_layers": (0, "256 curves, 10,000 resamples"),
    "train_network": (
        4_913_074_292,
        "25 epochs of 28,431 clips, 242 GFLOP a forward pass; "
        "60 epochs of 7,000 clips, 0.152 GFLOP a forward pass; "
        "3 times 50 epochs of 1,578,921 clips, 8.36 GFLOP a forward pass; "
        "3 times 50 epochs of 1,578,921 clips, 8.17 GFLOP a forward pass; "
        "200 epochs of 39,190 clips, 2.15 GFLOP a forward pass; "
        "5 epochs of 1,437 clips, 2.15 GFLOP a forward pass; "
        "100 epochs of 6,400 clips, 3.46 GFLOP a forward pass",
    ),
    "capture_activations": (3_742_801_920, "101,530 clips, trained and untrained"),
    "predict": (0, "8,108 clips"),
    "fit_probes": (0, "15,840 binary probes"),
    "steer": (113_889_280, "1,699,840 steered forward passes"),
    "read_effects": (0, "13,862,240 probabilities, 10,000 resamples"),
    "adopt_network": (1_197_824, "0.299 M weights"),
    "compare_maps": (91_852_800, "448 maps beside 8 features, 14,163 forward passes"),
    "probe_features": (0, "160 probes"),
    "sweep_tones": (0, "16,605 sounds and clips of natural sound"),
    "read_codes": (34_091_200, "8,522,800 codes of frames"),
    "render_excitations": (3_141_500, "90 tracks"),
}


def test_the_paper_scale_is_what_it_was(rows):
    assert {name: (rows[name].kept, rows[name].basis) for name in PAPER} == PAPER


def test_the_sum_is_the_sum_and_the_table_says_it(rows):
    whole = total(list(rows.values()))
    assert whole.gpu_hours == pytest.approx(sum(row.gpu_hours for row in rows.values()))
    assert whole.fetched == sum(row.fetched for row in rows.values()) > 130e9
    assert whole.kept > whole.fetched and whole.core_hours_alone > 100 * whole.core_hours
    assert whole.basis == "" and whole.known
    header, _, *lines = markdown(rows.values()).splitlines()
    assert "| GPU h (computed) | core h |" in header and len(lines) == len(rows) + 1
    assert {line.count("|") for line in (header, *lines)} == {9}
    assert f"| {whole.jobs} | {whole.gpu_hours:.1f} |" in lines[-1]


@pytest.mark.parametrize("study", OWN)
def test_a_study_costs_the_same_alone_and_beside_the_others(config, jobs, rows, study):
    alone = print_costs.alone(config, study)
    assert {one.study.name for one in running(alone)} == {study}
    found = costs(alone, {name: jobs[name] for name in OWN[study]}, RATES)
    assert found == [rows[name] for name in OWN[study]]


def test_a_rule_of_several_studies_is_the_sum_of_their_parts(config):
    whole = work(config, "untrained_network")
    having = [study for study in OWN if "untrained_network" in stages_of(study)]
    parts = [work(print_costs.alone(config, study), "untrained_network") for study in having]
    assert len({part.kept for part in parts}) == len(parts) == 4
    assert min(part.kept for part in parts) > 0
    assert whole == reduce(add, parts)
    assert whole.basis == "310 M weights; 86.2 M weights; 0.419 M weights; 14 M weights"


def test_works_are_added_field_by_field():
    one = Work("a", 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, False, 7, 8, 9.0)
    other = Work("b", 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, True, 70, 80, 90.0)
    assert one + other == Work("a; b", 11.0, 22.0, 33.0, 44.0, 55.0, 66.0, True, 77, 88, 99.0)
    assert not (one + one).holds_gpu and (other + one).holds_gpu


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
    alone = print_costs.alone(config, "steering")
    (trained,) = costs(alone, {"train_network": 1}, RATES)
    flops = Run(config, {}, RATES).size("thesis_ast", 10.0).flops
    learned, judged = round(41_811 * 0.85 * 0.8), round(41_811 * 0.85 * 0.1)
    device = 25 * (3 * learned + judged) * flops / 2.85e14
    host = learned * RATES["front_end_clip_s"] + RATES["job_s"]
    assert trained.gpu_hours == pytest.approx((device + host) / 3600, rel=1e-3)
    augmented = 25 * learned * RATES["augmented_clip_s"]
    processor = 25 * (3 * learned + judged) * flops / RATES["core_flops_per_s"]
    assert trained.core_hours_alone == pytest.approx(
        (processor + host + augmented) / 3600, rel=1e-3
    )
    test, strengths = judged + 1, 20
    passes = 8 * strengths * (test + 1000) + 12 * 3 * strengths * 1000
    controls = config["steering"]["thesis"]["clips"]["controls"]
    # null vectors of both corpora, at two strengths
    passes += 2 * controls * (200 + 21 * 8 + 100 + 20 * 8)
    told = int(re.match(r"[\d,]+", rows["steer"].basis).group().replace(",", ""))
    assert abs(told - passes) <= 8 * strengths * 2


def test_sweeps_have_as_many_directions_as_are_steered(config):
    entry = config["steering"]["thesis"]
    sizes = steering.sweep_sizes(Run(config, {}, RATES), entry)
    concepts = ["clarinet", "guitar", "singing", "flute", "piano", "saxophone", "trumpet", "violin"]
    by_layer = {f"layer{number}": np.zeros((2, 8, 4)) for number in range(1, 13)}
    vectors = dict.fromkeys(("trained", "untrained"), by_layer)
    draws = entry["probes"]["null_seeds"]
    for kind, shape in {"shuffled": (draws, 8, 4), "correlated": (100, 1, 4)}.items():
        vectors[kind] = {layer: np.zeros(shape) for layer in by_layer}
    chosen = sorted(pair["concept"] for pair in entry["pairs"])
    for sweep, (_, directions, _) in sizes.items():
        plans = PLANS[sweep](vectors, concepts, chosen, 0)
        assert sum(len(plan.names) for plan in plans) == directions, sweep


def test_hours_by_hand(monkeypatch, config):
    """Flops, bytes and seconds that all differ, for jobs with and without a GPU."""
    numbers = {"flops": 3e15, "training_flops": 5e16, "cores": 700.0, "waiting": 90.0}
    numbers |= {"unaided": 40.0, "starting": 11.0, "slower": 17.0}
    for holds_gpu in (True, False):
        done = Work("by hand", **numbers, holds_gpu=holds_gpu, fetched=11, kept=13)
        monkeypatch.setitem(shared.STAGES, "check_names", lambda run, instances, w=done: w)
        (row,) = costs(config, {"check_names": 4}, RATES)
        host = 700.0 + 4 * RATES["job_s"]
        device = 3e15 / 1.02e14 + 5e16 / 2.85e14 + 11.0 + 17.0
        alone = host + 40.0 + 5.3e16 / RATES["core_flops_per_s"]
        hours = (device + host + 90, device + host, alone) if holds_gpu else (0, alone, alone)
        found = row.gpu_hours, row.core_hours, row.core_hours_alone
        assert found == pytest.approx([value / 3600 for value in hours])
        assert (row.jobs, row.fetched, row.kept, row.basis) == (4, 11, 13, "by hand")


def test_every_rate_is_used_and_says_where_it_comes_from():
    kinds = yaml.safe_load(THROUGHPUTS.read_text())
    assert set(kinds) == {"measured", "measured_gpu", "assumed"}
    for kind in kinds.values():
        for name, entry in kind.items():
            assert entry["value"] > 0 and len(entry["how"]) > 10, name
    text = "".join(path.read_text() for path in (ROOT / "benchmarks/costs").glob("*.py"))
    assert set(re.findall(r'rates\["(\w+)"\]', text)) == set(RATES)
    measured = (ROOT / "benchmarks/measure_rates.py").read_text()
    for name in kinds["measured"]:
        assert f'"{name}"' in measured or name.startswith("layer_"), name
    on_a_gpu = (ROOT / "benchmarks/measure_gpu.py").read_text()
    for name in kinds["measured_gpu"]:
        assert f'"{name}"' in on_a_gpu, name


def test_cnn12_is_computed_at_its_own_rate(config, rows):
    for architecture, training, listening in (
        ("cnn12", 1.2e14, 5.58e13),
        ("ast", 2.85e14, 1.02e14),
    ):
        found = shared.gpu_seconds(RATES, 3e15, 5e16, architecture)
        assert found == pytest.approx(3e15 / listening + 5e16 / training)
    run = Run(config, {}, RATES)
    entries = config["networks"]
    name = next(n for n in run.networks if entries[n].get("architecture") == "cnn12")
    trained = shared.training(run, name, 1000, 100)
    flops = trained.training_flops
    assert trained.slower == pytest.approx(flops / 1.2e14 - flops / 2.85e14)
    assert shared.training(run, "thesis_ast", 1000, 100).slower == 0
    sonified, taught = work(config, "sonify_clips"), work(config, "transfer_network")
    assert sonified.slower == pytest.approx(sonified.flops * (1 / 5.58e13 - 1 / 1.02e14))
    assert taught.slower == pytest.approx(taught.training_flops * (1 / 1.2e14 - 1 / 2.85e14))
    device = taught.training_flops / 1.2e14 + taught.starting
    host = rows["transfer_network"].jobs * RATES["job_s"] + taught.cores
    assert rows["transfer_network"].gpu_hours == pytest.approx((device + host) / 3600)


def test_a_study_without_a_module_has_lines_that_are_not_known(monkeypatch, config, jobs, rows):
    entry = config["hierarchy"]["thesis_layers"]
    monkeypatch.setitem(STUDIES, "whales", replace(STUDIES["hierarchy"], name="whales"))
    config |= {"run": [*config["run"], "whales/blue"], "whales": {"blue": entry}}
    assert stages_of("whales") == {}
    found = costs(config, {"sing": 3, "dive": 2, **jobs}, RATES)
    for row, name, count in zip(found, ("sing", "dive"), (3, 2), strict=False):
        reason = "not known: no stage in benchmarks/costs"
        assert row == Cost(name, count, basis=reason, known=False)
    assert found[2:] == list(rows.values())  # what others cost stays as it was
    lines = markdown(found).splitlines()
    assert lines[2] == "| sing | 3 | ? | ? | ? | ? | ? | not known: no stage in benchmarks/costs |"
    whole, priced = total(found), total(list(rows.values()))
    assert whole == replace(priced, jobs=priced.jobs + 5, basis="without sing, dive")
    assert lines[-1].endswith("| without sing, dive |")


def test_a_module_counts_only_where_its_study_runs(config):
    layers = print_costs.alone(config, "hierarchy")
    with pytest.raises(NotKnown, match="no stage in benchmarks/costs"):
        work(layers, "steer")


def test_a_new_module_is_found_by_the_name_of_its_study(monkeypatch, config, tmp_path):
    (tmp_path / "birds.py").write_text(
        "from costs.work import Work\n"
        "def sing(run, instances):\n"
        "    return Work(' '.join(one.name for one in instances), cores=3600.0)\n"
        "STAGES = {'sing': sing}\n"
    )
    monkeypatch.setattr(costs_package, "__path__", [*costs_package.__path__, str(tmp_path)])
    monkeypatch.setitem(STUDIES, "birds", replace(STUDIES["hierarchy"], name="birds"))
    config["birds"] = dict.fromkeys(("wren", "lark"), config["hierarchy"]["thesis_layers"])
    config["run"] = ["birds/lark", *config["run"], "birds/wren"]
    assert work(config, "sing") == Work("lark wren", cores=3600.0)


def steered(config, network: dict, **changes) -> dict:
    """Return the configuration with one steering instance of another network."""
    config["networks"]["other"] = network
    entry = {**config["steering"]["thesis"], "network": "other", "classes": "gtzanlike", **changes}
    return {**config, "run": ["steering/other"], "steering": {"other": entry}}


def test_a_published_network_is_steered_without_being_trained(config):
    thesis = Run(print_costs.alone(config, "steering"), {}, RATES)
    outputs = {"classical": 1, "jazz": 2, "metal": 5}
    for changes, count in (({"outputs": outputs}, 3), ({}, 527)):
        chosen = steered(config, {"published": "ast_audioset"}, **changes)
        run = Run(chosen, {}, RATES)
        assert run.networks == ["other"] and run.outputs("other") == 527
        flops, passes = run.size("other", 10.0).flops, 1_699_840
        assert flops != thesis.size("thesis_ast", 10.0).flops
        sweeps = work(chosen, "steer")
        assert sweeps.flops == flops * passes and sweeps.holds_gpu
        assert sweeps.cores == pytest.approx(passes * count * RATES["sweep_row_s"])
        assert work(chosen, "predict").flops == flops * 8108
    assert work(chosen, "train_network") == Work("", holds_gpu=True)
    assert work(chosen, "publish_network").kept == 4 * run.size("other", 5.0).parameters
    # probes are fitted for the classes that are steered, ten genres
    assert work(chosen, "fit_probes").basis == work(config, "fit_probes").basis


def test_a_module_of_ones_own_is_not_known(config, jobs):
    network = {"module": "mine:Net", "stages": {"a": "a"}, "front_end": {}, "classes": ["x", "y"]}
    chosen = steered(config, network)
    found = {row.stage: row for row in costs(chosen, {**jobs, "adopt_network": 1}, RATES)}
    needing = {*OWN["steering"], "untrained_network"}
    for name in needing:
        assert not found[name].known and found[name].jobs == jobs[name]
        assert found[name].basis == "not known: network other: the size of a module of your own"
    assert found["adopt_network"].basis == found["untrained_network"].basis
    assert found["build_corpus"].known and found["build_corpus"].core_hours > 0.4
    assert Run(chosen, {}, RATES).outputs("other") == 2


def test_activations_that_instances_share_are_captured_once(config):
    one = work(print_costs.alone(config, "steering"), "capture_activations")
    config["steering"]["again"] = {**config["steering"]["thesis"], "sweeps": ["test"]}
    config["steering"]["tokens"] = {**config["steering"]["thesis"], "read": "tokens"}
    twice = {**config, "run": ["steering/thesis", "steering/again"]}
    assert work(twice, "capture_activations") == one
    other = {**config, "run": ["steering/thesis", "steering/tokens"]}
    assert work(other, "capture_activations").flops == 2 * one.flops
    assert work(other, "steer").flops == 2 * work(config, "steer").flops


def test_every_trained_network_is_counted_once(config):
    one = work(print_costs.alone(config, "steering"), "train_network")
    changed = copy.deepcopy(config["networks"]["thesis_ast"])
    changed["training"]["epochs"] = 50
    config["networks"]["longer"] = changed
    config["steering"]["longer"] = {**config["steering"]["thesis"], "network": "longer"}
    config["steering"]["again"] = config["steering"]["thesis"]
    config["run"] = ["steering/thesis", "steering/again", "steering/longer"]
    both = work(config, "train_network")
    assert both.training_flops == 3 * one.training_flops and both.kept == 2 * one.kept
    assert both.basis == f"{one.basis}; {one.basis.replace('25 epochs', '50 epochs')}"


def test_what_is_made_here_is_not_known():
    mini = yaml.safe_load((ROOT / "config.yaml").read_text())
    (row,) = costs(mini, {"build_corpus": 18}, RATES)
    assert not row.known
    assert re.match(r"not known: corpus \w+: costs are known for recordings alone$", row.basis)
    (row,) = costs(mini, {"check_names": 1}, RATES)
    assert row.known and row.core_hours == RATES["job_s"] / 3600


def test_a_corpus_of_unpublished_size_is_not_known(config):
    run = Run(config, {}, RATES)
    unpublished = replace(run._public("gtzan"), clips=None)
    run._public = lambda name: unpublished
    with pytest.raises(NotKnown, match="corpus gtzan: nobody has published how many clips"):
        run.clips("gtzan")


def test_audioset_clips_are_ten_seconds_long_unless_told(config):
    del config["corpora"]["gtzanlike"]["seconds"]
    config["corpora"]["medleysolosdblike"]["seconds"] = 4.0
    run = Run(config, {}, RATES)
    assert run.seconds("gtzanlike") == 10.0 and run.seconds("medleysolosdblike") == 4.0


def test_layers_that_are_cut_are_probed_for_neighbours_alone(config):
    run = Run(config, {}, RATES)
    entry = {"inverse_penalty": 10.0, "shuffles": 30}
    neighbours = 2 * RATES["layer_neighbours_s"]
    linear, shuffled = 2 * RATES["layer_linear_s"], 3 * RATES["layer_shuffled_s"]
    whole = hierarchy._probe_seconds(run, entry, cut=False)
    assert whole == pytest.approx(neighbours + linear + shuffled)
    assert hierarchy._probe_seconds(run, entry, cut=True) == neighbours
    entry["inverse_penalty"] = None
    assert hierarchy._probe_seconds(run, entry, cut=False) == pytest.approx(neighbours + shuffled)


def test_jobs_are_read_from_a_dry_run():
    assert job_counts("train_network   3\nall  1\ntotal  4\nother text") == {"train_network": 3}


def test_numbers_are_short_and_what_is_nearly_nothing_is_a_dash():
    row = Cost("a", 2, 0.0049, 0.0051, 1234.56, 12_340_000_000, 9_990_000_000, "b")
    assert markdown([row]).splitlines()[2] == "| a | 2 | - | 0.0051 | 1,234.6 | 12.3 | 10 | b |"
