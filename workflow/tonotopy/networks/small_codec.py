"""A codec of waveforms that is small enough to train here, with the interface of EnCodec."""

import math
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import pad

from tonotopy.errors import InputError
from tonotopy.networks.layers import Layer
from tonotopy.networks.residual_quantiser import ResidualQuantiser

ENDS = 7  # taps of the first and the last convolution
MIDDLE = 3  # taps on either side of the latents
OVERLAP = 2  # taps of the others, in strides


class CausalConv(nn.Conv1d):
    """A convolution that sees no sample after the end of its own step; before a clip is silence.

    Of (clips, channels, samples) it makes ceil(samples / stride) steps.
    """

    def forward(self, maps: Tensor) -> Tensor:
        taps, stride = self.kernel_size[0], self.stride[0]
        return super().forward(pad(maps, (taps - stride, -maps.shape[-1] % stride)))


class CausalUpsampling(nn.ConvTranspose1d):
    """The way back: a step gives ``stride`` samples from itself and steps before it."""

    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps)[..., : maps.shape[-1] * self.stride[0]]


class SmallCodec(nn.Module):
    """Causal convolutions, a residual vector quantiser, and the same way back (ours).

    It has what makes up EnCodec (Défossez et al. 2022) but for residual blocks, the recurrent part
    and the discriminators. Its quantiser is trained, see `ResidualQuantiser`.

    Args:
        widths: channels of the encoder's convolutions; the decoder's are the same backwards.
        strides: of all of these but the first; their product is the hop in samples.
        latent: channels of the latents.
        books: codebooks.
        entries: of each codebook.

    Raises:
        ValueError: not one stride less than widths, or a number below 1.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (16, 32, 48),
        strides: tuple[int, ...] = (4, 4),
        latent: int = 16,
        books: int = 4,
        entries: int = 64,
    ):
        super().__init__()
        if len(strides) != len(widths) - 1 or min((*widths, *strides)) < 1:
            raise ValueError(
                f"strides: one number less than widths, all from 1 on, not {list(strides)} and "
                f"{list(widths)}"
            )
        self.strides = tuple(strides)
        steps = list(zip(pairwise(widths), strides, strict=True))
        down = [_down(before, after, stride) for (before, after), stride in steps]
        up = [_up(after, before, stride) for (before, after), stride in reversed(steps)]
        self.encoder = nn.Sequential(
            nn.Sequential(CausalConv(1, widths[0], ENDS), nn.ELU()),
            *down,
            CausalConv(widths[-1], latent, MIDDLE),
        )
        self.quantiser = ResidualQuantiser(latent, books, entries)
        self.decoder = nn.Sequential(
            nn.Sequential(CausalConv(latent, widths[-1], MIDDLE), nn.ELU()),
            *up,
            CausalConv(widths[0], 1, ENDS),
        )

    @property
    def layers(self) -> dict[str, Layer]:
        """Each convolution of the encoder after its ELU, and the latents; read by channels."""
        last = len(self.encoder) - 1
        layers = {f"conv{i + 1}": Layer(f"encoder.{i}", "channels") for i in range(last)}
        return {**layers, "latents": Layer(f"encoder.{last}", "channels")}

    @property
    def hop(self) -> int:
        """Samples per frame."""
        return math.prod(self.strides)

    @property
    def codebooks(self) -> int:
        """Number of codebooks."""
        return self.quantiser.books

    def encode(self, waveforms: Tensor) -> Tensor:
        """Return continuous latents.

        Args:
            waveforms: shape (clips, samples), in [-1, 1].

        Returns:
            Shape (clips, latent, frames); a frame that is begun counts, so frames are
            ceil(samples / hop). A frame knows nothing of the samples after it.

        Raises:
            ValueError: waveforms with another number of axes.
        """
        if waveforms.ndim != 2:
            raise ValueError(f"waveforms must be (clips, samples), not {tuple(waveforms.shape)}")
        return self.encoder(waveforms[:, None])

    def decode(self, latents: Tensor, samples: int | None = None) -> Tensor:
        """Return waveforms from latents, continuous or quantised.

        Args:
            latents: shape (clips, latent, frames).
            samples: length to cut the waveforms to; None for all frames * hop samples.

        Returns:
            Shape (clips, samples); values may leave [-1, 1].
        """
        return self.decoder(latents)[:, 0, :samples]

    def quantise(self, latents: Tensor, codebooks: int) -> Tensor:
        """Return codes of latents.

        Args:
            latents: shape (clips, latent, frames).
            codebooks: how many to use, from 1 to all; each codes what those before left over.

        Returns:
            Integers from 0 to entries - 1, shape (clips, codebooks, frames).

        Raises:
            InputError: there are not as many codebooks.
        """
        if not 1 <= codebooks <= self.codebooks:
            raise InputError(f"codebooks must be from 1 to {self.codebooks}, not {codebooks}")
        return self.quantiser.codes(latents, codebooks)

    def dequantise(self, codes: Tensor) -> Tensor:
        """Return the latents (clips, latent, frames) that codes (clips, codebooks, frames) name."""
        return self.quantiser.latents(codes)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return continuous latents, see `encode`."""
        return self.encode(waveforms)


def _down(before: int, after: int, stride: int) -> nn.Module:
    return nn.Sequential(CausalConv(before, after, OVERLAP * stride, stride), nn.ELU())


def _up(before: int, after: int, stride: int) -> nn.Module:
    return nn.Sequential(CausalUpsampling(before, after, OVERLAP * stride, stride), nn.ELU())
