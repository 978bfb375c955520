"""Batch norms estimated anew: torch's cumulative averages, by a loop; nothing else changes."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from tonotopy.similarity.calibration import calibrated


def network():
    torch.manual_seed(4)
    layers = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(),
        nn.Linear(3 * 4 * 5, 6), nn.BatchNorm1d(6, momentum=0.3),
    )  # fmt: skip
    layers[1].running_mean.fill_(9.0)
    return layers.train()


def test_statistics_are_averages_over_batches():
    batches = [2 * torch.randn(size, 1, 6, 7) + 1 for size in (5, 8, 3)]
    before, own = network(), network()
    assert calibrated(own, batches) is own and not own.training
    first = [before[0](batch) for batch in batches]
    means = np.mean([maps.mean(dim=(0, 2, 3)).tolist() for maps in first], axis=0)
    variances = np.mean([maps.var(dim=(0, 2, 3)).tolist() for maps in first], axis=0)
    np.testing.assert_allclose(own[1].running_mean, means, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(own[1].running_var, variances, rtol=1e-4)
    deeper = []
    for maps in first:  # the first normalises by the batch, nothing is dropped
        normed = nn.functional.batch_norm(maps, None, None, before[1].weight, before[1].bias, True)
        deeper.append(before[5](normed.relu().flatten(1)))
    means = np.mean([values.mean(dim=0).tolist() for values in deeper], axis=0)
    variances = np.mean([values.var(dim=0).tolist() for values in deeper], axis=0)
    np.testing.assert_allclose(own[6].running_mean, means, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(own[6].running_var, variances, rtol=1e-3)


def test_weights_and_momenta_are_as_they_were():
    before, own = network(), network()
    calibrated(own, [torch.randn(4, 1, 6, 7)])
    for (name, old), (_, new) in zip(
        before.named_parameters(), own.named_parameters(), strict=True
    ):
        assert torch.equal(old, new), name
    assert own[1].momentum == pytest.approx(0.1) and own[6].momentum == pytest.approx(0.3)
    fixed = copy.deepcopy(own)
    own(torch.randn(4, 1, 6, 7))
    assert torch.equal(own[1].running_mean, fixed[1].running_mean)


def test_without_batch_norm_nothing_is_asked_for():
    def refuse():
        raise AssertionError
        yield

    plain = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3, track_running_stats=False)).train()
    assert not calibrated(plain, refuse()).training
