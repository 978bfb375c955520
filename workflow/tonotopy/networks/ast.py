"""Audio Spectrogram Transformer (Gong et al. 2021) on timm's blocks."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from timm.models.vision_transformer import Block as TimmBlock
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from tonotopy.networks import ast_size
from tonotopy.networks.layers import Layer

CLASS_TOKENS = 2  # DeiT's class and distillation token, averaged before the head


class Block(TimmBlock):
    """timm's pre-norm transformer block that can answer for its leading tokens alone."""

    def forward(self, tokens: Tensor, leading: int | None = None) -> Tensor:
        """Return the block's output.

        Args:
            tokens: shape (clips, tokens, width).
            leading: if given, only this many leading tokens are computed; all tokens are still
                attended to, so the result equals the slice of the full output.
        """
        if leading is None:
            return super().forward(tokens)
        hidden = tokens[:, :leading]
        hidden = hidden + self._attend(self.norm1(tokens), leading)
        return hidden + self.mlp(self.norm2(hidden))

    def _attend(self, tokens: Tensor, leading: int) -> Tensor:
        attention, width = self.attn, tokens.shape[-1]
        weight, bias = attention.qkv.weight, attention.qkv.bias
        query = nn.functional.linear(tokens[:, :leading], weight[:width], bias[:width])
        key, value = nn.functional.linear(tokens, weight[width:], bias[width:]).chunk(2, dim=-1)
        heads = [
            part.unflatten(-1, (attention.num_heads, -1)).transpose(1, 2)
            for part in (query, key, value)
        ]
        mixed = scaled_dot_product_attention(*heads, scale=attention.scale)
        return attention.proj_drop(attention.proj(mixed.transpose(1, 2).flatten(2)))


class AST(nn.Module):
    """Transformer over overlapping spectrogram patches with two class tokens.

    Args:
        classes: number of outputs.
        mels: mel bands of the input.
        frames: frames of the input.
        patch: height (mel bands) and width (frames) of a patch.
        stride: steps between patches in both axes.
        width: size of a token.
        depth: number of blocks.
        heads: attention heads per block.
        mlp_ratio: hidden units of a block's MLP per unit of width.
        dropout: dropout after attention and in the MLP, in training only.
        norm_eps: added to the variance in every layer norm; timm's value, transformers' AST has
            1e-12.

    Raises:
        ValueError: the patch does not fit into the input, or heads do not divide the width.
    """

    def __init__(
        self,
        classes: int,
        mels: int = ast_size.MELS,
        frames: int = ast_size.FRAMES,
        patch: tuple[int, int] = ast_size.PATCH,
        stride: tuple[int, int] = (10, 10),
        width: int = ast_size.WIDTH,
        depth: int = 12,
        heads: int = ast_size.HEADS,
        mlp_ratio: float = 4.0,
        dropout: float = 0.0,
        norm_eps: float = 1e-6,
    ):
        super().__init__()
        ast_size.check_patch(patch, mels, frames)
        ast_size.check_heads(width, heads)
        self.grid = tuple(
            (size - p) // s + 1 for size, p, s in zip((mels, frames), patch, stride, strict=True)
        )
        self.input_shape = (mels, frames)
        self.patches = nn.Conv2d(1, width, kernel_size=tuple(patch), stride=tuple(stride))
        self.class_tokens = nn.Parameter(torch.zeros(1, CLASS_TOKENS, width))
        tokens = CLASS_TOKENS + self.grid[0] * self.grid[1]
        self.positions = nn.Parameter(torch.zeros(1, tokens, width))
        norm = partial(nn.LayerNorm, eps=norm_eps)
        self.blocks = nn.ModuleList(
            Block(width, heads, mlp_ratio, qkv_bias=True, proj_drop=dropout, norm_layer=norm)
            for _ in range(depth)
        )
        self.norm = norm(width)
        self.head = nn.Sequential(norm(width), nn.Linear(width, classes))
        self.leading: int | None = CLASS_TOKENS  # tokens that the last block computes
        self._initialise()

    def _initialise(self):
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        nn.init.trunc_normal_(self.class_tokens, std=0.02)
        nn.init.trunc_normal_(self.positions, std=0.02)

    @property
    def layers(self) -> dict[str, Layer]:
        """The blocks, counted from layer1, each read by its class tokens."""
        tokens = tuple(range(CLASS_TOKENS))
        return {
            f"layer{i + 1}": Layer(f"blocks.{i}", "tokens", tokens) for i in range(len(self.blocks))
        }

    @contextmanager
    def computing_for(self, layers: Iterable[Layer]) -> Iterator[None]:
        """Compute all tokens of the last block, inside the block, if more than its class tokens
        are read or changed there."""
        last = f"blocks.{len(self.blocks) - 1}"
        inside = [at for at in layers if f"{at.path}.".startswith(f"{last}.")]
        if any(
            at.tokens is None or not set(at.tokens) <= set(range(CLASS_TOKENS)) for at in inside
        ):
            self.leading = None
        try:
            yield
        finally:
            self.leading = CLASS_TOKENS

    def embed(self, spectrograms: Tensor) -> Tensor:
        """Return the input of the first block.

        Args:
            spectrograms: shape (clips, mels, frames).

        Returns:
            Class tokens, then patches row by row (mel major): (clips, 2 + patches, width).
        """
        if tuple(spectrograms.shape[1:]) != self.input_shape:
            raise ValueError(
                f"expected spectrograms of (clips, {self.input_shape[0]}, {self.input_shape[1]}), "
                f"got {tuple(spectrograms.shape)}"
            )
        patches = self.patches(spectrograms[:, None]).flatten(2).transpose(1, 2)
        class_tokens = self.class_tokens.expand(len(patches), -1, -1)
        return torch.cat([class_tokens, patches], dim=1) + self.positions

    def classify(self, class_tokens: Tensor) -> Tensor:
        """Return logits (clips, classes) from the last block's tokens (clips, 2 or more, width)."""
        return self.head(self.norm(class_tokens[:, :CLASS_TOKENS]).mean(dim=1))

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return logits (clips, classes) of spectrograms (clips, mels, frames)."""
        tokens = self.embed(spectrograms)
        for block in self.blocks[:-1]:
            tokens = block(tokens)
        return self.classify(self.blocks[-1](tokens, leading=self.leading))
