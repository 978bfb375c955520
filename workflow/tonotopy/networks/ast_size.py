"""Sizes of an Audio Spectrogram Transformer that fit each other; light enough for planning."""

# of the published AST (Gong et al. 2021), and so of whatever an entry does not say
PATCH, MELS, FRAMES, WIDTH, HEADS = (16, 16), 128, 1024, 768, 12


def check_patch(patch: tuple[int, int], mels: int, frames: int) -> None:
    """Check that a patch (mel bands, frames) fits into a spectrogram.

    Raises:
        ValueError: the message has both.
    """
    if patch[0] > mels or patch[1] > frames:
        raise ValueError(f"patch {tuple(patch)} does not fit into {mels} mels x {frames} frames")


def check_heads(width: int, heads: int) -> None:
    """Check that attention heads divide a token's width among them.

    Raises:
        ValueError: the message has both.
    """
    if width % heads:
        raise ValueError(f"width {width} is not a multiple of {heads} heads")
