"""The plan as text."""

from configs import default_config, merged

from tonotopy.planning import Storage, needs, report

STORAGE = [Storage("corpus a", 0, 2_000_000)]


def test_stages_come_with_their_time_by_earlier_runs_longest_first():
    jobs = {"draw_figure": 7, "steer": 2, "train_network": 3}
    lines = report(STORAGE, jobs, {"train_network": 100.0, "steer": 20.0}, {}, 10**9).splitlines()
    assert lines[0] == "12 jobs: 7 draw_figure, 2 steer, 3 train_network"
    assert lines[1] == "time by earlier runs, one job after the other"
    assert [line.split() for line in lines[2:5]] == [
        ["train_network,", "3", "jobs", "5", "min"],
        ["steer,", "2", "jobs", "40", "s"],
        ["in", "all", "6", "min"],
    ]
    assert lines[5] == "7 other jobs, not measured, take seconds each"


def test_a_first_run_says_that_its_time_is_not_known():
    told = report(STORAGE, {"steer": 2}, {"train_network": 100.0}, {}, 10**9)
    assert "how long it takes is not known: no earlier run at this scale left times" in told


def test_a_disk_that_is_too_small_is_told():
    assert "the disk is too small" in report(STORAGE, {}, {}, {}, 10**6)
    assert "the disk is too small" not in report(STORAGE, {}, {}, {}, 10**7)


def test_networks_that_are_fetched_by_name_are_told(tmp_path):
    """Those of a folder of one's own need nothing."""
    named = {"transformers": "some/model", "revision": "v1"}
    own = {"transformers": "some/model", "revision": "v1", "path": "models/own"}
    config = merged(default_config(), {"networks": {"hub": named, "local": own}})
    config["run"] = ["hierarchy/layers"]
    config["hierarchy"]["layers"]["networks"] = ["hub", "local"]
    lines = {item.what: item.note for item in needs(config, tmp_path)}
    assert lines["network hub"] == "some/model from the hub, its size is not known before"
    assert "network local" not in lines
