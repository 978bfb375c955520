"""CNN14 of PANNs (Kong et al. 2020), also the audio encoder of Microsoft's CLAP of 2022."""

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, dropout, gelu, relu, relu_

from tonotopy.errors import InputError
from tonotopy.networks.layers import Layer

BLOCKS = 6
SMALLEST = 32  # mels and frames: five poolings by two
BETWEEN_BLOCKS, AROUND_FC1 = 0.2, 0.5  # dropout
ENCODER = "audio_encoder."
# CLAP's copy of the front end, and PANNs' AudioSet head, which CLAP's projection stands in for
UNUSED = ("base.spectrogram_extractor.", "base.logmel_extractor.", "base.fc_audioset.")


class ConvBlock(nn.Module):
    """Two 3 x 3 convolutions with batch normalisation and ReLU, then average pooling."""

    def __init__(self, before: int, after: int, pool: int):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, kernel_size=3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(after, after, kernel_size=3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(after), nn.BatchNorm2d(after)
        self.pool = pool

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps (clips, after, frames // pool, mels // pool)."""
        maps = relu_(self.bn1(self.conv1(maps)))
        return avg_pool2d(relu_(self.bn2(self.conv2(maps))), self.pool)


class Base(nn.Module):
    """CNN14 without its front end, under PANNs' names."""

    def __init__(self, classes: int, mels: int, widths: tuple[int, ...], fc: int):
        super().__init__()
        self.bn0 = nn.BatchNorm2d(mels)
        for i, (before, after) in enumerate(zip((1, *widths), widths, strict=False), start=1):
            block = ConvBlock(before, after, pool=2 if i < BLOCKS else 1)
            self.add_module(f"conv_block{i}", block)
        self.fc1 = nn.Linear(widths[-1], fc)
        if classes:
            self.fc_audioset = nn.Linear(fc, classes)

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return embeddings (clips, fc) of spectrograms (clips, mels, frames)."""
        maps = self.bn0(spectrograms[..., None]).transpose(1, 3)  # (clips, 1, frames, mels)
        for i in range(1, BLOCKS + 1):
            maps = dropout(getattr(self, f"conv_block{i}")(maps), BETWEEN_BLOCKS, self.training)
        over_time = maps.mean(dim=3)
        pooled = over_time.amax(dim=2) + over_time.mean(dim=2)
        return relu(self.fc1(dropout(pooled, AROUND_FC1, self.training)))


class Projection(nn.Module):
    """CLAP's way from an encoder into the space that sound and text share."""

    def __init__(self, before: int, after: int):
        super().__init__()
        self.linear1 = nn.Linear(before, after, bias=False)
        self.linear2 = nn.Linear(after, after, bias=False)
        self.layer_norm = nn.LayerNorm(after)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Return projected embeddings (clips, after)."""
        first = self.linear1(embeddings)
        second = dropout(self.linear2(gelu(first)), 0.5, self.training)
        return self.layer_norm(first + second)


class CNN14(nn.Module):
    """Six blocks of two convolutions and a fully connected layer, then a head.

    Args:
        classes: outputs of PANNs' linear head; 0 for none.
        mels: mel bands of the input, at least 32.
        widths: channels of the six blocks.
        fc: units of the fully connected layer.
        projection: size of CLAP's projection, published as 1024; 0 for none.

    Raises:
        ValueError: not six widths, too few mels, or not exactly one of the two heads.
    """

    def __init__(
        self,
        classes: int = 0,
        mels: int = 64,
        widths: tuple[int, ...] = (64, 128, 256, 512, 1024, 2048),
        fc: int = 2048,
        projection: int = 0,
    ):
        super().__init__()
        if len(widths) != BLOCKS:
            raise ValueError(f"CNN14 has {BLOCKS} blocks, widths {tuple(widths)} are {len(widths)}")
        if mels < SMALLEST:
            raise ValueError(f"CNN14 needs at least {SMALLEST} mels, not {mels}")
        if bool(classes) == bool(projection):
            raise ValueError(
                f"CNN14 answers by either classes or a projection: got classes {classes} and "
                f"projection {projection}"
            )
        self.mels = mels
        self.base = Base(classes, mels, widths, fc)
        self.projection = Projection(fc, projection) if projection else None
        self._initialise()

    @property
    def hears_through(self) -> tuple[str, ...]:
        """The normalisation of the mel bands, which the front end leaves to the network."""
        return ("base.bn0",)

    def _initialise(self) -> None:
        """Set PANNs' initial weights; CLAP's projection keeps torch's."""
        for module in self.base.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    @property
    def layers(self) -> dict[str, Layer]:
        """The blocks after their pooling, and the fully connected layer before its ReLU."""
        blocks = {f"conv{i}": Layer(f"base.conv_block{i}") for i in range(1, BLOCKS + 1)}
        return {**blocks, "fc1": Layer("base.fc1")}

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return projected embeddings, or logits where the network has classes.

        Args:
            spectrograms: shape (clips, mels, frames), at least 32 frames.

        Returns:
            Shape (clips, projection) or (clips, classes).

        Raises:
            ValueError: spectrograms of another shape.
        """
        shape = tuple(spectrograms.shape)
        if len(shape) != 3 or shape[1] != self.mels or shape[2] < SMALLEST:
            raise ValueError(
                f"expected spectrograms of (clips, {self.mels}, {SMALLEST} or more), got {shape}"
            )
        embeddings = self.base(spectrograms)
        if self.projection is None:
            return self.base.fc_audioset(embeddings)
        return self.projection(dropout(embeddings, AROUND_FC1, self.training))


def from_clap(checkpoint: dict) -> dict[str, Tensor]:
    """Return CNN14's weights from Microsoft's CLAP checkpoint of 2022.

    Args:
        checkpoint: as published: the whole model's state dict below the key ``model``.

    Returns:
        The audio encoder's weights under `CNN14`'s names; text encoder, temperature, front end and
        the AudioSet head are left out, nothing else is.

    Raises:
        InputError: it holds no audio encoder.
    """
    weights = checkpoint.get("model", checkpoint)
    encoder = {k.removeprefix(ENCODER): v for k, v in weights.items() if k.startswith(ENCODER)}
    if not encoder:
        raise InputError(f"not a CLAP checkpoint: no weight's name begins with '{ENCODER}'")
    return {k: v for k, v in encoder.items() if not k.startswith(UNUSED)}
