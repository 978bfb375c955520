"""Sensitivity to weights: randomised networks layer by layer, correlations against scipy."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from tonotopy.errors import InputError
from tonotopy.relevance.randomisation import cascade, weighted_layers
from tonotopy.relevance.sensitivity import heatmap_correlations, randomisation_table
from tonotopy.seeding import generator


def network():
    torch.manual_seed(0)
    blocks = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU())
    return nn.Sequential(blocks, nn.Flatten(), nn.Linear(3 * 6 * 4, 5), nn.ReLU(), nn.Linear(5, 2))


def changed(one, other):
    """Paths of the parameters that differ."""
    pairs = zip(one.named_parameters(), other.named_parameters(), strict=True)
    return {name for (name, a), (_, b) in pairs if not torch.equal(a, b)}


def test_layers_are_drawn_anew_one_after_the_other_from_the_output():
    trained = network()
    with torch.no_grad():
        trained[0][1].weight.fill_(3)
        trained[0][1].running_mean.fill_(9)
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    steps = list(cascade(trained, 1, "tones"))
    assert [path for path, _ in steps] == ["4", "2", "0.1", "0.0"] == weighted_layers(trained)
    expected = set()
    for path, copy in steps:
        expected |= {f"{path}.weight", f"{path}.bias"} - {"0.1.bias"}  # which is 0 anyway
        assert changed(trained, copy) == expected
    assert steps[1][1][0][1].running_mean.max() == 9 and steps[2][1][0][1].running_mean.max() == 0
    for name, value in trained.state_dict().items():
        assert torch.equal(value, before[name])
    # a layer keeps its new weights
    assert torch.equal(steps[0][1][4].weight, steps[3][1][4].weight)


def test_weights_are_those_that_torch_draws_from_the_seed():
    steps = dict(cascade(network(), 6, "tones", 3))
    state = int(generator(6, "tones", 3, "2").integers(2**63))
    torch.manual_seed(state)
    expected = nn.Linear(72, 5)
    assert torch.equal(steps["2"][2].weight, expected.weight)
    assert torch.equal(steps["2"][2].bias, expected.bias)


def test_networks_follow_the_seed_and_names_and_leave_torchs_own_state():
    def last(seed, *names):
        return list(cascade(network(), seed, *names))[-1][1]

    assert not changed(last(1, "a"), last(1, "a"))
    assert changed(last(1, "a"), last(2, "a")) and changed(last(1, "a"), last(1, "b"))
    trained = network()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    list(cascade(trained, 1))
    assert torch.equal(torch.rand(3), expected)


def test_layers_can_be_chosen_and_are_checked_at_once():
    chosen = list(cascade(network(), 1, layers=["0.0", "4"]))
    assert [path for path, _ in chosen] == ["0.0", "4"]
    assert changed(network(), chosen[0][1]) == {"0.0.weight", "0.0.bias"}
    with pytest.raises(InputError, match=r"no layer '0\.5' to randomise"):
        cascade(network(), 1, layers=["4", "0.5"])
    with pytest.raises(InputError, match=r"layer '1' \(Flatten\) has no reset_parameters"):
        cascade(network(), 1, layers=["1"])
    with pytest.raises(
        InputError, match=r"layer '1' \(Gain\) has no reset_parameters: name layers"
    ):
        cascade(nn.Sequential(nn.Conv1d(1, 1, 1), Gain()), 1)


class Gain(nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(2))


def test_correlations_equal_scipy_one_by_one():
    rng = np.random.default_rng(0)
    before = rng.normal(size=(4, 2, 5, 6))
    after = np.maximum(before + rng.normal(size=before.shape), 0)
    after[3, 1] = 2
    found = heatmap_correlations(before, after)
    for index in np.ndindex(4, 2):
        if index == (3, 1):
            assert np.isnan(found[index])
        else:
            expected = spearmanr(before[index].ravel(), after[index].ravel()).statistic
            assert found[index] == pytest.approx(expected)
    with pytest.raises(InputError, match=r"heatmaps differ in shape: \(4, 2, 5, 6\) and \(4, 5, 6"):
        heatmap_correlations(before, after[:, 0])


def test_the_table_has_a_row_for_every_step_and_clip():
    heatmaps = np.random.default_rng(1).normal(size=(3, 4, 5))
    other = np.random.default_rng(2).normal(size=(3, 4, 5))
    networks = [("dense2", heatmaps**3), ("dense1", -heatmaps), ("conv", other)]
    table = randomisation_table(heatmaps, networks, lambda network: network)
    assert list(table) == ["step", "layer", "clip", "correlation"]
    assert table["step"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert table["layer"].tolist() == ["dense2"] * 3 + ["dense1"] * 3 + ["conv"] * 3
    assert table["clip"].tolist() == [0, 1, 2] * 3
    expected = [1, 1, 1, -1, -1, -1, *heatmap_correlations(heatmaps, other)]
    np.testing.assert_allclose(table["correlation"], expected)
    with pytest.raises(InputError, match="no randomised network: the network has no layer"):
        randomisation_table(heatmaps, [], lambda network: network)
