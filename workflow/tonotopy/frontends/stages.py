"""The two stages of a front end: what may be kept in memory, and what the network is given."""

from collections.abc import Callable, Iterable

from torch import Tensor, nn

from tonotopy.frontends.mel import LogMelScale


class FrontEnd(nn.Module):
    """From waveforms (clips, samples) in [-1, 1] to the input of a network.

    ``forward`` is ``finish(features(waveforms))``. Features are what a training may keep in memory
    from epoch to epoch: all that is costly is done, and nothing that depends on the training split.
    By default they are the network's input itself; a front end that normalises by the training
    split's statistics overrides all three methods. `frontends.domains` says which kinds of sound
    can be augmented on the way.

    Attributes:
        scale: what the features' values and bands mean where they are a log-mel spectrogram; None
            elsewhere.
        raw: whether the features are the waveforms themselves.
    """

    scale: LogMelScale | None = None
    raw = False

    def features(self, waveforms: Tensor) -> Tensor:
        """Return what may be cached, shape (clips, ...), of waveforms (clips, samples)."""
        return self(waveforms)

    def finish(self, features: Tensor) -> Tensor:
        """Return the network's input, shape (clips, ...), of features."""
        return features

    def fitted(self, features: Callable[[], Iterable[Tensor]]) -> "FrontEnd":
        """Return the front end with the training split's statistics, if it normalises by them.

        Args:
            features: called for batches of the training split's features, if they are needed.
        """
        return self
