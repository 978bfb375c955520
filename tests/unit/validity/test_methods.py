"""Every method against its definition, written out clip by clip."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.covariance import ledoit_wolf
from sklearn.metrics import roc_auc_score
from torch.nn import functional
from validity_worlds import CLASSES, CONCEPTS, OUTPUTS, PARTS, VALUES, make_bench

from tonotopy.networks.ast import CLASS_TOKENS
from tonotopy.networks.tracing import writing
from tonotopy.probes.linear import fit_linear
from tonotopy.relevance.composites import parse
from tonotopy.relevance.lrp import LRP
from tonotopy.studies.validity import slopes
from tonotopy.studies.validity.bench import DoesNotApply, check_scores
from tonotopy.studies.validity.derivatives import derivatives
from tonotopy.studies.validity.detached import Detached, heatmaps
from tonotopy.studies.validity.methods import (
    attribution,
    cosine,
    deletion,
    derivative,
    patching,
    random,
    random_covariance,
    shuffled,
    sonification,
    steering_lda,
    steering_means,
    steering_probes,
    tcav,
    untrained,
)
from tonotopy.studies.validity.patching import chosen, patched_effects
from tonotopy.studies.validity.slopes import clip_slopes, steered_nulls

COLUMNS = [OUTPUTS.index(name) for name in CLASSES]


def softmax(logits) -> np.ndarray:
    return torch.softmax(logits.double(), -1).detach().numpy()


def steered_by_hand(network, spectrogram, directions, strength):
    """Logits of one clip; the class tokens of all blocks moved by equation 3.2."""
    tokens = network.embed(spectrogram[None])
    for block, v in zip(network.blocks, directions, strict=True):
        tokens = block(tokens).clone()
        for token in range(CLASS_TOKENS):
            h = tokens[:, token].clone()
            tokens[:, token] = h + strength * v / v.norm() * h.norm()
    return network.classify(tokens)[0]


def line(strengths, values) -> float:
    """Slope of the least-squares line."""
    return np.polyfit(strengths, values, 1)[0]


@pytest.mark.parametrize(
    ("method", "kind"), [(steering_probes, "trained"), (untrained, "untrained")]
)
def test_slopes_along_probe_vectors(ast_bench, method, kind, monkeypatch):
    monkeypatch.setattr(slopes, "collapsed", lambda *a: False)
    scores = method.matrix(ast_bench)
    check_scores(scores, ast_bench)
    grid = [-0.1, 0.0, 0.1, 0.2]  # -0.3 is beyond the slope range
    inputs = ast_bench.inputs(ast_bench.indices)
    for clip in (0, 5):
        for number, value in enumerate(VALUES):
            row = CONCEPTS.index(value)
            vectors = [torch.from_numpy(v.mean(0)[row]) for v in ast_bench.vectors[kind].values()]
            answers = np.array(
                [
                    softmax(steered_by_hand(ast_bench.bundle.network, inputs[clip], vectors, s))
                    for s in grid
                ]
            )
            for position, column in enumerate(COLUMNS):
                expected = line(grid, answers[:, column])
                assert scores.values[0, clip, number, position] == pytest.approx(expected, abs=1e-4)
    assert scores.names == tuple(ast_bench.corpus.clips[ast_bench.indices])


def test_collapsed_strengths_are_left_out(ast_bench, monkeypatch):
    directions = ast_bench.directions("trained")
    whole = clip_slopes(ast_bench, directions, ast_bench.indices, [-0.1, 0.1, 0.2])
    calls = []

    def last_of_three(still, moved, activation):
        calls.append(activation)
        return len(calls) % 3 == 0

    monkeypatch.setattr(slopes, "collapsed", last_of_three)
    found = clip_slopes(ast_bench, directions, ast_bench.indices, [-0.1, 0.1, 0.2])
    monkeypatch.setattr(slopes, "collapsed", lambda *a: False)
    near = clip_slopes(ast_bench, directions, ast_bench.indices, [-0.1, 0.1])
    assert found == pytest.approx(near) and not np.allclose(found, whole)
    monkeypatch.setattr(slopes, "collapsed", lambda *a: True)
    gone = clip_slopes(ast_bench, directions, ast_bench.indices, [-0.1, 0.1])
    assert gone == pytest.approx(near)


def given_to(monkeypatch, module, name: str) -> list:
    """The directions that a method steers along."""
    seen = []
    monkeypatch.setattr(module, name, lambda bench, directions: seen.append(directions))
    return seen


def test_differences_of_means(ast_bench, monkeypatch):
    seen = given_to(monkeypatch, steering_means, "steered")
    steering_means.matrix(ast_bench)
    positions, labels = ast_bench.training
    for layer, values in ast_bench.activations.items():
        for number in range(3):
            own = np.mean(
                [values[p] for p, k in zip(positions, labels, strict=True) if k == number], 0
            )
            rest = np.mean(
                [values[p] for p, k in zip(positions, labels, strict=True) if k != number], 0
            )
            assert seen[0][layer][number] == pytest.approx(own - rest, abs=1e-5)


def test_discriminants_against_their_closed_form(ast_bench, monkeypatch):
    seen = given_to(monkeypatch, steering_lda, "steered")
    steering_lda.matrix(ast_bench)
    positions, labels = ast_bench.training
    for layer, values in ast_bench.activations.items():
        clips, positive = np.asarray(values[positions], float), labels == 1
        sides = [clips[~positive], clips[positive]]
        within = np.zeros((clips.shape[1], clips.shape[1]))
        for side in sides:
            deviation = side.std(axis=0)
            shrunk = ledoit_wolf((side - side.mean(0)) / deviation)[0]
            within += len(side) / len(clips) * deviation[:, None] * shrunk * deviation
        normal = np.linalg.solve(within, sides[1].mean(0) - sides[0].mean(0))
        found = seen[0][layer][1]
        assert found / np.linalg.norm(found) == pytest.approx(
            normal / np.linalg.norm(normal), abs=1e-6
        )


def moved(vectors, unit, strength):
    return vectors + strength * unit * vectors.norm(dim=-1, keepdim=True)


@pytest.mark.parametrize("kind", ["ast", "raw"])
def test_derivatives_are_limits_of_steering(benches, kind):
    bench = benches[kind]
    directions = bench.directions("trained")
    found = derivatives(bench, directions, bench.indices)
    assert found.shape == (len(directions), 8, 3, 2)
    inputs, step = bench.inputs(bench.indices).double(), 1e-6
    network = copy.deepcopy(bench.bundle.network).double()  # ReLUs have kinks: a small step
    for number, (name, vectors) in enumerate(directions.items()):
        v = torch.from_numpy(vectors[1]).double()
        unit = v / v.norm()
        answers = []
        for strength in (-step, step):
            move = partial(moved, unit=unit, strength=strength)
            with torch.no_grad(), writing(network, {bench.layers[name]: move}):
                answers.append(network(inputs).double().numpy()[:, COLUMNS])
        expected = (answers[1] - answers[0]) / (2 * step)
        off = 0.001 * np.abs(expected).max()
        assert found[number, :, 1] == pytest.approx(expected, abs=off)


def test_derivatives_of_maps_are_gradients_times_norms_summed_over_positions(benches):
    # finite differences fail here: a pooling that chooses among zeros has no derivative
    bench = benches["cnn"]
    directions = bench.directions("trained")
    found = derivatives(bench, directions, bench.indices)
    chain, inputs = bench.bundle.network.chain, bench.inputs(bench.indices)
    for number, (place, vectors) in enumerate(zip((1, 4), directions.values(), strict=True)):
        maps = chain[: place + 1](inputs[:, None]).detach().requires_grad_()
        logits = chain[place + 1 :](maps)
        norms, unit = maps.detach().norm(dim=1), torch.from_numpy(vectors[2])
        for g, column in enumerate(COLUMNS):
            (gradient,) = torch.autograd.grad(logits[:, column].sum(), maps, retain_graph=True)
            along = torch.einsum("nchw,c->nhw", gradient, unit / unit.norm())
            expected = (along * norms).sum(dim=(1, 2)).numpy()
            assert found[number, :, 2, g] == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_the_derivative_sums_layers_and_tcav_counts_signs_of_the_last_third(ast_bench):
    layers = derivatives(ast_bench, ast_bench.directions("trained"), ast_bench.indices)
    assert derivative.matrix(ast_bench).values[0] == pytest.approx(layers.sum(0), abs=1e-6)
    assert np.array_equal(tcav.matrix(ast_bench).values[0], (layers[2] > 0).astype(float))


def test_cosines_of_mean_vectors_at_the_best_layer(ast_bench):
    found = cosine.matrix(ast_bench).values
    assert found.shape == (1, 1, 3, 2) and ast_bench.best_layer == "layer2"
    for i, value in enumerate(VALUES):
        for g, name in enumerate(CLASSES):
            v = ast_bench.vectors["trained"]["layer2"].mean(0)[CONCEPTS.index(value)]
            w = ast_bench.vectors["classes"]["layer2"].mean(0)[CLASSES.index(name)]
            expected = v @ w / np.linalg.norm(v) / np.linalg.norm(w)
            assert found[0, 0, i, g] == pytest.approx(expected, abs=1e-6)


def test_cosines_need_a_vector_of_every_class(tmp_path):
    with pytest.raises(DoesNotApply, match="class 'third' is none of corpus classes"):
        cosine.matrix(make_bench(tmp_path, "ast", outputs=None))


def test_null_vectors_are_apart_in_sets_and_read_on_fewer_clips(ast_bench, monkeypatch):
    monkeypatch.setattr(slopes, "NULL_CLIPS", 6)
    rng = np.random.default_rng(0)
    drawn = {n: rng.normal(size=(2, 3, 12)).astype("f4") for n in ast_bench.activations}
    scores = steered_nulls(ast_bench, drawn)
    indices = ast_bench.drawn("null clips", 6)
    assert scores.values.shape == (2, 6, 3, 2)
    assert scores.names == tuple(ast_bench.corpus.clips[indices])
    for number in range(2):
        own = {name: values[number] for name, values in drawn.items()}
        expected = clip_slopes(ast_bench, own, indices, [-0.1, 0.2]).transpose(1, 0, 2)
        assert scores.values[number] == pytest.approx(expected, abs=1e-5)


def test_random_vectors_are_normal_and_of_their_own_in_every_layer(tmp_path, monkeypatch):
    bench = make_bench(tmp_path, "ast", nulls=400)
    seen = given_to(monkeypatch, random, "steered_nulls")
    random.matrix(bench)
    first, second, _ = seen[0].values()
    assert first.shape == (400, 3, 12)
    assert abs(first.mean()) < 0.03 and first.std() == pytest.approx(1, abs=0.03)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.03
    seen = given_to(monkeypatch, random_covariance, "steered_nulls")
    random_covariance.matrix(bench)
    positions, _ = bench.training
    for layer, values in seen[0].items():
        clips = np.asarray(bench.activations[layer][positions], float)
        expected = np.cov(clips.T, bias=True)
        found = np.cov(values.reshape(-1, 12).T, bias=True)
        assert found == pytest.approx(expected, abs=0.15 * np.abs(expected).max())


def test_shuffled_vectors_learn_a_permutation_for_each_set(ast_bench, monkeypatch):
    seen = given_to(monkeypatch, shuffled, "steered_nulls")
    learned = []

    def fit(activations, labels, penalty):
        learned.append((activations, labels, penalty))
        return fit_linear(activations, labels, penalty)

    monkeypatch.setattr(shuffled, "fit_linear", fit)
    shuffled.matrix(ast_bench)
    assert {layer: v.shape for layer, v in seen[0].items()} == dict.fromkeys(
        ast_bench.activations, (3, 3, 12)
    )
    positions, labels = ast_bench.training
    sides = [
        ast_bench.generator("permutation", number).permutation(labels) == value
        for number in range(3)
        for value in range(3)
    ]
    assert len({tuple(side) for side in sides}) == 9
    for job, side in enumerate(sides):
        activations, positive, penalty = learned[3 * job]  # the first layer
        assert penalty == 0.1 and positive.sum() * 2 == len(positive)
        everything = np.asarray(ast_bench.activations["layer1"][positions])
        rows = [np.flatnonzero((everything == row).all(1))[0] for row in activations]
        assert (side[rows] == positive).all()
        expected = fit_linear(activations, positive, 0.1).weights[0]
        assert seen[0]["layer1"][job // 3, job % 3] == pytest.approx(expected)


def families_by_hand(bench):
    """(base, value, clip, its parts) of the corpus with parts, in the order of values."""
    corpus = bench.parts
    bases, values = corpus.column("base"), corpus.column("value")
    for base in dict.fromkeys(bases):
        for value in VALUES:
            (clip,) = np.flatnonzero((bases == base) & (values == value))
            (parts,) = corpus.parts([clip])
            yield base, value, torch.from_numpy(corpus.waveforms([clip])), parts


def mask_by_hand(front_end, parts) -> np.ndarray:
    mels = {n: front_end.mel(torch.from_numpy(parts[n])[None])[0].double().numpy() for n in PARTS}
    return mels["lead"] / (sum(mels.values()) + 1e-7)


@pytest.mark.parametrize("kind", ["ast", "cnn"])
def test_attribution_is_the_share_of_positive_relevance_on_the_lead(benches, kind):
    bench = benches[kind]
    network, front_end = bench.bundle.network, bench.bundle.front_end
    scores = attribution.matrix(bench)
    check_scores(scores, bench)
    assert scores.unit == "base score" and scores.names == tuple(f"b{n}" for n in range(5))
    for row, (_, _, sound, parts) in enumerate(families_by_hand(bench)):
        mask, inputs = mask_by_hand(front_end, parts), front_end(sound)
        for g, column in enumerate(COLUMNS):
            if kind == "ast":
                relevance = heatmaps(network, inputs, [column])[0, 0].numpy()
            else:
                engine = LRP(network, parse(attribution.COMPOSITE))
                relevance = engine.explain(inputs).heatmap(column)[0].numpy()
            positive = np.maximum(relevance, 0).astype(float)
            total = positive.sum()
            expected = (positive * mask).sum() / total if total else 0.0
            found = scores.values[0, row // 3, row % 3, g]
            assert found == pytest.approx(expected, abs=1e-4)


def detached_by_hand(network, inputs):
    """The forward pass of our AST in which attention weights and deviations are constants."""

    def norm(module, x):
        centred = x - x.mean(-1, keepdim=True)
        deviation = (centred.pow(2).mean(-1, keepdim=True) + module.eps).sqrt().detach()
        return centred / deviation * module.weight + module.bias

    tokens = network.embed(inputs)
    for block in network.blocks:
        x, heads = norm(block.norm1, tokens), block.attn.num_heads
        q, k, v = block.attn.qkv(x).chunk(3, dim=-1)
        q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1).detach()
        tokens = tokens + block.attn.proj((weights @ v).transpose(1, 2).flatten(2))
        tokens = tokens + block.mlp(norm(block.norm2, tokens))
    pooled = norm(network.norm, tokens[:, :CLASS_TOKENS]).mean(1)
    return network.head[1](norm(network.head[0], pooled))


def test_detached_transformers_are_explained_as_written_out(ast_bench):
    network = make_network()
    inputs = ast_bench.inputs(ast_bench.indices)[:3].double()
    found = heatmaps(network, inputs, [2, 0])
    leaf = inputs.clone().requires_grad_()
    answers = detached_by_hand(network, leaf)
    with torch.no_grad():
        assert answers.numpy() == pytest.approx(network(inputs).numpy(), abs=1e-9)
        with Detached():
            assert network(inputs).numpy() == pytest.approx(answers.numpy(), abs=1e-9)
    for place, column in enumerate((2, 0)):
        gradient = torch.autograd.grad(answers[:, column].sum(), leaf, retain_graph=True)[0]
        expected = (gradient * leaf).detach().numpy()
        assert found[:, place].numpy() == pytest.approx(expected, abs=1e-8)
    plain = torch.autograd.grad(network(leaf)[:, 2].sum(), leaf)[0] * leaf
    assert not np.allclose(found[:, 0].numpy(), plain.detach().numpy(), rtol=0.05)


def make_network():
    from validity_worlds import ast_network

    return ast_network().double()


def test_masked_and_causal_attention_keep_their_values():
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 4, 5, 6)
    boolean, added = torch.rand(5, 5) > 0.3, torch.randn(5, 5)
    boolean[:, 0] = True
    for options in (
        {"is_causal": True},
        {"attn_mask": boolean},
        {"attn_mask": added, "scale": 0.3},
    ):
        expected = functional.scaled_dot_product_attention(q, k, v, **options)
        with Detached():
            found = functional.scaled_dot_product_attention(q, k, v, **options)
        assert torch.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["ast", "cnn", "raw"])
def test_deletion_takes_the_leads_share_from_the_input(benches, kind):
    bench = benches[kind]
    network, front_end = bench.bundle.network, bench.bundle.front_end
    scores = deletion.matrix(bench)
    check_scores(scores, bench)
    for row, (_, _, sound, parts) in enumerate(families_by_hand(bench)):
        if kind == "raw":
            rest = front_end(sound - torch.from_numpy(parts["lead"])[None])
        else:
            kept = front_end.mel(sound)[0].double().numpy() * (1 - mask_by_hand(front_end, parts))
            settings = front_end.settings
            logarithm = np.log(kept + settings.floor)
            rest = torch.from_numpy((logarithm - settings.mean) / (2 * settings.std)).float()[None]
        expected = softmax(network(front_end(sound))[0]) - softmax(network(rest)[0])
        found = scores.values[0, row // 3, row % 3]
        assert found == pytest.approx(expected[COLUMNS], abs=2e-4)


def test_methods_of_stems_need_parts_and_a_stem(ast_bench, tmp_path, benches):
    bench = make_bench(tmp_path, "ast", attribute="key")
    for method in (attribution, deletion):
        with pytest.raises(DoesNotApply, match="key is heard in all stems"):
            method.matrix(bench)
    object.__setattr__(bench, "parts", None)
    with pytest.raises(DoesNotApply, match="no corpus of twins with parts is named"):
        deletion.matrix(bench)
    with pytest.raises(DoesNotApply, match="hears through a Waveform"):
        attribution.matrix(benches["raw"])


def test_patching_at_the_best_layer(ast_bench):
    scores = patching.matrix(ast_bench)
    cases = chosen(ast_bench.twins, 4, 5)
    parts = (ast_bench.bundle, ast_bench.layers, ast_bench.twins, cases, "softmax", ["layer2"])
    expected = patched_effects(*parts)["layer2"][..., COLUMNS]
    assert scores.values[0] == pytest.approx(expected)
    assert scores.names == tuple(family.base for family, _ in cases)


def test_sonifications_of_selective_maps_are_taken_away(benches):
    bench = benches["raw"]
    scores = sonification.matrix(bench)
    check_scores(scores, bench)
    positions, labels = bench.training
    means = np.asarray(bench.activations["second"][positions])
    network, clip = bench.bundle.network, 3
    sound = bench.inputs(bench.indices)[clip : clip + 1]
    for number in range(3):
        areas = [roc_auc_score(labels == number, means[:, m]) for m in range(6)]
        leaf = sound.clone().requires_grad_()
        first = network.first[0](leaf[:, None])
        second = network.second[0](first.relu()).relu()
        chosen_map = int(np.argmax(areas))
        signal = torch.zeros_like(second)
        signal[:, chosen_map] = second[:, chosen_map].detach()
        back = functional.conv_transpose1d(signal.relu(), network.second[0].weight, stride=4)
        back = functional.pad(back, (0, first.shape[-1] - back.shape[-1])).relu()
        back = functional.conv_transpose1d(back, network.first[0].weight, stride=4)
        heard = functional.pad(back, (0, sound.shape[-1] - back.shape[-1]))[:, 0].detach()
        peak = heard.abs().max()
        heard = heard / (peak if peak else 1) * sound.abs().max()
        expected = softmax(network(sound)[0]) - softmax(network(sound - heard)[0])
        assert scores.values[0, clip, number] == pytest.approx(expected[COLUMNS], abs=1e-4)


@pytest.mark.parametrize("kind", ["cnn", "raw"])
def test_vectors_steer_convolutions_too(benches, kind):
    scores = steering_probes.matrix(benches[kind])
    check_scores(scores, benches[kind])
    assert np.abs(scores.values).max() > 1e-4
