"""Effects of interventions and patches against loops over single clips."""

import numpy as np
import pandas as pd
import pytest
import torch
from validity_worlds import BASES, CLASSES, OUTPUTS, VALUES, bundle, twin_corpus

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError
from tonotopy.inference import output_columns
from tonotopy.networks.ast import CLASS_TOKENS
from tonotopy.studies.validity.families import families
from tonotopy.studies.validity.interventions import causal_effects, effect_table, planted_pairs
from tonotopy.studies.validity.patching import EVERY, chosen, layer_table, patched_effects

COLUMNS = (CLASSES, [OUTPUTS.index(name) for name in CLASSES])


def probability(one, corpus, clip: int) -> np.ndarray:
    sound = torch.from_numpy(corpus.waveforms([clip]))
    with torch.no_grad():
        logits = one.network(one.front_end(sound))[0].double()
    return torch.softmax(logits, 0).numpy()


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    return twin_corpus(tmp_path_factory.mktemp("t") / "turned", True)  # values in turned orders


def test_every_twin_has_a_row_for_every_copy_and_class(twins):
    copies = {"trained": bundle("ast"), "untrained": bundle("cnn")}
    table = effect_table(copies, {"lead": twins, "pad": twins}, COLUMNS)
    assert len(table) == 2 * 2 * BASES * 3 * 2
    bases, values = twins.column("base"), twins.column("value")
    for copy, one in copies.items():
        for clip in (0, 4, 13):
            expected = probability(one, twins, clip)
            for name, column in zip(*COLUMNS, strict=True):
                row = table[
                    (table["copy"] == copy)
                    & (table["attribute"] == "lead")
                    & (table["base"] == bases[clip])
                    & (table["value"] == values[clip])
                    & (table["class"] == name)
                ]
                assert row["probability"].item() == pytest.approx(expected[column], abs=1e-6)
    leads = table[(table["attribute"] == "lead") & table["planted"]]
    assert {(v, c) for v, c in zip(leads["value"], leads["class"], strict=True)} == {
        ("low", "slow"),
        ("high", "fast"),
    }
    assert not table.loc[table["attribute"] == "pad", "planted"].any()


def test_rhythms_cause_the_genres_of_their_names(twins):
    pairs = planted_pairs(twins, "rhythm")
    assert ("disco", "disco") in pairs and ("metal", "metal") in pairs and len(pairs) == 7
    assert planted_pairs(twins, "tempo") == set()


def test_effects_are_means_over_bases_minus_means_over_values_and_bases():
    rng = np.random.default_rng(0)
    p = rng.random((4, 3, 2))
    rows = [
        {"base": n, "value": f"v{i}", "class": f"c{g}", "probability": p[n, i, g]}
        for n in range(4)
        for i in (2, 0, 1)
        for g in range(2)
    ]
    found = causal_effects(pd.DataFrame(rows))
    for i in range(3):
        for g in range(2):
            own = sum(p[n, i, g] for n in range(4)) / 4
            every = sum(p[n, j, g] for n in range(4) for j in range(3)) / 12
            assert found.loc[f"v{i}", f"c{g}"] == pytest.approx(own - every)


def test_families_have_every_value_once_in_one_order(twins, tmp_path):
    found = families(twins)
    assert [one.base for one in found] == [f"b{n}" for n in range(BASES)]
    values = twins.column("value")
    for one in found:
        assert one.values == tuple(VALUES) == tuple(values[one.positions])
    with CorpusWriter(tmp_path / "x", ["a"], 100, 4, words=("base", "value")) as writer:
        for clip, (base, value) in enumerate([("b", "v"), ("b", "w"), ("d", "v")]):
            words = {"base": base, "value": value}
            writer.add(str(clip), np.full(4, 0.5), "a", "test", base, None, words)

    with pytest.raises(
        InputError, match="corpus x: base 'd' has the values v, expected each of v, w"
    ):
        families(Corpus(tmp_path / "x"))


def patched_by_hand(network, base, twin, patched: set[int]) -> np.ndarray:
    """Probabilities of a base clip; class tokens of some blocks are the twin's."""
    tokens, others = network.embed(base[None]), network.embed(twin[None])
    for number, block in enumerate(network.blocks):
        tokens, others = block(tokens).clone(), block(others)
        if number in patched:
            tokens[:, :CLASS_TOKENS] = others[:, :CLASS_TOKENS]
    return torch.softmax(network.classify(tokens)[0].double(), 0).detach().numpy()


def test_a_patch_replaces_the_class_tokens_of_one_layer(twins):
    one = bundle("ast")
    cases = chosen(twins, 4, 5)
    names = ["layer1", "layer3", EVERY]
    found = patched_effects(one, one.layers, twins, cases, "softmax", names)
    for case, (family, base) in enumerate(cases):
        inputs = one.front_end(torch.from_numpy(twins.waveforms(family.positions)))
        still = patched_by_hand(one.network, inputs[base], inputs[base], set())
        for name, layers in zip(names, ({0}, {2}, {0, 1, 2}), strict=True):
            for value in range(3):
                moved = patched_by_hand(one.network, inputs[base], inputs[value], layers)
                assert found[name][case, value] == pytest.approx(moved - still, abs=1e-5)
            assert found[name][case, base] == pytest.approx(0, abs=1e-6)
        assert np.abs(found["layer1"][case]).max() > 1e-3


@pytest.mark.parametrize("kind", ["ast", "cnn", "raw"])
def test_all_layers_patched_are_the_whole_effect(twins, kind):
    one = bundle(kind)
    table = layer_table(one, one.layers, {"lead": twins}, COLUMNS, "softmax", 3, 5)
    layers = dict(zip(table["name"], table["layer"], strict=True))
    assert layers == {**{name: n for n, name in enumerate(one.layers)}, EVERY: -1}
    assert len(table) == len(layers) * 3 * 3 * 2
    rows = table[table["name"] == EVERY].set_index(["base", "value", "class"])["effect"]
    for family, base in chosen(twins, 3, 5):
        answers = [probability(one, twins, clip) for clip in family.positions]
        for value, answer in zip(family.values, answers, strict=True):
            for name, column in zip(*COLUMNS, strict=True):
                whole = answer[column] - answers[base][column]
                assert rows[family.base, value, name] == pytest.approx(whole, abs=1e-5)


def test_base_clips_are_drawn_by_the_seed_and_spread_over_the_corpus(twins):
    cases = chosen(twins, 2, 5)
    assert [family.base for family, _ in cases] == ["b0", "b2"]
    assert len(chosen(twins, 99, 5)) == BASES
    drawn = {tuple(base for _, base in chosen(twins, 99, seed)) for seed in range(5)}
    assert len(drawn) > 1 and {base for row in drawn for base in row} == {0, 1, 2}


def test_outputs_are_found_by_name(twins, tmp_path):
    one = bundle("ast")
    names, columns = output_columns(one, twins, {"slow": "slow", "fast": "fast"})
    assert (names, columns) == COLUMNS
