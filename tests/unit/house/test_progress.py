"""How long a run will still take, and why its jobs failed."""

import logging
from types import SimpleNamespace

import pytest

from tonotopy import progress
from tonotopy.durations import by_rule, in_words, measured


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def following(clock):
    followed = progress.Progress(clock)
    followed.plan({"train": 3, "draw": 10}, {"train": 200.0})
    return followed


def event(name, **facts):
    return logging.makeLogRecord({"event": name, **facts})


def begin(following, job, rule):
    following.emit(event("job_info", jobid=job, rule_name=rule))


def end(following, job):
    following.emit(event("job_finished", job_id=job))


def test_nothing_is_estimated_before_a_job_has_finished(following, clock):
    begin(following, 1, "train")
    clock.now += 50
    assert following.seconds_left() is None


def test_jobs_take_what_others_of_their_rule_took(following, clock):
    begin(following, 1, "draw")
    clock.now += 2
    end(following, 1)
    assert following.seconds_left() == pytest.approx(3 * 200 + 9 * 2)


def test_this_run_counts_for_more_than_earlier_ones(following, clock):
    begin(following, 1, "train")
    clock.now += 100
    end(following, 1)
    assert following.seconds_left() == pytest.approx(2 * 100 + 10 * progress.TYPICAL_S)


def test_rules_of_which_nothing_is_known_take_what_short_jobs_took(clock):
    following = progress.Progress(clock)
    following.plan({"draw": 2, "judge": 4}, {})
    begin(following, 1, "draw")
    clock.now += 3
    end(following, 1)
    assert following.seconds_left() == pytest.approx(3 + 4 * 3)


def test_as_many_jobs_are_expected_at_once_as_ran_so_far(following, clock):
    begin(following, 1, "draw")
    begin(following, 2, "draw")
    clock.now += 4
    end(following, 1)
    end(following, 2)
    assert following.seconds_left() == pytest.approx((3 * 200 + 8 * 4) / 2)


def test_what_a_running_job_has_done_is_taken_off(following, clock):
    begin(following, 1, "draw")
    clock.now += 4
    end(following, 1)
    begin(following, 2, "train")
    clock.now += 50
    assert following.seconds_left() == pytest.approx(3 * 200 + 9 * 4 - 50)
    clock.now += 1000  # longer than expected: no less than nothing is left of it
    assert following.seconds_left() == pytest.approx(2 * 200 + 9 * 4)


def test_the_estimate_is_told_once_a_minute_and_not_at_the_end(clock, capsys):
    following = progress.Progress(clock)
    following.plan({"draw": 3}, {})
    for job in (1, 2, 3):
        begin(following, job, "draw")
        clock.now += 40
        end(following, job)
    assert capsys.readouterr().err == "note: about 40 s left\n"


def test_jobs_that_others_began_and_other_events_pass(following):
    end(following, 7)
    following.emit(logging.makeLogRecord({"msg": "Select jobs to execute"}))
    following.emit(event("progress", done=1, total=3))
    assert following.seconds_left() is None and following.failed == []


def test_a_run_is_followed_from_snakemakes_own_events(monkeypatch, tmp_path, capsys):
    logger = logging.getLogger("followed")
    logger.setLevel(logging.INFO)
    monkeypatch.setattr("snakemake.logging.logger", logger)
    times = tmp_path / "train_network/genre.tsv"
    times.parent.mkdir()
    times.write_text("s\th:m:s\n90.5\t0:01:30\n")
    following = progress.Progress()
    job = SimpleNamespace(rule=SimpleNamespace(name="train_network"))
    following.begin([job, job], str(tmp_path))
    logger.info("", extra={"event": "job_error", "rule_name": "train_network", "log": ["a.log"]})
    assert following.failed == [("train_network", ["a.log"])]
    assert following._expected("train_network") == 90.5


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("epoch 1\nerror: corpus x: no clips\n", "corpus x: no clips\n"),
        ("error: old\nerror: a: first\nsecond line\n", "a: first\nsecond line\n"),
        ("Traceback (most recent call last):\n  File\nValueError: no\n\n", "ValueError: no\n"),
    ],
)
def test_the_cause_is_the_message_in_the_log_or_its_last_line(monkeypatch, tmp_path, text, cause):
    log = tmp_path / "train.log"
    log.write_text(text)
    told = []
    monkeypatch.setattr(progress.atexit, "register", lambda *a, **k: told.append(a[1]))
    progress.tell_causes([("train", [str(log)]), ("train", [str(log)])])
    assert told == [f"failed: train: {cause}  ({log})"]


def test_a_job_without_a_log_is_told_too(monkeypatch):
    told = []
    monkeypatch.setattr(progress.atexit, "register", lambda *a, **k: told.append(a[1]))
    progress.tell_causes([("train", []), ("draw", ["/no/such.log"])])
    assert told == [
        "failed: train: it left no log; its message is further up\n"
        "failed: draw: it left no log; its message is further up"
    ]
    progress.tell_causes([])
    assert len(told) == 1


def test_benchmarks_are_read_by_job_and_averaged_by_rule(tmp_path):
    for name, seconds in (("train/a", [1.0, 2.0]), ("train/b", [5.0]), ("steer/world", [4.5])):
        path = tmp_path / f"{name}.tsv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("s\th:m:s\n" + "".join(f"{s}\t-\n" for s in seconds))
    times = measured(tmp_path)
    assert times == {"steer/world": 4.5, "train/a": 3.0, "train/b": 5.0}
    assert by_rule(times) == {"steer": 4.5, "train": 4.0}
    assert measured(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3569, "59 min"),
        (3600, "1 h 00 min"),
        (3900, "1 h 05 min"),
    ],
)
def test_durations_are_said_in_words(seconds, text):
    assert in_words(seconds) == text


@pytest.mark.parametrize(("seconds", "told"), [(59.9, 0), (60, 1), (119, 1), (120, 2)])
def test_estimates_come_once_a_minute(following, clock, capsys, seconds, told):
    for second in sorted({30, 60, seconds}):
        if second <= seconds:
            begin(following, second, "draw")
            clock.now = 100.0 + second
            end(following, second)
    assert capsys.readouterr().err.count("note: about") == told
