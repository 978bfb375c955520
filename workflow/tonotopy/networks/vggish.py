"""VGGish (Hershey et al. 2017) under torchvggish's names, so that its weights load as they are."""

from torch import Tensor, nn

from tonotopy.networks.layers import Layer

POOLED_AFTER = (0, 1, 3, 5)  # convolutions that a 2 x 2 max pool follows


class VGGish(nn.Module):
    """Six convolutions and three fully connected layers over patches of 0.96 s.

    Args:
        classes: outputs of a linear head on the clip's embedding; 0 for no head.
        mels: mel bands of a patch.
        frames: frames of a patch.
        widths: channels of the six convolutions.
        hidden: units of the first two fully connected layers.
        embedding: size of the embedding, published as 128.

    Raises:
        ValueError: not six widths, or a patch that four poolings leave nothing of.
    """

    def __init__(
        self,
        classes: int = 0,
        mels: int = 64,
        frames: int = 96,
        widths: tuple[int, ...] = (64, 128, 256, 256, 512, 512),
        hidden: int = 4096,
        embedding: int = 128,
    ):
        super().__init__()
        if len(widths) != 6:
            raise ValueError(f"VGGish has 6 convolutions, widths {tuple(widths)} are {len(widths)}")
        pooled = (frames >> len(POOLED_AFTER), mels >> len(POOLED_AFTER))
        if not min(pooled):
            raise ValueError(f"patches of {frames} frames x {mels} mels are smaller than 16 x 16")
        self.input_shape = (frames, mels)
        self.features = _features(widths)
        self.embeddings = nn.Sequential(
            nn.Linear(widths[-1] * pooled[0] * pooled[1], hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, embedding),
            nn.ReLU(inplace=True),
        )
        self.classifier = nn.Linear(embedding, classes) if classes else None
        self._initialise()

    def _initialise(self) -> None:
        """Keep the variance through the ReLUs (He et al. 2015): there is no normalisation to."""
        for module in (*self.features, *self.embeddings):
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)

    @property
    def layers(self) -> dict[str, Layer]:
        """The six convolutions and the first fully connected layer, each after its ReLU."""
        convolutions = (1, 4, 7, 9, 12, 14)
        conv_layers = {
            f"conv{i}": Layer(f"features.{at}") for i, at in enumerate(convolutions, start=1)
        }
        return {**conv_layers, "fc1": Layer("embeddings.1")}

    def forward(self, patches: Tensor) -> Tensor:
        """Return embeddings averaged over a clip's chunks, or logits where there is a head.

        Args:
            patches: shape (clips, chunks, frames, mels). Inside, chunks are folded into the batch
                clip by clip.

        Returns:
            Shape (clips, embedding) or (clips, classes).

        Raises:
            ValueError: patches of another shape.
        """
        if patches.ndim != 4 or tuple(patches.shape[2:]) != self.input_shape:
            raise ValueError(
                f"expected patches of (clips, chunks, {self.input_shape[0]}, "
                f"{self.input_shape[1]}), got {tuple(patches.shape)}"
            )
        maps = self.features(patches.flatten(0, 1)[:, None])
        # the weights were trained on maps whose channels come last
        embeddings = self.embeddings(maps.permute(0, 2, 3, 1).flatten(1))
        clips = embeddings.unflatten(0, patches.shape[:2]).mean(dim=1)
        return clips if self.classifier is None else self.classifier(clips)


def _features(widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i, (before, after) in enumerate(zip((1, *widths), widths, strict=False)):
        layers += [nn.Conv2d(before, after, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
        if i in POOLED_AFTER:
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return nn.Sequential(*layers)
