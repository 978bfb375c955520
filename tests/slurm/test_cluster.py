"""The SLURM profile on a cluster: what jobs ask for and get, lost jobs, interrupted runs."""

import signal
from collections import Counter
from itertools import pairwise

import pytest
from asked import TARGETS, partitions, resources
from cluster import rule_of, wait_for

CPU, GPU = partitions()
PATIENCE = 450  # s; what is waited for takes half a minute on a machine with nothing else to do
RESUME = ("workflow/resume.py",)
# the first attempt has less memory than Python and Snakemake take, the second has plenty
TIGHT = ("--set-resources", "build_corpus:mem_mb=200 * attempt ** 3")


@pytest.fixture(scope="module")
def interrupted(cluster, project):
    """The project, run to its end in four parts: after Ctrl-C, after SIGKILL, after SIGTERM, to the
    end."""
    states = []

    def interrupt(run, number):
        before = len(states)
        wait_for(lambda: trainings(cluster)[before:] == ["RUNNING"], "the training runs", PATIENCE)
        run.send_signal(number)
        assert run.wait(timeout=PATIENCE) != 0
        if number != signal.SIGKILL:
            wait_for(lambda: not cluster.active(), "no job waits or runs any more", 30)
        states.append(trainings(cluster))

    interrupt(project.start(*TIGHT), signal.SIGINT)
    interrupt(project.start(profile="--profile"), signal.SIGKILL)
    interrupt(project.start(profile="--profile", program=RESUME), signal.SIGTERM)
    assert project.start(profile="--profile").wait(timeout=2 * PATIENCE) == 0, project.told[-8000:]
    return project, states


def trainings(cluster):
    return [job["JobState"] for job in cluster.of("train_network")]


def test_ctrl_c_cancels_the_jobs_and_sigterm_lets_them_end(interrupted):
    _, (first, _, third) = interrupted
    assert first == ["CANCELLED"] and third[-1] == "COMPLETED"


def test_what_a_killed_snakemake_left_in_the_queue_is_cancelled_before_the_next_run(interrupted):
    project, (_, second, third) = interrupted
    assert second == ["CANCELLED", "RUNNING"]
    assert third == ["CANCELLED", "CANCELLED", "COMPLETED"]
    assert "cancelling SLURM jobs " in project.told and "removed the lock" in project.told


def test_a_resumed_run_goes_on_and_does_nothing_twice(cluster, interrupted):
    project, _ = interrupted
    assert all((project.path / target).is_file() for target in TARGETS)
    done = Counter(job["Comment"] for job in completed(cluster))
    assert len(done) > 12 and set(done.values()) == {1}
    assert project.start().wait(timeout=PATIENCE) == 0
    assert "Nothing to be done" in project.told.splitlines()[-1]


def test_a_job_that_takes_too_much_memory_is_submitted_again_with_more(cluster, interrupted):
    built = Counter()
    for job in cluster.of("build_corpus"):
        attempt = built[job["Comment"]] = built[job["Comment"]] + 1
        assert f"mem={200 * attempt**3}M" in job["TRES"].split(",")
        assert (job["JobState"] == "COMPLETED") == (attempt == 2)
    assert set(built.values()) == {2}


@pytest.fixture
def gpu_jobs(cluster, interrupted):
    """The jobs that ended well of the rules that the profile gives a GPU."""
    names = {name for name, asked in resources().items() if "gpu" in asked}
    return [job for job in completed(cluster) if rule_of(job) in names]


def completed(cluster):
    return [job for job in cluster.jobs() if job["JobState"] == "COMPLETED"]


def test_gpu_jobs_ask_for_a_gpu_and_get_it_and_no_others_do(cluster, gpu_jobs):
    steps = {"train_network", "predict", "capture_activations", "steer"}
    assert {rule_of(job) for job in gpu_jobs} == steps
    for job in completed(cluster):
        asked, got = job.get("TresPerJob"), job.get("JOB_GRES")
        if job in gpu_jobs:
            assert (asked, got, job["Partition"]) == ("gres:gpu:1", "gpu:fake:1", GPU)
        else:
            assert (asked, got, job["Partition"]) == (None, None, CPU)


def test_gpu_jobs_do_not_wait_for_each_other(gpu_jobs):
    # under --profile, the limit of one GPU in profiles/default is in force too
    assert any(later["SubmitTime"] < earlier["EndTime"] for earlier, later in pairwise(gpu_jobs))
