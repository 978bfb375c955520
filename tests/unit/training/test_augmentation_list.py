"""The list of transforms: its order, its refusals, and what a transform is free to do."""

from dataclasses import dataclass

import pytest
import torch
from worlds import NETWORK, TONES, tone_corpus

from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.training.augmentation import declared
from tonotopy.training.augmentation.declared import Declared, Mask, Noise, Step, steps
from tonotopy.training.augmentation.registry import FUNCTIONS, augmented
from tonotopy.training.clips import FEATURES, INPUT, Clips
from tonotopy.training.fit import train
from tonotopy.training.listening import hear
from tonotopy.training.shares import Share

LOG_MEL = {"rate": 4000, "n_fft": 128, "mels": 16, "frames": 25}
OTHERS = {
    "kaldi": {"kind": "kaldi", "rate": 4000, "mels": 16, "frames": 20},
    "vggish": {
        "kind": "vggish",
        "rate": 4000,
        "window": 100,
        "hop": 40,
        "n_fft": 128,
        "mels": 16,
        "high_hz": 2000.0,
        "frames": 8,
    },
    "panns": {
        "kind": "panns",
        "rate": 4000,
        "n_fft": 128,
        "hop": 40,
        "mels": 16,
        "high_hz": 2000.0,
    },
    "efficientat": {
        "kind": "efficientat",
        "rate": 4000,
        "n_fft": 128,
        "window": 100,
        "hop": 40,
        "mels": 16,
        "high_hz": 2000.0,
    },
    "waveform": {"kind": "waveform", "rate": 4000},
}
NOISE = {"transform": "noise", "range": [0.1, 0.2], "p": 1.0}
SHIFT = {"transform": "pitch_shift", "range": [-0.5, 0.5], "p": 0.5}
PITCH = {"transform": "pitch_mask", "range": [2, 4], "p": 0.25}
TIME = {"transform": "time_mask", "range": [4, 64], "p": 0.25}


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def waveforms(count=6, samples=1000) -> Clips:
    sounds = torch.rand(count, samples, generator=rng(9)) - 0.5
    return Clips(sounds, torch.arange(count) % 3, Share.of(count), 4000)


def test_a_list_says_what_is_applied_in_its_order():
    found = steps([NOISE, SHIFT, TIME, PITCH], LOG_MEL)
    assert [step.transform for step in found] == ["noise", "pitch_shift", "time_mask", "pitch_mask"]
    assert [step.domain for step in found] == ["waveform", "log_mel", "spectrogram", "spectrogram"]
    assert found[0].settings == Noise((0.1, 0.2), 1.0) and found[3].settings == Mask((2, 4), 0.25)
    assert found[2].described() == {"transform": "time_mask", "range": (4, 64), "p": 0.25}
    assert steps(None, LOG_MEL) == steps([], LOG_MEL) == []


@pytest.mark.parametrize(
    ("entries", "front_end", "told"),
    [
        ({"noise": {}}, LOG_MEL, r"^augmentation: is a list of transforms, .*\n  - \{transform"),
        (
            [SHIFT, NOISE],
            LOG_MEL,
            r"^augmentation.1: transform 'noise' \(waveform\) stands after "
            r"'pitch_shift' \(log_mel\)",
        ),
        ([NOISE, PITCH, TIME, SHIFT], LOG_MEL, r"^augmentation.3: .*'pitch_shift'.*'time_mask'"),
        (
            [NOISE, SHIFT],
            OTHERS["kaldi"],
            r"augmentation.1: .*'pitch_shift' works on log_mel.*"
            r"'kaldi' does not have.*: noise, relative_noise, gain, pitch_mask, time_mask, "
            r"background, pass_filter, crop, silence, mixup$",
        ),
        ([TIME], OTHERS["panns"], r"augmentation.0: .*'time_mask' works on spectrogram.*'panns'"),
        (
            [PITCH],
            OTHERS["vggish"],
            r"augmentation.0: .*'pitch_mask' works on spectrogram",
        ),
        (
            [TIME],
            OTHERS["waveform"],
            r"'waveform' does not have; possible here: noise, relative_noise, gain, background, "
            r"pass_filter, crop, silence, mixup$",
        ),
        ([NOISE], {"kind": "kaldy"}, r"no front end of kind 'kaldy'.*'kaldi'"),
        (
            [{**NOISE, "transform": "nois"}],
            LOG_MEL,
            r"augmentation.0.transform: no transform 'nois'"
            r".*did you mean 'noise'",
        ),
        ([NOISE, {"range": [0, 1], "p": 1}], LOG_MEL, r"augmentation.1.transform: .*'None'"),
        ([{**NOISE, "rang": 1}], LOG_MEL, r"augmentation.0: 'noise' has no setting 'rang'.*range"),
        ([{"transform": "noise", "p": 1}], LOG_MEL, r"augmentation.0: 'noise'.*missing.*'range'"),
        ([{**TIME, "range": [3, 2]}], LOG_MEL, r"'time_mask': range: \[3, 2\] falls"),
        ([{**TIME, "range": [-1, 2]}], LOG_MEL, r"'time_mask': range: a size is at least 0"),
        ([{**NOISE, "range": [-0.1, 2]}], LOG_MEL, r"'noise': range: a standard deviation"),
        ([{**NOISE, "p": 1.1}], LOG_MEL, r"'noise': p: a probability.*not 1.1"),
        ([{**NOISE, "p": -0.1}], LOG_MEL, r"'noise': p: a probability.*not -0.1"),
    ],
)
def test_what_cannot_be_applied_is_refused(entries, front_end, told):
    with pytest.raises(InputError, match=told):
        steps(entries, front_end)


def test_ends_of_ranges_are_allowed():
    for p, limits in ((0, [0, 0]), (1, [3, 3])):
        entry = {"transform": "time_mask", "range": limits, "p": p}
        assert steps([entry], LOG_MEL)[0].settings == Mask(tuple(limits), p)
    assert steps([{**SHIFT, "range": [-2, -1]}], LOG_MEL)[0].settings.range == (-2, -1)


def test_each_transform_hears_its_own_domain_with_one_generator():
    """Noise, front end, pitch shift, normalisation, masks: the same by hand, draw by draw."""
    front_end = LogMel(LogMelSettings(**LOG_MEL, mean=-3.0, std=2.0))
    chosen = steps([NOISE, SHIFT, PITCH, TIME], LOG_MEL)
    clips, source = waveforms(), rng(4)
    noisy = FUNCTIONS["noise"](clips, chosen[0].settings, source)
    log_mel = noisy._replace(sounds=front_end.log_mel(noisy.sounds), scale=front_end.scale)
    shifted = FUNCTIONS["pitch_shift"](log_mel, chosen[1].settings, source)
    normal = shifted._replace(sounds=(shifted.sounds + 3.0) / 4.0)
    masked = FUNCTIONS["pitch_mask"](normal, chosen[2].settings, source)
    masked = FUNCTIONS["time_mask"](masked, chosen[3].settings, source)
    heard = hear(clips, front_end, chosen, rng(4))
    assert heard.stage == INPUT and torch.equal(heard.sounds, masked.sounds)
    assert torch.equal(hear(clips, front_end, chosen).sounds, front_end(clips.sounds))
    swapped = steps([NOISE, SHIFT, TIME, PITCH], LOG_MEL)
    assert not torch.equal(hear(clips, front_end, swapped, rng(4)).sounds, masked.sounds)


def test_cached_features_are_heard_from_where_they_are():
    front_end = LogMel(LogMelSettings(**LOG_MEL, mean=-3.0, std=2.0))
    clips, chosen = waveforms(), steps([SHIFT, TIME], LOG_MEL)
    cached = clips._replace(sounds=front_end.features(clips.sounds), stage=FEATURES)
    for source in (None, 2):
        first, second = (
            hear(c, front_end, chosen, None if source is None else rng(source))
            for c in (clips, cached)
        )
        assert torch.equal(first.sounds, second.sounds)


@pytest.mark.parametrize("kind", OTHERS)
def test_waveform_transforms_fit_every_front_end(kind):
    front_end, clips = front_ends.build(OTHERS[kind]), waveforms()
    (noise,) = steps([NOISE], OTHERS[kind])
    noisy = FUNCTIONS["noise"](clips, noise.settings, rng(1)).sounds
    assert torch.equal(hear(clips, front_end, [noise], rng(1)).sounds, front_end(noisy))
    assert torch.equal(hear(clips, front_end, [noise]).sounds, front_end(clips.sounds))


# --- what the interface allows beyond the transforms that there are


@dataclass(frozen=True)
class Nothing:
    """A transform without settings."""


def crop(clips: Clips, settings, rng) -> Clips:
    """Change the length: the batch keeps half of its samples, from one drawn start."""
    kept = clips.sounds.shape[1] // 2
    start = int(torch.randint(clips.sounds.shape[1] - kept, (1,), generator=rng))
    return clips._replace(sounds=clips.sounds[:, start : start + kept])


def mix_background(clips: Clips, settings, rng) -> Clips:
    """Need other clips: each gets a drawn clip of the batch behind it, at a tenth."""
    whole = clips.whole_batch()
    order = torch.randperm(clips.share.total, generator=rng)[clips.share.slice]
    return clips._replace(sounds=clips.sounds + 0.1 * whole.sounds[order])


def mixup(clips: Clips, settings, rng) -> Clips:
    """Change the targets: sounds and targets are mixed alike with a drawn clip's."""
    whole = clips.whole_batch()
    order = torch.randperm(clips.share.total, generator=rng)[clips.share.slice]
    kept = torch.rand(clips.share.total, generator=rng)[clips.share.slice, None]
    sounds = kept * clips.sounds + (1 - kept) * whole.sounds[order]
    return clips._replace(
        sounds=sounds, targets=kept * clips.targets + (1 - kept) * whole.targets[order]
    )


@pytest.fixture
def added_transforms(monkeypatch):
    for function in (crop, mix_background, mixup):
        monkeypatch.setitem(declared.TRANSFORMS, function.__name__, Declared("waveform", Nothing))
        monkeypatch.setitem(FUNCTIONS, function.__name__, function)
    return steps([{"transform": name} for name in ("crop", "mix_background", "mixup")], LOG_MEL)


def test_a_transform_may_change_the_length(added_transforms):
    clips, front_end = waveforms(), front_ends.build(OTHERS["panns"])
    short = augmented(clips, added_transforms[:1], "waveform", rng())
    assert short.sounds.shape == (6, 500) and torch.equal(short.targets, clips.targets)
    heard = hear(clips, front_end, added_transforms[:1], rng())
    assert heard.sounds.shape == (6, 16, 1 + 500 // 40)


def test_a_transform_may_need_other_clips_and_change_targets(added_transforms):
    clips = waveforms()
    clips = clips._replace(targets=torch.eye(3)[clips.targets])
    order = torch.randperm(6, generator=rng(7))
    behind = augmented(clips, added_transforms[1:2], "waveform", rng(7))
    for i in range(6):
        expected = clips.sounds[i] + 0.1 * clips.sounds[order[i]]
        torch.testing.assert_close(behind.sounds[i], expected)
    mixed = augmented(clips, added_transforms[2:], "waveform", rng(7))
    assert not torch.equal(mixed.targets, clips.targets)
    torch.testing.assert_close(mixed.targets.sum(dim=1), torch.ones(6))


def _one_of_two(rank: int, folder: str) -> None:
    """What each of two processes hears of its share."""
    store = f"file://{folder}/store"
    torch.distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    declared.TRANSFORMS["mixup"] = Declared("waveform", Nothing)
    FUNCTIONS["mixup"] = mixup
    whole, share = waveforms(5), Share.of(5, rank, 2)
    own = Clips(whole.sounds[share.slice], torch.eye(5)[share.slice], share, 4000)
    found = augmented(own, [Step("mixup", Nothing())], "waveform", rng(2))
    assert own.whole_batch().share == Share.of(5)
    torch.save((found.sounds, found.targets), f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


def test_a_share_is_mixed_with_clips_of_the_other_process(tmp_path, added_transforms):
    torch.multiprocessing.spawn(_one_of_two, (str(tmp_path),), nprocs=2)
    alone = waveforms(5)._replace(targets=torch.eye(5))
    expected = augmented(alone, added_transforms[2:], "waveform", rng(2))
    parts = [torch.load(tmp_path / f"{rank}.pt") for rank in range(2)]
    torch.testing.assert_close(torch.cat([part[0] for part in parts]), expected.sounds)
    torch.testing.assert_close(torch.cat([part[1] for part in parts]), expected.targets)


def test_a_network_learns_from_cropped_sound(tmp_path, added_transforms):
    corpus = tone_corpus(tmp_path / "tones", (12, 6, 3))
    training = {"epochs": 1, "batch": 6, "learning_rate": 1e-3}
    settings = {**NETWORK, "training": training, "augmentation": [{"transform": "crop"}]}
    history = train(corpus, settings, *(tmp_path / n for n in ("net", "c", "l")), 0, "cpu")
    assert len(history) == 1 and len(TONES) == 3
