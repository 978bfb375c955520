"""Composites: what a configuration says, and what it may not say."""

import pytest

from tonotopy.errors import InputError
from tonotopy.relevance.composites import (
    PRESETS,
    Composite,
    Rule,
    decreasing_gamma,
    describe,
    parse,
    uniform_gamma,
)

DECLARED = {"conv1": "flat", "conv": {"gamma": 0.8}, "dense": {"epsilon": 1e-7}, "dense3": "zero"}


def test_the_presets_are_those_of_the_text():
    tones, music = parse("tones"), parse("music")
    assert tones.rule(["conv1"], "conv") == Rule("flat")
    for name in ("conv2", "conv5"):
        assert tones.rule([name], "conv") == Rule("gamma", 0.8)
    assert music.rule(["conv1"], "conv") == Rule("w2")
    gammas = [music.rule([f"conv{n}"], "conv").value for n in (2, 3, 4, 5)]
    assert gammas == [0.4, 0.4, 0.2, 0.1]
    for preset in (tones, music):
        assert preset.rule(["dense2"], "dense") == Rule("epsilon", 1e-7)
    assert set(PRESETS) == {"tones", "music"}


def test_a_name_goes_before_its_kind_in_any_order():
    for declared in (DECLARED, dict(reversed(DECLARED.items()))):
        composite = parse(declared)
        assert composite.rule(["conv1"], "conv") == Rule("flat")
        assert composite.rule(["conv2"], "conv") == Rule("gamma", 0.8)
        assert composite.rule(["body.9", "dense3"], "dense") == Rule("zero")
        assert composite.rule(["body.7", "dense2"], "dense") == Rule("epsilon", 1e-7)


def test_a_path_goes_before_a_number():
    composite = parse({"conv": "flat", "body.0": "w2", "conv1": {"gamma": 1}})
    assert composite.rule(["body.0", "conv1"], "conv") == Rule("w2")


def test_a_described_composite_is_parsed_to_the_same():
    composite = parse(DECLARED)
    assert describe(composite) == DECLARED
    assert parse(describe(composite)) == composite


def test_gammas_are_uniform_or_halved_from_the_third_on():
    assert uniform_gamma(0.3, convs=3, first="flat", epsilon=1e-5) == {
        "conv1": "flat",
        "conv2": {"gamma": 0.3},
        "conv3": {"gamma": 0.3},
        "dense": {"epsilon": 1e-5},
    }
    declared = decreasing_gamma(0.8, convs=6, first="zero", epsilon=1e-4)
    assert [declared[f"conv{n}"]["gamma"] for n in range(2, 7)] == [0.8, 0.8, 0.4, 0.2, 0.1]
    assert declared["conv1"] == "zero" and declared["dense"] == {"epsilon": 1e-4}
    assert decreasing_gamma(0.4) == PRESETS["music"]
    assert uniform_gamma(0.4)["conv5"] == {"gamma": 0.4}
    assert uniform_gamma(0.4)["conv1"] == "w2"


def test_which_rules_see_their_inputs():
    seen = {name: Rule(name, 1.0).sees_inputs for name in ("zero", "epsilon", "gamma")}
    assert all(seen.values())
    assert not Rule("flat").sees_inputs and not Rule("w2").sees_inputs


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("jazz", r"lrp: no preset 'jazz' \(known: tones, music\)"),
        ("musik", r"did you mean 'music'"),
        ({}, "lrp: expected layers or kinds with their rules"),
        (["flat"], "lrp: expected layers or kinds with their rules"),
        ({"conv": "flatt"}, r"lrp.conv: expected flat, w2.*'flatt' \(did you mean 'flat'"),
        ({"conv": "gamma"}, r"lrp.conv: expected flat, w2, zero, \{gamma: value\}"),
        ({"conv": {"flat": 1}}, "lrp.conv: expected .* not 'flat'"),
        ({"conv": {"gama": 1}}, "did you mean 'gamma'"),
        ({"conv": {"gamma": 1, "epsilon": 1}}, "lrp.conv: expected"),
        ({"conv": None}, "lrp.conv: expected .* not None"),
        ({"conv": {"gamma": -0.1}}, "lrp.conv.gamma: expected a number from 0 on, not -0.1"),
        ({"conv": {"gamma": True}}, "lrp.conv.gamma: expected a number"),
        ({"conv": {"gamma": "0.1"}}, "lrp.conv.gamma: expected a number"),
        ({"conv": {"gamma": float("inf")}}, "lrp.conv.gamma: expected a number"),
        ({"conv": {"gamma": float("nan")}}, "lrp.conv.gamma: expected a number"),
        ({"dense": {"epsilon": 0}}, "lrp.dense.epsilon: expected a number above 0 .*not 0"),
    ],
)
def test_refusals_name_the_key_and_what_was_expected(declared, message):
    with pytest.raises(InputError, match=message):
        parse(declared, "lrp")


def test_gamma_may_be_0():
    assert parse({"conv": {"gamma": 0}}).rule(["conv1"], "conv") == Rule("gamma", 0.0)


def test_layers_without_a_rule_and_rules_without_a_layer_are_named():
    composite = parse({"conv2": "flat", "dense": "zero"})
    with pytest.raises(InputError, match=r"no rule for layer 'conv1'.*such as \{conv: \{epsilon"):
        composite.rule(["conv1"], "conv")
    with pytest.raises(InputError, match=r"no layer 'conv2' \(did you mean .*conv1"):
        composite.check(["conv1", "dense1"])
    composite.check(["conv1", "conv2"])
    Composite((("conv", Rule("flat")), ("dense", Rule("zero")))).check([])
