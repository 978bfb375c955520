"""A pre-norm transformer block under timm's names, so that DeiT's weights load as they are.

timm itself takes seconds to import.
"""

from torch import Tensor, nn
from torch.nn.functional import linear, scaled_dot_product_attention


class Attention(nn.Module):
    """Multi-head self-attention (Vaswani et al. 2017, section 3.2.2).

    Args:
        width: size of a token.
        heads: divide the width.
        dropout: of what it gives, in training only.
    """

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.num_heads = heads
        self.qkv = nn.Linear(width, 3 * width)  # queries, keys and values, each head by head
        self.proj = nn.Linear(width, width)
        self.proj_drop = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, leading: int | None = None) -> Tensor:
        """Return what the tokens (clips, tokens, width) attend to, for the leading ones or all."""
        if leading is None:
            parts = self.qkv(tokens).chunk(3, dim=-1)
        else:
            weight, bias, width = self.qkv.weight, self.qkv.bias, tokens.shape[-1]
            query = linear(tokens[:, :leading], weight[:width], bias[:width])
            parts = query, *linear(tokens, weight[width:], bias[width:]).chunk(2, dim=-1)
        heads = [part.unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for part in parts]
        mixed = scaled_dot_product_attention(*heads)
        return self.proj_drop(self.proj(mixed.transpose(1, 2).flatten(2)))


class Mlp(nn.Module):
    """Two dense layers with GELU between them, for each token.

    Args:
        width: size of a token.
        hidden: units between.
        dropout: after each dense layer, in training only.
    """

    def __init__(self, width: int, hidden: int, dropout: float):
        super().__init__()
        self.fc1, self.act, self.drop1 = nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout)
        self.fc2, self.drop2 = nn.Linear(hidden, width), nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens of the same shape."""
        return self.drop2(self.fc2(self.drop1(self.act(self.fc1(tokens)))))


class Block(nn.Module):
    """Attention and an MLP, each added to what its layer norm was given.

    It can answer for its leading tokens alone.

    Args:
        width: size of a token.
        heads: of the attention.
        mlp_ratio: hidden units of the MLP per unit of width.
        dropout: after attention and in the MLP, in training only.
        norm_eps: added to the variance in both layer norms.
    """

    def __init__(self, width: int, heads: int, mlp_ratio: float, dropout: float, norm_eps: float):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=norm_eps)
        self.attn = Attention(width, heads, dropout)
        self.norm2 = nn.LayerNorm(width, eps=norm_eps)
        self.mlp = Mlp(width, int(width * mlp_ratio), dropout)

    def forward(self, tokens: Tensor, leading: int | None = None) -> Tensor:
        """Return the block's output.

        Args:
            tokens: shape (clips, tokens, width).
            leading: if given, only this many leading tokens are computed; all tokens are still
                attended to, so the result equals the slice of the full output.
        """
        hidden = tokens[:, :leading] + self.attn(self.norm1(tokens), leading)
        return hidden + self.mlp(self.norm2(hidden))
