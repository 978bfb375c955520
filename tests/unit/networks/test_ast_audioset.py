"""Weights of the AudioSet AST: transformers' names of both generations, the original's names."""

import re

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn
from transformers import ASTConfig, ASTForAudioClassification

from tonotopy.errors import InputError
from tonotopy.networks.ast import AST
from tonotopy.networks.ast_audioset import convert
from tonotopy.networks.layers import Layer

# release 5 -> release 4, which the published file still has
OLDER = (
    (r"\.layers\.", ".encoder.layer."),
    (r"attention\.q_proj", "attention.attention.query"),
    (r"attention\.k_proj", "attention.attention.key"),
    (r"attention\.v_proj", "attention.attention.value"),
    (r"attention\.o_proj", "attention.output.dense"),
    (r"mlp\.fc1", "intermediate.dense"),
    (r"mlp\.fc2", "output.dense"),
)


def ours() -> AST:
    return AST(5, mels=32, frames=48, width=24, depth=3, heads=3, norm_eps=1e-12).eval()


@pytest.fixture(scope="module")
def theirs() -> ASTForAudioClassification:
    torch.manual_seed(0)
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
    )
    network = ASTForAudioClassification(config).eval()
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0, 0.2)
    return network


def older(weights: dict) -> dict:
    renamed = {}
    for name, value in weights.items():
        for pattern, replacement in OLDER:
            name = re.sub(pattern, replacement, name)
        renamed[name] = value
    return renamed


@torch.no_grad()
def test_weights_in_present_names_give_transformers_logits(theirs):
    network, spectrograms = ours(), torch.randn(4, 32, 48)
    network.load_state_dict(convert(theirs.state_dict()), strict=True)
    expected = theirs(spectrograms.transpose(1, 2)).logits
    assert expected.std() > 0.05  # not vacuous
    torch.testing.assert_close(network(spectrograms), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_weights_in_older_names_give_the_logits_of_transformers_own_loading(theirs, tmp_path):
    weights = older(theirs.state_dict())
    assert "audio_spectrogram_transformer.encoder.layer.0.attention.attention.query.bias" in weights
    theirs.config.save_pretrained(tmp_path)
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    loaded = ASTForAudioClassification.from_pretrained(tmp_path).eval()
    network, spectrograms = ours(), torch.randn(2, 32, 48)
    network.load_state_dict(convert(weights), strict=True)
    expected = loaded(spectrograms.transpose(1, 2)).logits
    torch.testing.assert_close(network(spectrograms), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_weights_in_the_original_names_arrive_in_timm_s_places():
    torch.manual_seed(0)
    deit = timm.create_model(
        "deit_tiny_distilled_patch16_224",
        pretrained=False,
        img_size=(32, 48),
        in_chans=1,
        embed_dim=24,
        depth=3,
        num_heads=3,
    ).eval()
    head = nn.Sequential(nn.LayerNorm(24, eps=1e-6), nn.Linear(24, 5))
    for parameter in (*deit.parameters(), *head.parameters()):
        nn.init.normal_(parameter, 0, 0.2)
    weights = {f"module.v.{k}": v for k, v in deit.state_dict().items()}
    weights |= {f"module.mlp_head.{k}": v for k, v in head.state_dict().items()}
    network = AST(5, mels=32, frames=48, stride=(16, 16), width=24, depth=3, heads=3).eval()
    network.load_state_dict(convert(weights), strict=True)
    spectrograms = torch.randn(3, 32, 48)
    tokens = deit.forward_features(spectrograms[:, None])  # after the last norm
    expected = head((tokens[:, 0] + tokens[:, 1]) / 2)
    torch.testing.assert_close(network(spectrograms), expected, rtol=1e-4, atol=1e-4)


def test_files_that_are_no_ast_or_not_whole_are_refused(theirs):
    with pytest.raises(InputError, match=r"not an AST checkpoint.*'module\.v\.'"):
        convert({"conv.weight": torch.zeros(1)})
    for name in ("embeddings.cls_token", "layers.1.attention.k_proj.bias"):
        weights = dict(theirs.state_dict())
        del weights[f"audio_spectrogram_transformer.{name}"]
        with pytest.raises(InputError, match="not a whole AST checkpoint"):
            convert(weights)
    extra = {**theirs.state_dict(), "audio_spectrogram_transformer.layers.0.extra": torch.zeros(1)}
    with pytest.raises(RuntimeError, match="blocks.0.extra"):
        ours().load_state_dict(convert(extra), strict=True)


def test_a_layer_norm_s_epsilon_is_an_argument():
    epsilons = {m.eps for m in ours().modules() if isinstance(m, nn.LayerNorm)}
    assert epsilons == {1e-12}
    default = AST(2, mels=16, frames=16, width=8, depth=1, heads=2)
    assert {m.eps for m in default.modules() if isinstance(m, nn.LayerNorm)} == {1e-6}


def test_layers_are_the_blocks_and_a_vector_is_the_mean_class_token():
    layers = ours().layers
    assert layers == {f"layer{i + 1}": Layer(f"blocks.{i}", "tokens", (0, 1)) for i in range(3)}
    tokens = torch.randn(4, 14, 24)
    expected = (tokens[:, 0] + tokens[:, 1]) / 2
    torch.testing.assert_close(layers["layer2"].vector(tokens, clips=4), expected)
