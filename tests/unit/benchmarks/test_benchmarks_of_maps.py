"""The benchmarks of studies 5 and 6 run, and refuse to compare what is not equal; tiny sizes."""

import re

import bench_partials
import bench_similarity
import pytest
from threads import one_thread  # noqa: F401 (used by every test)

TIMES = r"ours \d+\.\d+ s, peer \d+\.\d+ s, ratio \d+\.\d+ \(goal {}\)"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few maps and clips, and short sounds, once."""
    for name, size in {"MAPS": 4, "CLIPS": 6, "FEATURES": 3, "GRID": (2, 5), "REPEATS": 1}.items():
        monkeypatch.setattr(bench_similarity, name, size)
    tones = {"low": 60, "high": 75, "seconds": 0.15}
    for name, size in {"WIDTH": 4, "TONES": tones, "DIRECTIONS": 6, "REPEATS": 1}.items():
        monkeypatch.setattr(bench_partials, name, size)


def test_all_maps_at_once_are_timed_against_one_at_a_time(capsys):
    bench_similarity.main()
    line = capsys.readouterr().out
    assert line.startswith("4 maps x 6 clips x 3 features: ")
    assert re.search(TIMES.format("20"), line)


def test_wrong_similarities_are_not_timed(monkeypatch, capsys):
    literal = bench_similarity.plain_loop
    monkeypatch.setattr(bench_similarity, "plain_loop", lambda *a: literal(*a) + 0.02)
    with pytest.raises(AssertionError, match="z differ by 2.0e-02"):
        bench_similarity.main()
    assert capsys.readouterr().out == ""


def test_all_directions_and_tones_at_once_are_timed_against_loops(capsys):
    bench_partials.main()
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("6 directions, 212 sounds, one pass for each sound: ")
    assert re.search(TIMES.format("1"), first) and "over 2 of the directions alone" in second
    ratio = float(re.search(r"ratio (\d+\.\d+)", second)[1])
    assert int(re.search(r"3 times that: ratio (\d+) \(10\)$", last)[1]) == pytest.approx(
        3 * ratio, abs=0.51
    )


@pytest.mark.parametrize("peer", ["plain", "shared"])
def test_wrong_steps_are_not_timed(monkeypatch, capsys, peer):
    literal = getattr(bench_partials, peer)
    monkeypatch.setattr(bench_partials, peer, lambda *a: literal(*a) + 0.01)
    with pytest.raises(AssertionError, match="steps differ by 1.0e-02"):
        bench_partials.main()
    assert capsys.readouterr().out == ""
