"""Transforms of waveforms that mix clips of a batch: `Clips` of shape (clips, samples)."""

import torch
from torch import Tensor
from torch.linalg import vector_norm

from tonotopy.errors import InputError
from tonotopy.seeding import generator
from tonotopy.training.augmentation.declared import Background, Mixup
from tonotopy.training.augmentation.draws import drawn, others, uniform
from tonotopy.training.clips import Clips


def add_background(clips: Clips, settings: Background, rng: torch.Generator) -> Clips:
    """Add another clip of the batch to some clips (study 4: thesis section 4.3.1).

    Per clip are drawn: the signal-to-noise ratio (power of the clip over that of what is added),
    whether, and which of the other clips. A silent clip, a clip that would get a silent one and
    the only clip of a batch stay as they are. The sum is not clipped.
    """
    share, sounds = clips.share, clips.sounds
    if share.total < 2:
        return clips
    ratio, applied = drawn(settings, share, rng)
    own = torch.arange(share.start, share.stop)
    chosen = others(own, share.total, share, rng)
    background = clips.whole_batch().sounds[chosen.to(sounds.device)]
    level = vector_norm(background, dim=1)
    factor = 10 ** (-ratio / 20).to(sounds) * vector_norm(sounds, dim=1) / level
    mixed = sounds + factor[:, None] * background
    applied = applied.to(sounds.device) & (level > 0)
    return clips._replace(sounds=torch.where(applied[:, None], mixed, sounds))


def mixup(clips: Clips, settings: Mixup, rng: torch.Generator) -> Clips:
    """Mix some clips and their targets with another clip's (study 4; Zhang et al. 2017).

    Per clip are drawn: the weight of the clip, from a beta distribution, whether, and its partner.
    The partners of all clips of a batch are a permutation of them, so that a clip may be its own.

    Raises:
        InputError: targets that are not floating-point numbers of shape (clips, classes).
    """
    share, sounds, targets = clips.share, clips.sounds, clips.targets
    if targets.ndim != 2 or not targets.is_floating_point():
        raise InputError(
            "augmentation 'mixup': needs a share of every class per clip as targets (clips, "
            f"classes), not {targets.dtype} of shape {tuple(targets.shape)}"
        )
    seed = int(torch.randint(2**62, (1,), generator=rng))
    weights = generator(seed, "mixup").beta(settings.alpha, settings.alpha, share.total)
    partners = torch.randperm(share.total, generator=rng)[share.slice].to(sounds.device)
    applied = uniform(share, rng) < settings.p
    weight = torch.where(applied, torch.from_numpy(weights)[share.slice], 1.0)[:, None]
    whole = clips.whole_batch()
    return clips._replace(
        sounds=_weighted(sounds, whole.sounds[partners], weight),
        targets=_weighted(targets, whole.targets[partners], weight),
    )


def _weighted(first: Tensor, second: Tensor, weight: Tensor) -> Tensor:
    """Return the mean of rows (clips, ...), the first ones' weights being ``weight`` (clips, 1)."""
    return weight.to(first) * first + (1 - weight).to(first) * second
