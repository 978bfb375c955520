"""What each transform of `declared` does, and how a list of them is applied.

A transform is a function ``(clips, settings, rng) -> clips``.

- It gets the clips of this process's share (`Clips`), in its own domain: sounds, targets and
  sampling rate. It returns them with ``clips._replace(...)``. It changes no tensor in place.
- It may change the targets, as mixup does, and the length of the sounds, as a crop or a time
  stretch does; all clips of a batch keep one shape.
- It may need other clips of the batch, as a background mix does: ``clips.whole_batch()`` has them
  all, in the batch's order. Every process has to ask for it, whatever was drawn.
- It draws from ``rng`` alone, for all ``clips.share.total`` clips, and keeps what is its share's
  (see `draws`): a clip then sounds the same however many processes share the batch, and a resumed
  training hears the same sounds.
"""

from collections.abc import Callable

import torch

from tonotopy.training.augmentation import log_mels, mixtures, spectrograms, waveforms
from tonotopy.training.augmentation.declared import Step
from tonotopy.training.clips import Clips

FUNCTIONS: dict[str, Callable] = {
    "noise": waveforms.add_noise,
    "relative_noise": waveforms.add_relative_noise,
    "gain": waveforms.change_gain,
    "pitch_shift": log_mels.shift_pitch,
    "time_stretch": log_mels.stretch_time,
    "pitch_mask": spectrograms.mask_pitch,
    "time_mask": spectrograms.mask_time,
    "background": mixtures.add_background,
    "pass_filter": waveforms.filter_pass,
    "crop": waveforms.crop,
    "silence": waveforms.silence,
    "mixup": mixtures.mixup,
}


def augmented(clips: Clips, steps: list[Step], domain: str, rng: torch.Generator | None) -> Clips:
    """Return clips after the transforms of one domain, in the order of the list.

    Args:
        clips: sounds in that domain.
        steps: the whole list.
        domain: waveform, log_mel or spectrogram.
        rng: source of all that is drawn; None leaves the clips as they are.
    """
    if rng is None:
        return clips
    for step in steps:
        if step.domain == domain:
            clips = FUNCTIONS[step.transform](clips, step.settings, rng)
    return clips
