"""Our AST against transformers' on shared weights, and its fast path against the plain one."""

import inspect

import pytest
import torch
from transformers import ASTConfig, ASTForAudioClassification

from tonotopy.frontends.log_mel import LogMelSettings
from tonotopy.networks import ast_size
from tonotopy.networks.ast import AST, CLASS_TOKENS
from tonotopy.networks.layers import Layer

SIZES = {"mels": 32, "frames": 48, "patch": (16, 16), "stride": (10, 10)}


def small(**changes) -> AST:
    torch.manual_seed(0)
    return AST(classes=5, **{**SIZES, "width": 24, "depth": 3, "heads": 3, **changes}).eval()


def reference(ours: AST) -> ASTForAudioClassification:
    """transformers' AST with our weights under its names, and our LayerNorm's epsilon."""
    config = ASTConfig(
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=3,
        intermediate_size=96,
        patch_size=16,
        frequency_stride=10,
        time_stride=10,
        num_mel_bins=32,
        max_length=48,
        num_labels=5,
        layer_norm_eps=1e-6,
    )
    theirs = ASTForAudioClassification(config).eval()
    weights, body = {}, "audio_spectrogram_transformer"
    own = ours.state_dict()
    weights[f"{body}.embeddings.cls_token"] = own["class_tokens"][:, :1]
    weights[f"{body}.embeddings.distillation_token"] = own["class_tokens"][:, 1:]
    weights[f"{body}.embeddings.position_embeddings"] = own["positions"]
    for kind in ("weight", "bias"):
        name = f"{body}.embeddings.patch_embeddings.projection.{kind}"
        weights[name] = own[f"patches.{kind}"]
        for i in range(3):
            ours_at, theirs_at = f"blocks.{i}", f"{body}.layers.{i}"
            parts = own[f"{ours_at}.attn.qkv.{kind}"].chunk(3)
            for part, value in zip("qkv", parts, strict=True):
                weights[f"{theirs_at}.attention.{part}_proj.{kind}"] = value
            weights[f"{theirs_at}.attention.o_proj.{kind}"] = own[f"{ours_at}.attn.proj.{kind}"]
            for theirs_name, ours_name in (
                ("mlp.fc1", "mlp.fc1"),
                ("mlp.fc2", "mlp.fc2"),
                ("layernorm_before", "norm1"),
                ("layernorm_after", "norm2"),
            ):
                weights[f"{theirs_at}.{theirs_name}.{kind}"] = own[f"{ours_at}.{ours_name}.{kind}"]
        weights[f"{body}.layernorm.{kind}"] = own[f"norm.{kind}"]
        weights[f"classifier.layernorm.{kind}"] = own[f"head.0.{kind}"]
        weights[f"classifier.dense.{kind}"] = own[f"head.1.{kind}"]
    theirs.load_state_dict(weights, strict=True)
    return theirs


@torch.no_grad()
def test_logits_equal_transformers_on_shared_random_weights():
    ours = small()
    for parameter in ours.parameters():
        parameter.normal_(0, 0.2)
    spectrograms = torch.randn(4, 32, 48)
    expected = reference(ours)(spectrograms.transpose(1, 2)).logits
    assert expected.std() > 0.05  # not vacuous
    torch.testing.assert_close(ours(spectrograms), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_the_last_block_answers_for_the_class_tokens_as_the_full_block_does():
    network, tokens = small(), torch.randn(2, 30, 24)
    for block in network.blocks:
        full = block(tokens)
        torch.testing.assert_close(block(tokens, leading=CLASS_TOKENS), full[:, :CLASS_TOKENS])


def test_gradients_agree_between_both_paths():
    network, spectrograms = small(), torch.randn(2, 32, 48)
    network(spectrograms).square().sum().backward()
    fast = {n: p.grad.clone() for n, p in network.named_parameters()}
    network.zero_grad()
    tokens = network.embed(spectrograms)
    for block in network.blocks:
        tokens = block(tokens)
    network.classify(tokens).square().sum().backward()
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(parameter.grad, fast[name], rtol=1e-3, atol=1e-5)


def test_paper_size_has_12_by_101_patches_and_86_million_parameters():
    with torch.device("meta"):
        network = AST(classes=527)
    assert network.grid == (12, 101)
    assert network.positions.shape == (1, 1214, 768)
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(87e6, rel=0.02)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="does not fit"):
        AST(classes=2, mels=8, frames=8)
    with pytest.raises(ValueError, match="multiple"):
        small(width=25)
    with pytest.raises(ValueError, match="32, 48"):
        small()(torch.zeros(1, 32, 50))


def test_linear_layers_and_tokens_begin_small_and_biases_at_zero():
    """The untrained network, which is a baseline: weights of 0.02 cut at 2, as timm's."""
    torch.manual_seed(0)
    network = AST(classes=50, mels=32, frames=48, width=96, depth=2, heads=3)
    linear = [m for m in network.modules() if isinstance(m, torch.nn.Linear)]
    assert len(linear) == 2 * 4 + 1
    for module in linear:
        assert module.weight.std().item() == pytest.approx(0.02, rel=0.1)
        assert abs(module.weight.mean().item()) < 0.002 and not module.bias.any()
    assert network.class_tokens.std().item() == pytest.approx(0.02, rel=0.25)
    assert network.positions.std().item() == pytest.approx(0.02, rel=0.1)
    torch.manual_seed(0)
    again = AST(classes=50, mels=32, frames=48, width=96, depth=2, heads=3)
    assert torch.equal(again.positions, network.positions)


@torch.no_grad()
def test_as_many_tokens_are_computed_last_as_are_read_there():
    network, x = small(), torch.randn(2, 32, 48)
    seen = []
    handle = network.blocks[2].register_forward_hook(lambda m, i, o: seen.append(o.shape[1]))
    some = [Layer("blocks.2", "tokens", (1,)), Layer("blocks.1", "tokens"), Layer("blocks.20")]
    whole = [
        Layer("blocks.2", "tokens", (0, 2)),
        Layer("blocks.2", "tokens", (-1,)),
        Layer("blocks.2"),
        Layer("blocks.2.mlp.fc1", "channels"),
    ]
    for layers in (some, *([layer] for layer in whole)):
        with network.computing_for(layers):
            network(x)
    network(x)
    assert seen == [2, *[2 + 8] * 4, 2]  # 2 x 4 patches
    with pytest.raises(KeyError), network.computing_for(whole):
        raise KeyError
    network(x)
    assert seen[-1] == 2
    handle.remove()


def test_what_an_entry_leaves_open_is_what_the_network_and_its_front_end_take():
    defaults = {n: p.default for n, p in inspect.signature(AST.__init__).parameters.items()}
    light = {
        "patch": ast_size.PATCH,
        "mels": ast_size.MELS,
        "frames": ast_size.FRAMES,
        "width": ast_size.WIDTH,
        "heads": ast_size.HEADS,
    }
    assert light.items() <= defaults.items()
    assert LogMelSettings().mels == ast_size.MELS
