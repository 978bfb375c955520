"""Where the hidden states of transformers' networks lie in the sound that they are of.

Times are the middles of what a position hears: of its window in networks of convolutions and of
patches. Mimi's convolutions hear the past alone, and a position is of the newest samples.
"""

import math
from collections.abc import Callable
from typing import Any

from tonotopy.networks.positions import Axis, Positions

SPEECH = ("hubert", "wavlm", "wav2vec2", "data2vec-audio")


def positions(
    model_type: str, config: Any, extractor: Any, number: int, samples: int
) -> Positions | None:
    """Return where the positions of a hidden state lie.

    Args:
        model_type: of the network's configuration.
        config: of the network.
        extractor: its feature extractor.
        number: of positions of the hidden state.
        samples: of the clips.

    Returns:
        None where rows of a hidden state mix different times (CLAP with few patches).
    """
    return _BY_TYPE[model_type](config, extractor, number, samples)


def whisper_positions(config: Any, extractor: Any, samples: int) -> int:
    """Return how many of Whisper's positions a clip fills."""
    frames = -(-samples // extractor.hop_length)
    return min(-(-frames // 2), config.max_source_positions)


def _speech(config: Any, extractor: Any, number: int, samples: int) -> Positions:
    hears, step = 1, 1
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        hears, step = hears + (kernel - 1) * step, step * stride
    return Positions(Axis((hears - 1) / 2, step, number), None, number)


def _mimi(config: Any, extractor: Any, number: int, samples: int) -> Positions:
    step = math.prod(config.upsampling_ratios)
    return Positions(Axis((step - 1) / 2, step, number), None, number)


def _whisper(config: Any, extractor: Any, number: int, samples: int) -> Positions:
    return Positions(Axis(0.0, 2 * extractor.hop_length, number), None, number)


def _patches(config: Any, extractor: Any, number: int, samples: int) -> Positions:
    """Return the grid of AST's patches, over Kaldi's frames of 25 ms every 10 ms.

    Columns whose middle lies behind the end of the clip hear padding alone, or mostly.
    """
    rate = extractor.sampling_rate
    window, hop = int(rate * 0.025), int(rate * 0.010)
    size = config.patch_size
    rows = (config.num_mel_bins - size) // config.frequency_stride + 1
    columns = (config.max_length - size) // config.time_stride + 1
    first = (window - 1) / 2 + hop * (size - 1) / 2
    step = hop * config.time_stride
    bands = Axis((size - 1) / 2, config.frequency_stride, rows)
    return Positions(Axis(first, step, _within(first, step, columns, samples)), bands, columns)


def _stages(config: Any, extractor: Any, number: int, samples: int) -> Positions | None:
    """Return the grid of a stage of CLAP's, whose picture is the spectrogram cut into chunks.

    Frames are stretched to the width of the picture, the first to its first column and the last to
    its last one. Of a clip that is repeated the first take is kept.
    """
    side, chunks = math.isqrt(number), config.spec_size // config.num_mel_bins
    if side**2 != number or side % chunks:
        return None
    rows, columns = side // chunks, chunks * side
    frames, width = extractor.nb_max_samples // extractor.hop_length + 1, config.spec_size * chunks
    of_frame = extractor.hop_length * (frames - 1) / (width - 1)  # samples of a column of pixels
    pixels = width / columns
    first, step = of_frame * (pixels - 1) / 2, of_frame * pixels
    height = config.num_mel_bins / rows
    bands = Axis((height - 1) / 2, height, rows)
    times = Axis(first, step, _within(first, step, columns, samples))
    return Positions(times, bands, side, chunks)


def _within(first: float, step: float, columns: int, samples: int) -> int:
    """Return how many of the columns have their middle in the clip, at least one."""
    return min(columns, max(1, math.floor((samples - 1 - first) / step) + 1))


_BY_TYPE: dict[str, Callable[[Any, Any, int, int], Positions | None]] = {
    **dict.fromkeys(SPEECH, _speech),
    "mimi": _mimi,
    "whisper": _whisper,
    "audio-spectrogram-transformer": _patches,
    "clap": _stages,
}
