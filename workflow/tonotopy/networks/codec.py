"""EnCodec (Défossez et al. 2022): transformers' implementation behind plain tensors."""

import re

import torch
from torch import Tensor, nn

from tonotopy.errors import InputError
from tonotopy.networks.layers import Layer


class Codec(nn.Module):
    """Encoder, residual vector quantiser and decoder of mono waveforms.

    The defaults are those of facebook/encodec_24khz: 75 frames per second, 32 codebooks.

    Args:
        rate: sampling rate in Hz.
        filters: channels of the first convolution.
        latent: channels of the latents.
        ratios: factors of the decoder's upsampling; their product is the hop in samples.
        codebook: entries of a codebook, a power of 2.
        bandwidths: in kbit/s; the highest says how many codebooks there are.
        lstm: layers of the recurrent part.

    Raises:
        ValueError: numbers that transformers refuses.
    """

    def __init__(
        self,
        rate: int = 24000,
        filters: int = 32,
        latent: int = 128,
        ratios: tuple[int, ...] = (8, 5, 4, 2),
        codebook: int = 1024,
        bandwidths: tuple[float, ...] = (1.5, 3.0, 6.0, 12.0, 24.0),
        lstm: int = 2,
    ):
        super().__init__()
        # here, because it takes a second that only codecs should pay
        from huggingface_hub.errors import StrictDataclassError
        from transformers import EncodecConfig, EncodecModel

        try:
            config = EncodecConfig(
                sampling_rate=rate,
                num_filters=filters,
                hidden_size=latent,
                upsampling_ratios=list(ratios),
                codebook_size=codebook,
                target_bandwidths=list(bandwidths),
                num_lstm_layers=lstm,
            )
        except StrictDataclassError as error:
            raise ValueError(" ".join(str(error).split())) from error
        self.model = EncodecModel(config)

    @property
    def layers(self) -> dict[str, Layer]:
        """Convolution, downsamplings, recurrent part and last convolution of the encoder."""
        steps = len(self.model.config.upsampling_ratios)
        at = {"conv1": 0}
        at |= {f"down{i}": 3 * i for i in range(1, steps + 1)}
        at |= {"lstm": 3 * steps + 1, "latents": 3 * steps + 3}
        return {name: Layer(f"model.encoder.layers.{i}") for name, i in at.items()}

    @property
    def hop(self) -> int:
        """Samples per frame."""
        return self.model.config.hop_length

    @property
    def codebooks(self) -> int:
        """Number of codebooks."""
        return len(self.model.quantizer.layers)

    def encode(self, waveforms: Tensor) -> Tensor:
        """Return continuous latents.

        Args:
            waveforms: shape (clips, samples), in [-1, 1].

        Returns:
            Shape (clips, latent, frames); a frame that is begun counts, so frames are
            ceil(samples / hop).

        Raises:
            ValueError: waveforms with another number of axes.
        """
        if waveforms.ndim != 2:
            raise ValueError(f"waveforms must be (clips, samples), not {tuple(waveforms.shape)}")
        return self.model.encoder(waveforms[:, None])

    def decode(self, latents: Tensor, samples: int | None = None) -> Tensor:
        """Return waveforms from latents, continuous or quantised.

        Args:
            latents: shape (clips, latent, frames).
            samples: length to cut the waveforms to; None for all frames * hop samples.

        Returns:
            Shape (clips, samples); values may leave [-1, 1].
        """
        return self.model.decoder(latents)[:, 0, :samples]

    def quantise(self, latents: Tensor, codebooks: int) -> Tensor:
        """Return codes of latents.

        Args:
            latents: shape (clips, latent, frames).
            codebooks: how many to use, from 1 to all; each codes what those before left over.

        Returns:
            Integers from 0 to codebook - 1, shape (clips, codebooks, frames).

        Raises:
            InputError: there are not as many codebooks.
        """
        if not 1 <= codebooks <= self.codebooks:
            raise InputError(f"codebooks must be from 1 to {self.codebooks}, not {codebooks}")
        residual, codes = latents, []
        for layer in self.model.quantizer.layers[:codebooks]:
            codes.append(layer.encode(residual))
            residual = residual - layer.decode(codes[-1])
        return torch.stack(codes, dim=1)

    def dequantise(self, codes: Tensor) -> Tensor:
        """Return the latents (clips, latent, frames) that codes (clips, codebooks, frames) name."""
        return self.model.quantizer.decode(codes.transpose(0, 1))

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return continuous latents, see `encode`."""
        return self.encode(waveforms)


def from_hub(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of transformers' EncodecModel under `Codec`'s names.

    Args:
        weights: a state dict in which weight normalisation has its present names or, as in the
            published file, those from before torch 2.1 (weight_g, weight_v).
    """
    converted = {}
    for name, value in weights.items():
        name = re.sub(r"\.weight_g$", ".parametrizations.weight.original0", name)
        name = re.sub(r"\.weight_v$", ".parametrizations.weight.original1", name)
        converted[f"model.{name}"] = value
    return converted
