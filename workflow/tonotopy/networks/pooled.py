"""Blocks that end in a rectifier and a max pooling, sooner in training."""

from torch import Tensor, nn


class Pooled(nn.Sequential):
    """Modules one after the other, the last two of which are ReLU and a max pooling.

    In training the maxima are rectified instead: the same numbers and the same gradients, from
    fewer samples. In evaluation the order stays, since where a map is silent the switches of the
    pooling, which sonifications go back by, are those of rectified samples.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """Return the last module's answer, or in training the last but one's."""
        if not self.training:
            return super().forward(maps)
        *modules, rectifier, pooling = self
        for module in modules:
            maps = module(maps)
        return rectifier(pooling(maps))
