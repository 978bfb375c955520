"""Published weights of the AST that Gong et al. (2021) trained on AudioSet, for our AST."""

import re

import torch
from torch import Tensor

from tonotopy.errors import InputError

BODY, ORIGINAL = "audio_spectrogram_transformer.", "v."
UNUSED = ("v.head.", "v.head_dist.")  # DeiT's ImageNet heads, which the original file keeps
# transformers' names of releases 5 and 4, in the order in which they are replaced
TO_OURS = (
    (r"^audio_spectrogram_transformer\.", ""),
    (r"^embeddings\.patch_embeddings\.projection\.", "patches."),
    (r"^embeddings\.position_embeddings$", "positions"),
    (r"^embeddings\.", ""),
    (r"^(encoder\.layer|layers)\.", "blocks."),
    (r"\.attention\.attention\.query\.|\.attention\.q_proj\.", ".attn.q."),
    (r"\.attention\.attention\.key\.|\.attention\.k_proj\.", ".attn.k."),
    (r"\.attention\.attention\.value\.|\.attention\.v_proj\.", ".attn.v."),
    (r"\.attention\.(output\.dense|o_proj)\.", ".attn.proj."),
    (r"\.intermediate\.dense\.", ".mlp.fc1."),
    (r"\.output\.dense\.", ".mlp.fc2."),
    (r"\.layernorm_before\.", ".norm1."),
    (r"\.layernorm_after\.", ".norm2."),
    (r"^layernorm\.", "norm."),
    (r"^classifier\.layernorm\.", "head.0."),
    (r"^classifier\.dense\.", "head.1."),
)


def convert(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under our AST's names.

    Args:
        weights: a state dict of transformers' ASTForAudioClassification (names of release 5 or 4)
            or of the original repository (YuanGongND/ast, saved with or without DataParallel).

    Raises:
        InputError: it is neither, or lacks a class token or a part of an attention.
    """
    weights = {k.removeprefix("module."): v for k, v in weights.items()}
    try:
        if any(k.startswith(ORIGINAL) for k in weights):
            return _from_original(weights)
        if any(k.startswith(BODY) for k in weights):
            return _from_transformers(weights)
    except KeyError as error:
        raise InputError(f"not a whole AST checkpoint: {error} is missing") from error
    raise InputError(
        f"not an AST checkpoint: no weight's name begins with '{BODY}' or 'module.{ORIGINAL}'"
    )


def _from_original(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    used = {k: v for k, v in weights.items() if not k.startswith(UNUSED)}
    converted = {
        "class_tokens": torch.cat([used.pop("v.cls_token"), used.pop("v.dist_token")], dim=1),
        "positions": used.pop("v.pos_embed"),
        "patches.weight": used.pop("v.patch_embed.proj.weight"),
        "patches.bias": used.pop("v.patch_embed.proj.bias"),
    }
    for name, value in used.items():
        head = name.startswith("mlp_head.")
        ours = name.replace("mlp_head.", "head.", 1) if head else name.removeprefix(ORIGINAL)
        converted[ours] = value
    return converted


def _from_transformers(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    renamed = {_ours(name): value for name, value in weights.items()}
    tokens = [renamed.pop("cls_token"), renamed.pop("distillation_token")]
    for name in [n for n in renamed if ".attn.q." in n]:
        parts = [renamed.pop(name.replace(".attn.q.", f".attn.{part}.")) for part in "qkv"]
        renamed[name.replace(".attn.q.", ".attn.qkv.")] = torch.cat(parts)
    return {"class_tokens": torch.cat(tokens, dim=1), **renamed}


def _ours(name: str) -> str:
    for pattern, replacement in TO_OURS:
        name = re.sub(pattern, replacement, name)
    return name
