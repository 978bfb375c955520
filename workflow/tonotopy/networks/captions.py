"""The text encoder of Microsoft's CLAP of 2022 (Elizalde et al. 2023, section 3): BERT, projected.

The bundle of the published network has the sound's side alone; the checkpoint has both.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from tonotopy.errors import InputError
from tonotopy.networks.cnn14 import Projection

ENCODER = "caption_encoder."
# a buffer of older releases of transformers, and BERT's own pooling, which CLAP does not use
UNUSED = ("base.embeddings.position_ids", "base.pooler.")


class CaptionEncoder(nn.Module):
    """BERT's first token, projected into the space that text shares with sound.

    Args:
        vocabulary: file of BERT's word pieces, one a line.
        projection: size of the common space.
        sizes: of BERT, as transformers' BertConfig takes them; those of bert-base by default.
    """

    def __init__(self, vocabulary: str | Path, projection: int = 1024, sizes: dict | None = None):
        super().__init__()
        # here, because they take seconds, which other networks need not pay
        from tokenizers.implementations import BertWordPieceTokenizer
        from transformers import BertConfig, BertModel

        config = BertConfig(**(sizes or {}))
        self.pieces = BertWordPieceTokenizer(str(vocabulary), lowercase=True)
        self.base = BertModel(config, add_pooling_layer=False)
        self.projection = Projection(config.hidden_size, projection)

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Return unit vectors, shape (texts, projection).

        Short texts are padded and masked: the padding changes nothing.
        """
        encoded = self.pieces.encode_batch(list(texts))
        longest = max(len(text.ids) for text in encoded)
        for text in encoded:
            text.pad(longest)
        device = self.projection.linear1.weight.device
        ids, mask = (
            torch.tensor([getattr(text, name) for text in encoded], device=device)
            for name in ("ids", "attention_mask")
        )
        tokens = self.base(input_ids=ids, attention_mask=mask).last_hidden_state
        return normalize(self.projection(tokens[:, 0]), dim=-1)


def from_clap(checkpoint: dict) -> dict[str, Tensor]:
    """Return the text encoder's weights from Microsoft's CLAP checkpoint of 2022.

    Args:
        checkpoint: as published: the whole model's state dict below the key ``model``.

    Raises:
        InputError: it holds no text encoder.
    """
    weights = checkpoint.get("model", checkpoint)
    encoder = {k.removeprefix(ENCODER): v for k, v in weights.items() if k.startswith(ENCODER)}
    if not encoder:
        raise InputError(f"not a CLAP checkpoint: no weight's name begins with '{ENCODER}'")
    return {k: v for k, v in encoder.items() if not k.startswith(UNUSED)}
