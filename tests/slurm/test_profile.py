"""The SLURM profile against the rules, without SLURM."""

import re

import pytest
from asked import ROOT, options, partitions, resources

# rule -> its text
RULES = {
    match.group(1): match.group(0)
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for match in re.finditer(
        r"^rule (\w+):\n(?:(?:    .*)?\n)*", path.read_text(), flags=re.MULTILINE
    )
}


def having(pattern: str) -> set[str]:
    return {name for name, text in RULES.items() if re.search(pattern, text)}


def test_only_rules_are_named():
    threads = {entry.partition("=")[0] for entry in options()["set-threads"]}
    assert len(RULES) > 20 and set(resources()) | threads <= set(RULES)


def test_every_rule_with_a_gpu_asks_for_it_and_for_its_partition():
    asking = {name for name, asked in resources().items() if "gpu" in asked}
    assert asking == having(r"\n        gpu=")
    for name in asking:
        assert resources()[name]["gpu"] == "1"
        assert resources()[name]["slurm_partition"] == partitions()[1]


def test_every_rule_with_threads_has_its_number():
    # half_of_the_cores stops snakemake where there is no number of cores
    assert {entry.partition("=")[0] for entry in options()["set-threads"]} == having("threads:")


def test_every_rule_has_partition_memory_and_time():
    default = {entry.partition("=")[0] for entry in options()["default-resources"]}
    assert {"slurm_partition", "mem_mb", "runtime"} <= default


def test_memory_grows_with_the_attempt_and_the_profile_has_attempts():
    memory = [asked["mem_mb"] for asked in resources().values() if "mem_mb" in asked]
    memory += [e.partition("=")[2] for e in options()["default-resources"] if "mem_mb" in e]
    assert len(memory) > 5 and int(options()["retries"]) > 0
    for expression in memory:
        assert eval(expression, {"attempt": 2}) == 2 * eval(expression, {"attempt": 1})
    assert not having("retries:")  # they would be made inside the memory of the first attempt


@pytest.mark.parametrize(
    "key", ["rerun-triggers", "rerun-incomplete", "show-failed-logs", "scheduler"]
)
def test_what_reruns_is_as_on_a_workstation(key):
    assert options()[key] == options(ROOT / "profiles/default/config.yaml")[key]


def test_an_account_is_passed_on_once_it_is_named(tmp_path):
    text = (ROOT / "profiles/slurm/config.yaml").read_text()
    assert not any("account" in entry for entry in options()["default-resources"])
    (tmp_path / "config.yaml").write_text(text.replace('account: ""', "account: mine"))
    assert "slurm_account=mine" in options(tmp_path / "config.yaml")["default-resources"]
