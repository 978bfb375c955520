"""The benchmarks of study 4 run, and refuse to compare what is not equal; at a tiny size."""

import re

import bench_cnn12
import bench_sonification
import pytest
import torch
from plain_cnn12 import PlainCNN12, narrow
from threads import one_thread  # noqa: F401 (used by every test)

TIMES = r"ours \d+\.\d+ s, peer \d+\.\d+ s, ratio \d+\.\d+ \(goal {}\)"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """One turn of short clips."""
    monkeypatch.setattr(bench_cnn12, "REPEATS", 1)
    monkeypatch.setattr(bench_cnn12, "BATCH", 2)
    monkeypatch.setattr(bench_cnn12, "SAMPLES", 2400)
    monkeypatch.setattr(bench_sonification, "REPEATS", 1)
    monkeypatch.setattr(bench_sonification, "SAMPLES", 2371)
    monkeypatch.setattr(bench_sonification, "LAYERS", ("block3",))


def test_a_training_step_is_timed_against_plain_convolutions(capsys):
    bench_cnn12.main()
    line = capsys.readouterr().out
    assert line.startswith("training step of CNN12, 2 clips of 2400 samples: ")
    assert re.search(TIMES.format("1.6"), line)


def test_sonifications_of_a_layer_are_timed_against_one_at_a_time(capsys):
    bench_sonification.main()
    line = capsys.readouterr().out
    assert line.startswith("all 16 maps of block3, 2371 samples (equal to ")
    assert re.search(TIMES.format("5"), line)


def test_the_plain_network_has_the_same_weights_and_answers():
    network, waveforms = narrow().double(), torch.randn(3, 2501, dtype=torch.float64)
    torch.testing.assert_close(PlainCNN12(network).double()(waveforms), network(waveforms))


def test_wrong_sonifications_are_not_timed(monkeypatch, capsys):
    literal = bench_sonification.algorithm_1
    monkeypatch.setattr(bench_sonification, "algorithm_1", lambda *a: 1.01 * literal(*a))
    with pytest.raises(AssertionError, match="sonifications of block3 differ by 9.9e-03 of"):
        bench_sonification.main()
    assert capsys.readouterr().out == ""
